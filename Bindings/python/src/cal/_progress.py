"""Progress callbacks: exceptions must not cross C frames, so they are carried around them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from ._structs import ProgressCallback

Progress = Callable[[int, int], object]


class Relay:
    """Hands (done, total) to a Python function; used as a context around the C call.

    What the function raises stops the call and is raised again on leaving the context. So is
    Ctrl-C, with or without a function. Its handler must not run while C is on the stack: Python
    would run it on entering the callback, before any `try` there, and ctypes would drop the
    KeyboardInterrupt. So within the context it is only noted, and the old handler runs after.
    """

    def __init__(self, progress: Progress | None, before: int = 0, total: int | None = None):
        self._progress = progress
        self._before = before  # units done by earlier calls of the same job
        self._total = total
        self._raised: BaseException | None = None
        self._interrupt: tuple[int, FrameType | None] | None = None
        self._handler: Any = None
        self.callback = ProgressCallback(self._call)

    def _call(self, _user: int | None, done: int, total: int) -> int:
        try:
            if self._progress is not None:
                whole = total if self._total is None else self._total
                self._progress(self._before + done, whole)
        except BaseException as problem:
            self._raised = problem
        return int(self._raised is not None or self._interrupt is not None)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._interrupt = (number, frame)

    def __enter__(self) -> Relay:
        if threading.current_thread() is threading.main_thread():
            handler = signal.getsignal(signal.SIGINT)
            if callable(handler):
                self._handler = handler
                signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._handler is not None:
            signal.signal(signal.SIGINT, self._handler)
        if self._raised is not None:
            raise self._raised
        if self._interrupt is not None:
            self._handler(*self._interrupt)
