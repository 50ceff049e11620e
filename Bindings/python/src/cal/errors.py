"""Exceptions: one class per block of status codes, each also the builtin it resembles.

`except ValueError` therefore catches a bad image, `except OSError` an unreadable file, and
`except cal.CalError` everything that libcal says.
"""

from __future__ import annotations

import enum
from typing import Any


class Status(enum.IntEnum):
    """cal_status of cal.h. The values are frozen."""

    OK = 0
    ARGUMENT = 101
    STRUCT_SIZE = 102
    HANDLE = 103
    BUSY = 104
    VERSION = 105
    NOT_FOUND = 106
    MODEL_FORMAT = 201
    MODEL_VERSION = 202
    MODEL_INVALID = 203
    MODEL_LIMIT = 204
    IMAGE_SIZE = 301
    IMAGE_STRIDE = 302
    IMAGE_BUFFER = 303
    IMAGE_FORMAT = 304
    IMAGE_BOX = 305
    NUMERIC = 401
    MEMORY = 501
    IO = 502
    THREADS = 503
    CANCELLED = 601
    STATE_LOCKED = 701
    STATE_DAMAGED = 702
    REFUSED = 703
    INTERNAL = 901

    @classmethod
    def name_of(cls, status: int) -> str:
        """The name as in cal.h; a newer library may give values this package does not list."""
        try:
            member = cls(status)
        except ValueError:
            return "CAL_ERR_UNKNOWN"
        return "CAL_OK" if member is cls.OK else f"CAL_ERR_{member.name}"


class CalError(Exception):
    """What went wrong: `status` (see Status), its `name` in cal.h, and `detail`, a sentence."""

    status: int
    name: str
    detail: str

    def __init__(self, status: int, name: str, detail: str) -> None:
        super().__init__(f"{detail} ({name})" if detail else name)
        self.status = status
        self.name = name
        self.detail = detail

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.status, self.name, self.detail)


class CalArgumentError(CalError, ValueError):
    """A value outside its stated range."""


class CalHandleError(CalError, RuntimeError):
    """A closed model or session, or one made in another process."""


class CalBusyError(CalError, RuntimeError):
    """The session is in use by another thread."""


class CalNotFoundError(CalError, LookupError):
    """No prototype with that id."""


class CalModelError(CalError, ValueError):
    """Not a CAL model file, damaged, contradictory, too large, or made for a newer libcal."""


class CalImageError(CalError, ValueError):
    """An image that cannot be used: size, stride, buffer, pixel format or face box."""


class CalNumericError(CalError, ArithmeticError):
    """The network gave a value that is not finite."""


class CalMemoryError(CalError, MemoryError):
    """Out of memory."""


class CalIOError(CalError, OSError):
    """Reading or writing a file failed."""


class CalThreadsError(CalError, RuntimeError):
    """A thread could not be started."""


class CalCancelled(CalError):
    """The call was stopped by Session.cancel."""


class CalStateError(CalError, RuntimeError):
    """An updater's folder is in use by another one, or a file in it is damaged."""


class CalRefused(CalError):
    """A commit that would make known methods worse, or int8 as the default where it changes too
    many answers; the sentence has the figures."""


class CalInternalError(CalError, RuntimeError):
    """A defect in libcal; please report it."""


class CalLibraryError(CalError, ImportError):  # type: ignore[misc]  # both have a `name`
    """libcal itself is missing, or is not the version that this package needs."""


_BY_STATUS: dict[int, type[CalError]] = {
    Status.HANDLE: CalHandleError,
    Status.BUSY: CalBusyError,
    Status.VERSION: CalLibraryError,
    Status.NOT_FOUND: CalNotFoundError,
    Status.MEMORY: CalMemoryError,
    Status.IO: CalIOError,
    Status.THREADS: CalThreadsError,
    Status.REFUSED: CalRefused,
}
_BY_BLOCK: dict[int, type[CalError]] = {
    1: CalArgumentError,
    2: CalModelError,
    3: CalImageError,
    4: CalNumericError,
    6: CalCancelled,
    7: CalStateError,
    9: CalInternalError,
}


def error(status: int, detail: str) -> CalError:
    """The exception for a status; the block of 100 decides where no class is its own."""
    kind = _BY_STATUS.get(status) or _BY_BLOCK.get(status // 100, CalError)
    return kind(status, Status.name_of(status), detail)
