"""Loads things ahead of whoever uses them: the next ones on threads while the present ones are
worked on, in order.

Memory is bounded by what waits, not by how much there is: loading pauses while READY_BYTES wait.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from ._structs import THREADS_MAX
from .errors import Status, error

READY_BYTES = 256 << 20


def check_decoders(decoders: int) -> None:
    if not 0 <= decoders <= THREADS_MAX:
        raise error(Status.ARGUMENT, f"decoders {decoders} must be 0 to {THREADS_MAX}")


Work = TypeVar("Work")
Loaded = TypeVar("Loaded")


def ahead(
    work: Iterable[Work],
    load: Callable[[Work], Loaded],
    size: Callable[[Loaded], int],
    *,
    most: int,
    threads: int,
) -> Iterator[Loaded]:
    """load(each of work), in order, at most `most` of them before they are asked for; `size` is
    in bytes. With 0 threads they are loaded when they are asked for."""
    if threads == 0:
        yield from map(load, work)
        return
    pool = ThreadPoolExecutor(threads, thread_name_prefix="cal-decode")
    queue = _Queue(load, size)
    try:
        yield from queue.items(iter(work), pool, most)
    finally:
        queue.stop()
        pool.shutdown(wait=True, cancel_futures=True)


class _Queue(Generic[Work, Loaded]):
    """Loads under way. A worker waits while enough is ready, unless its item is the next."""

    def __init__(self, load: Callable[[Work], Loaded], size: Callable[[Loaded], int]) -> None:
        self._load = load
        self._size = size
        self._change = threading.Condition()
        self._ready = 0  # bytes loaded and not handed out
        self._next = 0  # number of the item that is handed out next
        self._stopped = False

    def items(self, work: Iterator[Work], pool: ThreadPoolExecutor, most: int) -> Iterator[Loaded]:
        pending: deque[Future[Loaded]] = deque()
        given = 0
        exhausted = False
        while not exhausted or pending:
            while not exhausted and len(pending) < most:
                try:
                    one = next(work)
                except StopIteration:
                    exhausted = True
                else:
                    pending.append(pool.submit(self._run, given, one))
                    given += 1
            if pending:
                item = pending.popleft().result()
                with self._change:
                    self._ready -= self._size(item)
                    self._next += 1
                    self._change.notify_all()
                yield item

    def _run(self, number: int, one: Work) -> Loaded:
        with self._change:
            self._change.wait_for(
                lambda: self._stopped or self._ready < READY_BYTES or number <= self._next
            )
        item = self._load(one)
        with self._change:
            self._ready += self._size(item)
        return item

    def stop(self) -> None:
        with self._change:
            self._stopped = True
            self._change.notify_all()
