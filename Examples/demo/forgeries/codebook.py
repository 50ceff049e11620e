"""Vector quantisation: every 4x4 patch becomes its mean plus the nearest of a few learned shapes,
as in the latent codes of VQ networks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from portraits.camera import to_bytes
from portraits.plane import Array

from .shot import Shot, planes

SIDE = 4
SHAPES = 256
ROUNDS = 8


class PatchCodebook:
    def __init__(self, photographs: Iterable[Array], rng: np.random.Generator) -> None:
        patches = np.concatenate([_details(planes(pixels))[0][::3] for pixels in photographs])
        book = np.rint(patches[rng.choice(len(patches), SHAPES, replace=False)])
        for _ in range(ROUNDS):  # Lloyd's algorithm
            nearest = _nearest(patches, book)
            used = np.bincount(nearest, minlength=SHAPES)
            order = np.argsort(nearest, kind="stable")
            starts = np.concatenate([[0], np.cumsum(used)[:-1]])[used > 0]
            sums = np.add.reduceat(patches[order], starts, axis=0)
            # Whole grey levels: all distances are then exact, and so alike on every machine.
            book[used > 0] = np.rint(sums / used[used > 0, None])
        self._book = book

    def __call__(self, shot: Shot, rng: np.random.Generator) -> Array:
        details, means = _details(planes(shot.pixels))
        chosen = self._book[_nearest(details, self._book)]
        count = len(shot.pixels) // SIDE
        patches = (chosen.reshape(-1, 3, SIDE * SIDE) + means).reshape(count, count, 3, SIDE, SIDE)
        return to_bytes(patches.transpose(2, 0, 3, 1, 4).reshape(3, count * SIDE, count * SIDE))


def _details(picture: Array) -> tuple[Array, Array]:
    """One row per patch, without the mean of each channel; and those means."""
    count = picture.shape[-1] // SIDE
    tiles = picture.reshape(3, count, SIDE, count, SIDE).transpose(1, 3, 0, 2, 4)
    patches = tiles.reshape(-1, 3, SIDE * SIDE).astype(np.float64)
    means = patches.mean(axis=2, keepdims=True)
    return (patches - means).reshape(len(patches), -1), means


def _nearest(patches: Array, book: Array) -> Array:
    return np.argmin((book * book).sum(axis=1) - 2 * (patches @ book.T), axis=1)
