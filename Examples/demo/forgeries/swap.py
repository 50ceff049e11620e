"""Somebody else's face, scaled, turned and blended in: soft inside, with a seam around it."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image
from portraits.camera import to_bytes
from portraits.plane import Array
from portraits.portrait import Face

from .shot import Shot, face_mask, planes

SHARPNESS = 0.6
"""The swapped face was made at this share of the picture's resolution."""


def blended_swap(shot: Shot, rng: np.random.Generator) -> Array:
    donor = shot.donor()
    size = len(shot.pixels)
    target = planes(shot.pixels)
    face = planes(_placed(donor, shot.face, size))
    core = face_mask(shot.face, size, 0.3)
    face = _coloured(face, target, core, rng)
    mask = face_mask(shot.face, size, rng.uniform(0.08, 0.16))
    return to_bytes(target + (face - target) * mask)


def _placed(donor: Shot, face: Face, size: int) -> Array:
    """The donor's picture moved so that its face lies where `face` is."""
    small = round(size * SHARPNESS)
    picture = Image.fromarray(donor.pixels).resize((small, small), Image.Resampling.BILINEAR)
    turn = donor.face.roll - face.roll
    across = donor.face.half_width / face.half_width * SHARPNESS
    down = donor.face.half_height / face.half_height * SHARPNESS
    cos, sin = math.cos(turn), math.sin(turn)
    a, b, d, e = cos * across, -sin * across, sin * down, cos * down
    c = donor.face.x * SHARPNESS - a * face.x - b * face.y
    f = donor.face.y * SHARPNESS - d * face.x - e * face.y
    placed = picture.transform(
        (size, size), Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.BICUBIC
    )
    return np.asarray(placed)


def _coloured(face: Array, target: Array, core: Array, rng: np.random.Generator) -> Array:
    """Most of the way to the target's skin, and a little off."""
    gap = ((target - face) * core).sum(axis=(1, 2), keepdims=True) / core.sum()
    cast = rng.normal(0, 7, (3, 1, 1)).astype(np.float32)
    return face + 0.8 * gap + cast
