"""A face pulled into another expression: a thin-plate spline through moved landmarks."""

from __future__ import annotations

import numpy as np
from portraits.camera import to_bytes
from portraits.plane import Array, norm, rounded

from .shot import Shot, face_frame, planes

# In the face's frame: eyes, brows, nose, corners and middle of the mouth, chin, cheeks.
MOVED = [(-0.5, -0.3), (0.5, -0.3), (0, 0.15), (-0.4, 0.55), (0.4, 0.55), (0, 0.62), (0, 0.95),
         (-0.75, 0.2), (0.75, 0.2), (-0.5, -0.6), (0.5, -0.6)]  # fmt: skip
ANGLES = np.arange(8) * (np.pi / 4)
STILL = [(1.7 * np.cos(angle), 1.7 * np.sin(angle)) for angle in ANGLES]
LANDMARKS = np.array(MOVED + STILL)


def mesh_warp(shot: Shot, rng: np.random.Generator) -> Array:
    """To the expression of a driving video and through one of its intermediate frames: two
    warps, so every pixel of the face is interpolated twice."""
    size = len(shot.pixels)
    u, v = face_frame(shot.face, size)
    near = np.clip((1.8 - norm(u, v)) / 0.3, 0, 1)
    unit = shot.face.half_width
    line = np.arange(size, dtype=np.float32)
    picture = planes(shot.pixels)
    bases = _bases(u, v)
    for _ in range(2):
        shift = near * unit * _spline(bases, rng.normal(0, 0.085, (len(MOVED), 2)))
        picture = _sampled(picture, line[:, None] + shift[1], line + shift[0])
    return to_bytes(picture)


def _bases(u: Array, v: Array) -> list[Array]:
    """The functions that a spline is made of: one per landmark, and an affine map."""
    landmarks = LANDMARKS.astype(np.float32)
    return [*(_kernel(norm(u - x, v - y)) for x, y in landmarks), np.ones_like(u), u, v]


def _spline(bases: list[Array], moves: Array) -> Array:
    """Displacements (2, rows, columns) that are `moves` at the landmarks that move."""
    affine = np.column_stack([np.ones(len(LANDMARKS)), LANDMARKS])
    between = np.linalg.norm(LANDMARKS[:, None] - LANDMARKS, axis=2)
    system = np.block([[_kernel(between), affine], [affine.T, np.zeros((3, 3))]])
    values = np.concatenate([moves, np.zeros((len(bases) - len(moves), 2))])
    weights = np.linalg.solve(system, values).astype(np.float32)
    return sum(weight[:, None, None] * base for weight, base in zip(weights, bases, strict=True))


def _kernel(distance: Array) -> Array:
    return distance * distance * rounded(np.log, np.maximum(distance, 1e-6))


def _sampled(picture: Array, y: Array, x: Array) -> Array:
    """The picture at fractional places, bilinear."""
    last = picture.shape[-1] - 1
    x, y = np.clip(x, 0, last - 1e-3), np.clip(y, 0, last - 1e-3)
    left, top = x.astype(np.intp), y.astype(np.intp)
    right, down = x - left, y - top
    upper = picture[:, top, left] * (1 - right) + picture[:, top, left + 1] * right
    lower = picture[:, top + 1, left] * (1 - right) + picture[:, top + 1, left + 1] * right
    return upper * (1 - down) + lower * down
