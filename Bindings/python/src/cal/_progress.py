"""Progress callbacks: exceptions must not cross C frames, so they are carried around them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

from ._structs import ProgressCallback

if TYPE_CHECKING:
    from typing import Self

Progress = Callable[[int, int], object]


class Guard:
    """A context around a C call that calls back into Python.

    What the Python function raises stops the call and is raised again on leaving the context. So
    is Ctrl-C, with or without a function. Its handler must not run while C is on the stack:
    Python would run it on entering the callback, before any `try` there, and ctypes would drop
    the KeyboardInterrupt. So within the context it is only noted, and the old handler runs after.
    """

    def __init__(self) -> None:
        self._raised: BaseException | None = None
        self._interrupt: tuple[int, FrameType | None] | None = None
        self._handler: Any = None

    def run(self, function: Callable[[], object]) -> int:
        """What the callback gives back to C: 0 to go on."""
        try:
            function()
        except BaseException as problem:
            self._raised = problem
        return int(self._raised is not None or self._interrupt is not None)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._interrupt = (number, frame)

    def __enter__(self) -> Self:
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


class Relay(Guard):
    """Hands (done, total) to a Python function."""

    def __init__(self, progress: Progress | None, before: int = 0, total: int | None = None):
        super().__init__()
        self._progress = progress
        self._before = before  # units done by earlier calls of the same job
        self._total = total
        self.callback = ProgressCallback(self._call)

    def _call(self, _user: int | None, done: int, total: int) -> int:
        return self.run(lambda: self._report(done, total))

    def _report(self, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(self._before + done, total if self._total is None else self._total)
