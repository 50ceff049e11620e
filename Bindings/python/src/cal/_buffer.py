"""The address of any object with the buffer protocol, without numpy and without a copy.

ctypes' own from_buffer refuses read-only memory (bytes, frozen arrays), so this asks the
interpreter directly; the layout of Py_buffer has been part of the stable ABI since 3.11 and is
the same in 3.10.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_ssize_t, c_void_p


class _PyBuffer(ctypes.Structure):
    _fields_ = [
        ("buf", c_void_p),
        ("obj", ctypes.py_object),
        ("len", c_ssize_t),
        ("itemsize", c_ssize_t),
        ("readonly", c_int),
        ("ndim", c_int),
        ("format", c_char_p),
        ("shape", POINTER(c_ssize_t)),
        ("strides", POINTER(c_ssize_t)),
        ("suboffsets", POINTER(c_ssize_t)),
        ("internal", c_void_p),
    ]


_STRIDES = 0x10 | 0x08  # PyBUF_STRIDES: any strides, read-only is fine

_get = ctypes.pythonapi.PyObject_GetBuffer
_get.argtypes = [ctypes.py_object, POINTER(_PyBuffer), c_int]
_get.restype = c_int
_release = ctypes.pythonapi.PyBuffer_Release
_release.argtypes = [POINTER(_PyBuffer)]
_release.restype = None


class Pinned:
    """Memory that stays where it is (bytearrays cannot be resized) until release."""

    def __init__(self, owner: object) -> None:
        self._held = False  # if there is nothing to hold, there is nothing to release
        self._view = _PyBuffer()
        _get(owner, ctypes.byref(self._view), _STRIDES)  # raises BufferError, TypeError
        self._held = True

    @property
    def address(self) -> int:
        """Of the element with all indices 0."""
        return self._view.buf or 0

    def release(self) -> None:
        if self._held:
            self._held = False
            _release(ctypes.byref(self._view))

    def __del__(self) -> None:
        self.release()
