"""What may be given as an image, and how it becomes a cal_image.

- an array: anything with the buffer protocol (numpy's arrays have it), uint8, with shape
  (height, width) or (height, width, 1, 3 or 4). Rows may have any stride: where the pixels of a
  row lie next to each other they are borrowed without a copy, everything else is packed first;
- a PIL image;
- a path (str or os.PathLike), decoded by Pillow;
- bytes, bytearray or a flat memoryview: an encoded file.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from . import _pillow
from . import _structs as s
from ._buffer import Pinned
from .errors import Status, error

Face = Sequence[float]
"""x, y, width, height in pixels."""

_FORMATS = {
    ("rgb", 1): s.FORMAT_GRAY8,
    ("rgb", 3): s.FORMAT_RGB8,
    ("rgb", 4): s.FORMAT_RGBA8,
    ("bgr", 1): s.FORMAT_GRAY8,
    ("bgr", 3): s.FORMAT_BGR8,
    ("bgr", 4): s.FORMAT_BGRA8,
}


class Pixels:
    """Pixels for one call: a cal_image and whatever keeps its memory alive."""

    def __init__(
        self, format: int, width: int, height: int, stride: int, size: int, memory: object
    ) -> None:
        self._pinned = Pinned(memory)
        self.bytes = size
        self.image = s.Image(
            format=format,
            width=width,
            height=height,
            stride=stride,
            pixels=self._pinned.address,
            size=size,
        )

    def release(self) -> None:
        self.image.pixels = None
        self._pinned.release()


def is_single(value: Any) -> bool:
    """One image, or a collection of them?"""
    if isinstance(value, (str, os.PathLike, bytes, bytearray)) or _pillow.is_image(value):
        return True
    view = _view(value)
    return view is not None and view.ndim <= 3


def source_name(value: Any) -> str | None:
    """What a report calls the image: its path. Bytes that are no UTF-8 are shown escaped."""
    if isinstance(value, (str, os.PathLike)):
        return os.fsencode(value).decode("utf-8", "backslashreplace")
    return None


def load(value: Any, *, order: str = "rgb", exif: bool = False) -> Pixels:
    """Raises CalImageError or CalIOError for an unusable image, TypeError for a non-image."""
    if isinstance(value, (str, os.PathLike)):
        return _packed(*_pillow.decode(value, exif))
    if _pillow.is_image(value):
        return _packed(*_pillow.convert(value, exif))
    view = _view(value)
    if view is None:
        raise TypeError(
            f"{type(value).__name__} is not an image: give a uint8 array, a PIL image, a path or "
            "the bytes of a file"
        )
    if view.ndim == 1:
        return _packed(*_pillow.decode(view.tobytes(), exif))
    return _from_array(view, order)


def place_face(image: s.Image, face: Face | None, margin: float | None) -> None:
    """Checks only what C cannot represent; libcal judges the values."""
    if face is not None:
        if len(face) != 4:
            raise error(Status.ARGUMENT, f"face {face!r} must be four numbers: x, y, width, height")
        x, y, width, height = (float(edge) for edge in face)
        if width == 0 and height == 0:  # means "no box" in C, and a mistake here
            raise error(Status.IMAGE_BOX, f"face {tuple(face)!r} is empty")
        image.face = s.Box(x, y, width, height)
    if margin is not None:
        if margin == 0:  # means "default" in C
            raise error(Status.ARGUMENT, "face_margin 0.0 is not a factor above 0")
        image.face_margin = margin


def _packed(format: int, width: int, height: int, data: bytes) -> Pixels:
    return Pixels(format, width, height, 0, len(data), data)


def _view(value: Any) -> memoryview | None:
    try:
        return memoryview(value)
    except TypeError:
        return None


def _from_array(view: memoryview, order: str) -> Pixels:
    if view.format not in ("B", "<B", ">B", "@B", "=B"):
        raise error(
            Status.IMAGE_FORMAT,
            f"image array has elements of type {view.format!r}; they must be uint8 ('B')",
        )
    shape = view.shape or ()
    strides = view.strides or ()
    channels = shape[2] if len(shape) == 3 else 1
    format = _FORMATS.get((order, channels))
    if len(shape) not in (2, 3) or channels not in (1, 3, 4):
        raise error(
            Status.IMAGE_FORMAT,
            f"image array has shape {tuple(shape)}; it must be (height, width), or "
            "(height, width, channels) with 1, 3 or 4 channels",
        )
    if format is None:
        raise error(Status.ARGUMENT, f"order {order!r} must be 'rgb' or 'bgr'")
    height, width = shape[0], shape[1]
    if not (0 < width <= s.IMAGE_SIDE_MAX and 0 < height <= s.IMAGE_SIDE_MAX):
        raise error(
            Status.IMAGE_SIZE, f"{width} x {height} pixels; sides may be 1 to {s.IMAGE_SIDE_MAX}"
        )
    row = width * channels
    inner = strides[1:] == ((channels, 1) if len(shape) == 3 else (1,))
    if inner and strides[0] >= row:
        size = strides[0] * (height - 1) + row
        return Pixels(format, width, height, strides[0], size, view)
    return Pixels(format, width, height, 0, row * height, view.tobytes())
