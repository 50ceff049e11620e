"""What ctypes would hand to C as something else: numbers that do not fit, 0 where that means a
default, text that ends at a NUL, names that stand for nothing."""

from __future__ import annotations

import ctypes
import operator
import os
from collections.abc import Mapping
from typing import Any

from .errors import Status, error


def integer(name: str, value: Any, kind: Any) -> int:
    """value, if the integer type `kind` of ctypes has it; ctypes itself cuts off what does not
    fit."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {value!r}") from None
    bits = 8 * ctypes.sizeof(kind)
    least = -(1 << (bits - 1)) if kind(-1).value < 0 else 0
    most = least + (1 << bits) - 1
    if not least <= number <= most:
        raise error(Status.ARGUMENT, f"{name} is {number}, not {least} to {most}")
    return number


def u64(name: str, value: Any) -> int:
    """An id or an epoch."""
    return integer(name, value, ctypes.c_uint64)


def above_zero(**values: float | None) -> None:
    """C takes 0 for its default, which nobody means who says 0."""
    for name, value in values.items():
        if value is not None and value <= 0:
            raise error(Status.ARGUMENT, f"{name} is {value}, not above 0")


def one_of(name: str, value: Any, values: Mapping[str, int]) -> int:
    """What C has for a name."""
    if value not in values:
        raise error(Status.ARGUMENT, f"{name} {value!r} must be one of {', '.join(values)}")
    return values[value]


def text(name: str, value: str) -> bytes:
    """UTF-8 for C, where a NUL would end it."""
    try:
        encoded = value.encode()
    except UnicodeEncodeError:
        raise error(Status.ARGUMENT, f"{name} {value!r} is no Unicode text") from None
    return _whole(name, value, encoded)


def path(value: str | os.PathLike[str]) -> bytes:
    return _whole("path", value, os.fsencode(value))


def _whole(name: str, value: object, encoded: bytes) -> bytes:
    if b"\0" in encoded:
        raise error(Status.ARGUMENT, f"{name} {value!r} contains a NUL byte")
    return encoded
