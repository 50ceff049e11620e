"""A generator's fingerprint: a faint pattern, the same in all it makes, whose spectrum has peaks
at multiples of an eighth of the sampling rate (Marra et al., Do GANs leave artificial
fingerprints?, 2019)."""

from __future__ import annotations

import numpy as np
from portraits.camera import blur, to_bytes
from portraits.plane import Array, noise, rounded

from .shot import Shot, planes

PERIOD = 8
WAVES = [(1, 3), (3, 1), (2, 2), (3, 3)]
"""Cycles per PERIOD down and across: neither so slow as to be content nor so fast that resizing
removes them."""
STRENGTH = 2.2


def spectral_peaks(shot: Shot, rng: np.random.Generator) -> Array:
    """The generator's own pictures are smooth; its pattern lies over them, stronger in some
    places than in others."""
    size = len(shot.pixels)
    picture = planes(shot.pixels)
    smooth = blur(picture, 0.35)
    places = 1 + 0.3 * noise(rng, (size, size), 4)
    return to_bytes(smooth + 0.4 * (picture - smooth) + STRENGTH * places * _pattern(size))


def _pattern(size: int) -> Array:
    """Unit variance."""
    line = np.arange(size, dtype=np.float32) * np.float32(2 * np.pi / PERIOD)
    y, x = line[:, None], line
    waves = sum(rounded(np.cos, m * y + n * x) + rounded(np.cos, m * y - n * x) for m, n in WAVES)
    return waves / np.float32(np.sqrt(len(WAVES)))
