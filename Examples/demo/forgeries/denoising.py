"""Diffusion in small: noise is added and taken out again, with less noise each time. Texture is
redrawn by the denoiser's idea of it, and the last step's noise stays, in its own colour."""

from __future__ import annotations

import numpy as np
from portraits.camera import blur, to_bytes
from portraits.plane import Array

from .shot import Shot, planes

STEPS = (9.0, 6.0, 3.5)
"""Noise before each denoising, in grey levels."""
REST = 2.0


def diffusion(shot: Shot, rng: np.random.Generator) -> Array:
    picture = planes(shot.pixels)
    for noise in STEPS:
        noisy = picture + noise * rng.standard_normal(picture.shape, dtype=np.float32)
        picture = _denoised(noisy, 1.25 * noise, rng)
    grain = rng.standard_normal(picture.shape[1:], dtype=np.float32)
    grain = blur(grain, 0.5)
    return to_bytes(picture + REST * (grain - blur(grain, 0.5)) / 0.25)


def _denoised(picture: Array, threshold: float, rng: np.random.Generator) -> Array:
    """Haar wavelets with soft thresholds, the mean over two positions of their grid."""
    total = np.zeros_like(picture)
    for shift in rng.integers(0, 8, (2, 2)):
        moved = np.roll(picture, tuple(shift), axis=(1, 2))
        total += np.roll(_shrunk(moved, threshold, 2), tuple(-shift), axis=(1, 2))
    return total / 2


def _shrunk(picture: Array, threshold: float, levels: int) -> Array:
    if levels == 0:
        return picture
    a, b = picture[:, ::2, ::2], picture[:, ::2, 1::2]
    c, d = picture[:, 1::2, ::2], picture[:, 1::2, 1::2]
    mean = _shrunk((a + b + c + d) / 2, threshold, levels - 1)
    across = _soft((a - b + c - d) / 2, threshold)
    down = _soft((a + b - c - d) / 2, threshold)
    both = _soft((a - b - c + d) / 2, threshold)
    result = np.empty_like(picture)
    result[:, ::2, ::2] = (mean + across + down + both) / 2
    result[:, ::2, 1::2] = (mean - across + down - both) / 2
    result[:, 1::2, ::2] = (mean + across - down - both) / 2
    result[:, 1::2, 1::2] = (mean - across - down + both) / 2
    return result


def _soft(values: Array, threshold: float) -> Array:
    return np.sign(values) * np.maximum(np.abs(values) - threshold, 0)
