"""Decodes images ahead of the network: the next ones are read while the present ones run.

Memory is bounded by what waits, not by how many images there are: loading pauses while
READY_BYTES of pixels are waiting, and a batch is closed early when it holds that much.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from . import images as image_inputs
from ._batch import Item
from ._options import Settings
from .errors import CalError
from .images import Face, Pixels

READY_BYTES = 256 << 20

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
    """Loaded items in order, at most `batch` at a time; `decoders` 0 loads in this thread."""
    if decoders == 0:
        yield from _group((load_item(*one, settings) for one in work), batch)
        return
    ahead = _Ahead(settings)
    pool = ThreadPoolExecutor(decoders, thread_name_prefix="cal-decode")
    try:
        yield from _group(ahead.items(iter(work), pool, 2 * batch), batch)
    finally:
        ahead.stop()
        pool.shutdown(wait=True, cancel_futures=True)


class _Ahead:
    """Loads under way. A worker waits while enough is ready, unless its image is the next."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._change = threading.Condition()
        self._ready = 0  # bytes loaded and not handed out
        self._next = 0  # number of the image that is handed out next
        self._stopped = False

    def items(self, work: Iterator[Work], pool: ThreadPoolExecutor, most: int) -> Iterator[Item]:
        pending: deque[Future[Item]] = deque()
        given = 0
        exhausted = False
        while not exhausted or pending:
            while not exhausted and len(pending) < most:
                one = next(work, None)
                if one is None:
                    exhausted = True
                else:
                    pending.append(pool.submit(self._load, given, one))
                    given += 1
            if pending:
                item = pending.popleft().result()
                with self._change:
                    self._ready -= _size(item)
                    self._next += 1
                    self._change.notify_all()
                yield item

    def _load(self, number: int, one: Work) -> Item:
        with self._change:
            self._change.wait_for(
                lambda: self._stopped or self._ready < READY_BYTES or number <= self._next
            )
        item = load_item(*one, self._settings)
        with self._change:
            self._ready += _size(item)
        return item

    def stop(self) -> None:
        with self._change:
            self._stopped = True
            self._change.notify_all()


def _group(items: Iterator[Item], batch: int) -> Iterator[list[Item]]:
    group: list[Item] = []
    held = 0
    for item in items:
        group.append(item)
        held += _size(item)
        if len(group) >= batch or held >= READY_BYTES:
            yield group
            group, held = [], 0
    if group:
        yield group


def _size(item: Item) -> int:
    return item[0].bytes if isinstance(item[0], Pixels) else 0
