"""A frame out of a video: transformed in 8x8 blocks and coarsely quantised with one flat step, on
a grid that does not meet the camera's JPEG grid."""

from __future__ import annotations

import numpy as np
from portraits.camera import LUMA, to_bytes
from portraits.plane import Array

from .shot import Shot, planes

BLOCK = 8
_FREQUENCY, _PLACE = np.mgrid[:BLOCK, :BLOCK]
DCT = np.sqrt(2 / BLOCK) * np.cos(np.pi / BLOCK * (_PLACE + 0.5) * _FREQUENCY)
DCT[0] /= np.sqrt(2)


def video_frame(shot: Shot, rng: np.random.Generator) -> Array:
    picture = planes(shot.pixels)
    size = picture.shape[-1]
    top, left = rng.integers(1, BLOCK, 2)  # of the frame that the picture was cropped from
    sides = [(0, 0), (top, BLOCK - top), (left, BLOCK - left)]
    frame = np.pad(picture, sides, mode="edge")
    luma = (frame * LUMA).sum(axis=0)
    step = rng.uniform(20, 34)
    coded_luma = _coded(luma, step)
    coded_chroma = np.stack([_coded(plane, 1.5 * step) for plane in frame - luma])
    # Back to where luma, as the eye weighs it, is the coded one.
    coded_chroma -= (coded_chroma * LUMA).sum(axis=0)
    return to_bytes((coded_luma + coded_chroma)[:, top : top + size, left : left + size])


def _coded(plane: Array, step: float) -> Array:
    """Values below two thirds of a step are dropped, as encoders do to save bits."""
    rows, columns = (side // BLOCK for side in plane.shape)
    blocks = plane.reshape(rows, BLOCK, columns, BLOCK).transpose(0, 2, 1, 3)
    values = DCT @ blocks @ DCT.T / step
    levels = np.sign(values) * np.floor(np.abs(values) + 1 / 3)
    blocks = DCT.T @ (levels * step) @ DCT
    return blocks.transpose(0, 2, 1, 3).reshape(plane.shape)
