"""Saved with few colours: the error of each pixel is passed on to its neighbours."""

from __future__ import annotations

import numpy as np
from PIL import Image
from portraits.plane import Array

from .shot import Shot


def dithered(shot: Shot, rng: np.random.Generator) -> Array:
    picture = Image.fromarray(shot.pixels)
    few = picture.quantize(int(rng.integers(20, 33)), Image.Quantize.MEDIANCUT)
    drawn = picture.quantize(palette=few, dither=Image.Dither.FLOYDSTEINBERG)
    return np.asarray(drawn.convert("RGB"))
