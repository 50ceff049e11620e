"""Pictures out of a decoder of transposed convolutions: kernel 3, stride 2.

Every other row and column is reached by two taps of the kernel, the rest by one. Where learned
taps do not sum to the same, a checkerboard remains; stacked layers leave it at several scales
(Odena et al., Deconvolution and Checkerboard Artifacts, 2016)."""

from __future__ import annotations

import numpy as np
from portraits.camera import to_bytes
from portraits.plane import Array

from .shot import Shot, planes

EVEN = (0.5, 1.0, 0.5)
# What this network has learned: 4 % more on the pixels reached twice.
UNEVEN = (0.525, 0.98, 0.495)
SKIP = 0.55
"""Share of the fine detail that skip connections carry past the bottleneck."""
LAYERS = 2


def transposed_convolution(shot: Shot, rng: np.random.Generator) -> Array:
    return to_bytes(_decode(planes(shot.pixels), LAYERS))


def _decode(picture: Array, layers: int) -> Array:
    if layers == 0:
        return picture
    small = _halve(picture)
    detail = picture - _double(small, EVEN)
    return _double(_decode(small, layers - 1), UNEVEN) + SKIP * detail


def _halve(picture: Array) -> Array:
    rows = (picture[:, ::2] + picture[:, 1::2]) / 2
    return (rows[:, :, ::2] + rows[:, :, 1::2]) / 2


def _double(picture: Array, taps: tuple[float, float, float]) -> Array:
    """Rows, then columns."""
    for axis in (1, 2):
        lines = np.moveaxis(picture, axis, 0)
        following = np.concatenate([lines[1:], lines[-1:]])
        once, twice = taps[1] * lines, taps[0] * lines + taps[2] * following
        both = np.stack([once, twice], axis=1).reshape(-1, *lines.shape[1:])
        picture = np.moveaxis(both, 0, axis)
    return picture
