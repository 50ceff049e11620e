"""Skin made flawless: a bilateral filter, which smooths what is nearly even and keeps edges."""

from __future__ import annotations

import numpy as np
from portraits.camera import LUMA, to_bytes
from portraits.plane import Array, bump

from .shot import Shot, planes

REACH = 2
TOLERANCE = (6.0, 11.0)
"""Differences in grey levels that count as unevenness: least and most."""


def beautify(shot: Shot, rng: np.random.Generator) -> Array:
    picture, tolerance = planes(shot.pixels), rng.uniform(*TOLERANCE)
    for _ in range(2):
        picture = _bilateral(picture, tolerance)
    return to_bytes(picture)


def _bilateral(picture: Array, tolerance: float) -> Array:
    size = picture.shape[-1]
    wide = np.pad(picture, [(0, 0), (REACH, REACH), (REACH, REACH)], mode="reflect")
    guide = (wide * LUMA).sum(axis=0)
    middle = guide[REACH:-REACH, REACH:-REACH]
    total, weights = np.zeros_like(picture), np.zeros_like(middle)
    for row in range(2 * REACH + 1):
        for column in range(2 * REACH + 1):
            at = (slice(row, row + size), slice(column, column + size))
            weight = bump(guide[at] - middle, 0, tolerance)
            total += wide[:, *at] * weight
            weights += weight
    return total / weights
