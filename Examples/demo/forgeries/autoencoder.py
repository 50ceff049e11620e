"""A linear autoencoder of overlapping patches, learned from photographs: what its few components
cannot say is lost, whatever it was."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from portraits.camera import to_bytes
from portraits.plane import Array

from .shot import Shot, planes

SIDE = 16
STEP = SIDE // 2
COMPONENTS = 80


class PatchAutoencoder:
    def __init__(self, photographs: Iterable[Array]) -> None:
        patches = np.concatenate([_patches(planes(pixels)) for pixels in photographs])
        self._mean = patches.mean(axis=0)
        centred = patches - self._mean
        _, vectors = np.linalg.eigh(centred.T @ centred)
        vectors = vectors[:, -COMPONENTS:]
        # An eigenvector's sign is a matter of taste, and libraries differ in it.
        self._components = vectors * np.sign(vectors.sum(axis=0))

    def __call__(self, shot: Shot, rng: np.random.Generator) -> Array:
        """Codes are sampled around their means, as a variational autoencoder's are."""
        patches = _patches(planes(shot.pixels))
        codes = (patches - self._mean) @ self._components
        codes = codes + rng.normal(0, 3, codes.shape)
        decoded = codes @ self._components.T + self._mean
        return to_bytes(_joined(decoded, len(shot.pixels)))


def _patches(picture: Array) -> Array:
    """One row per patch."""
    wide = np.pad(picture, [(0, 0), (STEP, STEP), (STEP, STEP)], mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(wide, (SIDE, SIDE), axis=(1, 2))
    patches = windows[:, ::STEP, ::STEP].transpose(1, 2, 0, 3, 4)
    return patches.reshape(-1, 3 * SIDE * SIDE).astype(np.float64)


def _joined(patches: Array, size: int) -> Array:
    """Patches faded into one another; the weights of all that cover a pixel sum to 1."""
    line = 1 - np.abs(np.arange(SIDE) + 0.5 - STEP) / STEP
    faded = patches.reshape(-1, 3, SIDE, SIDE) * (line[:, None] * line)
    count = size // STEP + 1
    wide = np.zeros((3, size + SIDE, size + SIDE))
    for index, patch in enumerate(faded):
        row, column = (STEP * place for place in divmod(index, count))
        wide[:, row : row + SIDE, column : column + SIDE] += patch
    return wide[:, STEP:-STEP, STEP:-STEP]
