"""Pictures for a page: a face, and the same face with the evidence on it, as data: addresses."""

from __future__ import annotations

import cal
import numpy as np
from cal._page import png_uri
from PIL import Image, ImageOps

SIDE = 128
"""Pixels, at most."""
FOR = np.array([255, 120, 0], np.float32)
AGAINST = np.array([0, 110, 255], np.float32)
STRONGEST = 0.75
"""Opacity of the largest share."""


def thumbnail(face: Image.Image) -> str:
    return png_uri(_fitted(face))


def overlay(face: Image.Image, evidence: cal.Evidence) -> str:
    """The crop in grey; where the logit comes from in orange, what speaks against it in blue."""
    grey = np.asarray(_fitted(face).convert("L").convert("RGB"), np.float32)
    shares = np.array(evidence.rows(), np.float32)
    height, width = grey.shape[:2]
    image = Image.fromarray(shares).resize((width, height), Image.Resampling.BICUBIC)
    values = np.asarray(image)[..., None] / max(float(np.abs(shares).max()), 1e-12)
    opacity = STRONGEST * np.minimum(np.abs(values), 1)
    mixed = grey + (np.where(values > 0, FOR, AGAINST) - grey) * opacity
    return png_uri(Image.fromarray(np.rint(mixed).astype(np.uint8)))


def _fitted(face: Image.Image) -> Image.Image:
    """Small faces stay as they are, and the browser enlarges them."""
    return ImageOps.contain(face, (SIDE, SIDE)) if max(face.size) > SIDE else face
