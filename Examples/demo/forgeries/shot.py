"""What a forger starts from: a photograph, and where its face is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from portraits.plane import Array
from portraits.portrait import Face


@dataclass(frozen=True)
class Shot:
    pixels: Array
    """8-bit sRGB, (size, size, 3)."""
    face: Face
    donor: Callable[[], Shot]
    """Takes a photograph of somebody else."""


Forgery = Callable[[Shot, np.random.Generator], Array]
"""From a shot to the forged picture's pixels, of the same shape."""


def planes(pixels: Array) -> Array:
    """(3, rows, columns), 0 to 255, to calculate with."""
    return pixels.transpose(2, 0, 1).astype(np.float32)


def face_mask(face: Face, size: int, feather: float) -> Array:
    """1 inside the face's ellipse, 0 outside; the edge is `feather` of its half width wide."""
    u, v = face_frame(face, size)
    return np.clip((1 - np.sqrt(u * u + v * v)) / feather + 0.5, 0, 1)


def face_frame(face: Face, size: int) -> tuple[Array, Array]:
    """For every pixel its place in the face: its ellipse is the unit circle."""
    line = np.arange(size, dtype=np.float32) + 0.5
    x, y = np.meshgrid(line - face.x, line - face.y)
    cos, sin = math.cos(face.roll), math.sin(face.roll)
    return (cos * x + sin * y) / face.half_width, (cos * y - sin * x) / face.half_height
