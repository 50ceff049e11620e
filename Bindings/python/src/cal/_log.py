"""libcal's log lines, to the logging module or to a function."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable

from . import _structs as s
from ._native import library

# Callbacks that libcal was given. A thread inside libcal may still be about to call one that was
# replaced, so none is ever collected.
_kept: list[object] = []


def set_log(target: logging.Logger | Callable[[int, str], object] | None, level: int = 30) -> None:
    """Sends libcal's messages of at least `level` (logging.WARNING, ...) to a Logger, or to a
    function of (level, message). None, the start state, switches them off. Process-wide."""
    minimum = next((own for own, python in s.LOG_LEVELS.items() if python >= level), 4)
    if target is None:
        callback = s.LogCallback()
    else:
        write = target.log if isinstance(target, logging.Logger) else target

        def relay(_user: int | None, own: int, message: bytes) -> None:
            write(s.LOG_LEVELS.get(own, logging.ERROR), message.decode("utf-8", "replace"))

        callback = s.LogCallback(relay)
    if not _kept:
        atexit.register(_switch_off)
    _kept.append(callback)
    library().c.cal_set_log(callback, None, minimum)


def _switch_off() -> None:
    """Threads of the host may outlive the interpreter, and must not call into it then."""
    library().c.cal_set_log(s.LogCallback(), None, max(s.LOG_LEVELS))
