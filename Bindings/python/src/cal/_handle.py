"""What models and sessions have in common: one owned pointer."""

from __future__ import annotations

import os
import weakref
from typing import Any

from ._native import Library
from .errors import Status, error


def _release(library: Library, symbol: str, pointer: int, process: int) -> None:
    # A forked child has copies of the parent's handles but not the parent's threads: it must
    # leave them alone.
    if os.getpid() == process:
        getattr(library.c, symbol)(pointer)


class Handle:
    """Owns a pointer: freed by close, by the end of a `with`, or with the object."""

    def __init__(self, library: Library, pointer: int, free: str) -> None:
        self._library = library
        self._pointer: int | None = pointer
        self._process = os.getpid()
        self._finalizer = weakref.finalize(self, _release, library, free, pointer, self._process)

    @property
    def closed(self) -> bool:
        return self._pointer is None

    def _use(self) -> int:
        """The pointer, or an error if it may not be used here."""
        if self._pointer is None:
            raise error(Status.HANDLE, f"this {type(self).__name__} is closed")
        if os.getpid() != self._process:
            raise error(
                Status.HANDLE,
                f"this {type(self).__name__} was made in process {self._process} and cannot be "
                f"used in its child {os.getpid()}: load the model after the fork",
            )
        return self._pointer

    def close(self) -> None:
        """Gives the memory back. Closing twice is fine."""
        self._pointer = None
        self._finalizer()

    def __enter__(self) -> Any:
        self._use()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
