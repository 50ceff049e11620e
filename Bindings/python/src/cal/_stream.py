"""Batches of decoded images for the network: the next ones are read while the present ones run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from . import _ahead
from . import images as image_inputs
from ._batch import Item
from ._options import Settings
from .errors import CalError
from .images import Face, Pixels

Work = tuple[object, "Face | None"]
"""What the caller gave as an image, and its face box."""


def load_item(value: object, face: Face | None, settings: Settings) -> Item:
    """An image that cannot be used is an item with its error, never an exception."""
    source = image_inputs.source_name(value)
    try:
        pixels = image_inputs.load(value, order=settings.order, exif=settings.exif)
        try:
            image_inputs.place_face(pixels.image, face, settings.face_margin)
        except CalError:
            pixels.release()
            raise
        return pixels, source
    except CalError as problem:
        return problem, source


def batches(
    work: Iterable[Work], settings: Settings, batch: int, decoders: int
) -> Iterator[list[Item]]:
    """Loaded items in order, at most `batch` at a time, and closed early when they hold
    READY_BYTES; `decoders` 0 loads in this thread."""

    def load(one: Work) -> Item:
        return load_item(*one, settings)

    group: list[Item] = []
    held = 0
    for item in _ahead.ahead(work, load, _size, most=2 * batch, threads=decoders):
        group.append(item)
        held += _size(item)
        if len(group) >= batch or held >= _ahead.READY_BYTES:
            yield group
            group, held = [], 0
    if group:
        yield group


def _size(item: Item) -> int:
    return item[0].bytes if isinstance(item[0], Pixels) else 0
