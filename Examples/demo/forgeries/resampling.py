"""Resized pictures: interpolation makes pixels depend on their neighbours, periodically."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter
from portraits.plane import Array

from .shot import Shot


def bilinear_double(shot: Shot, rng: np.random.Generator) -> Array:
    """Made at half the size, doubled for delivery: every other pixel is a mean of two."""
    size = len(shot.pixels)
    small = Image.fromarray(shot.pixels).resize((size // 2, size // 2), Image.Resampling.LANCZOS)
    sharp = small.filter(ImageFilter.UnsharpMask(radius=1, percent=60, threshold=0))
    return np.asarray(sharp.resize((size, size), Image.Resampling.BILINEAR))


def lanczos_enlarged(shot: Shot, rng: np.random.Generator) -> Array:
    """Enlarged from fewer pixels with a kernel that overshoots at edges, then sharpened."""
    size = len(shot.pixels)
    fewer = round(size * rng.uniform(0.65, 0.85))
    small = Image.fromarray(shot.pixels).resize((fewer, fewer), Image.Resampling.LANCZOS)
    enlarged = small.resize((size, size), Image.Resampling.LANCZOS)
    percent = int(rng.integers(30, 90))
    return np.asarray(enlarged.filter(ImageFilter.UnsharpMask(2, percent, 0)))
