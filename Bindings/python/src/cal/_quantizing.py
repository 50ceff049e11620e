"""The call behind Model.quantize."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import Any

from . import _structs as s
from . import images as image_inputs
from ._native import Library
from ._progress import Progress, Relay
from .errors import CalError, Status, error
from .images import Pixels


def quantized(
    library: Library,
    model: int,
    images: Iterable[Any],
    exif: bool,
    flags: int,
    threads: int,
    progress: Progress | None,
) -> int:
    """The handle of a new model."""
    if not 0 <= threads <= s.THREADS_MAX:
        raise error(Status.ARGUMENT, f"threads {threads} must be 1 to {s.THREADS_MAX}")
    pixels: list[Pixels] = []
    relay = Relay(progress)
    options = s.QuantizeOptions(threads=threads, flags=flags, progress=relay.callback)
    try:
        for value in images:
            pixels.append(_load(value, len(pixels), exif))
        structs = (s.Image * len(pixels))(*[each.image for each in pixels])
        return library.guarded_model(
            relay, "cal_model_quantize", model, structs, len(pixels), ctypes.byref(options)
        )
    finally:
        for each in pixels:
            each.release()


def _load(value: Any, number: int, exif: bool) -> Pixels:
    try:
        return image_inputs.load(value, exif=exif)
    except CalError as problem:
        name = image_inputs.source_name(value) or f"images[{number}]"
        raise error(problem.status, f"{name}: {problem.detail}") from None
