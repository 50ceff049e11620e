"""Finds and loads libcal.

Order: the file named by CAL_LIBRARY, the library bundled in the wheel, the loader's own search
for the soname. The current directory is never searched: a forensic tool is run inside folders
of evidence, and a libcal.so.1 lying there must not be executed.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from .errors import Status, error

SONAME = "libcal.1.dylib" if sys.platform == "darwin" else "libcal.so.1"


def locate() -> str:
    """What to hand to dlopen: an absolute path, or the bare soname."""
    named = os.environ.get("CAL_LIBRARY")
    if named:
        if not os.path.isabs(named):
            raise error(
                Status.VERSION,
                f"CAL_LIBRARY must be an absolute path, and is {named!r}: a relative one would "
                "depend on the current directory",
            )
        return named
    bundled = Path(__file__).resolve().parent / "_lib" / SONAME
    return str(bundled) if bundled.is_file() else SONAME


def open_library(name: str) -> ctypes.CDLL:
    """dlopen, with an error that says where was looked."""
    try:
        # CDLL (not PyDLL) releases the GIL during calls; RTLD_LOCAL keeps libcal's symbols from
        # other extension modules.
        return ctypes.CDLL(name, mode=ctypes.RTLD_LOCAL)
    except OSError as problem:
        hint = (
            "it is not bundled with this package; install libcal or set CAL_LIBRARY to its "
            "absolute path"
            if name == SONAME
            else "the file cannot be loaded"
        )
        raise error(Status.VERSION, f"libcal not loaded: {hint}: {problem}") from problem
