"""Which files are meant by the PATHS of a command: files, folders, and `-` for a list on stdin."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator

from .._files import walk
from ..errors import Status
from .records import printable


def expand(paths: Iterable[str], every: bool) -> Iterator[str]:
    """Files in the order given, folders as `walk` gives them. What does not exist is passed on, to
    be reported with the images that cannot be read."""
    for path in paths:
        if path == "-":
            yield from (line.rstrip("\r\n") for line in sys.stdin if line.strip("\r\n"))
        elif os.path.isdir(path):
            yield from walk(path, every)
        else:
            yield path


def some(paths: Iterable[str], every: bool) -> list[str]:
    """`expand`, if there are any."""
    paths = list(paths)
    found = list(expand(paths, every))
    if not found:
        raise OSError(0, "no images found", ", ".join(paths))
    return found


def check_output(path: str) -> None:
    """OSError now, rather than when the work is done, if no file can be written there."""
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        code = errno.ENOENT
    elif os.path.isdir(path):
        code = errno.EISDIR
    elif not os.access(path if os.path.exists(path) else folder, os.W_OK):
        code = errno.EACCES
    else:
        return
    raise OSError(code, os.strerror(code), path)


def check_spares(path: str, images: Iterable[str]) -> None:
    """OSError if the file to write is one of the images."""
    if not os.path.isfile(path):
        return
    for image in images:
        if os.path.exists(image) and os.path.samefile(path, image):
            raise OSError(0, "is one of the images", path)


def given(paths: Iterable[str], every: bool) -> Iterator[str]:
    """`expand` without a list on stdin, which is read but once."""
    return expand((path for path in paths if path != "-"), every)


def failed(source: str | None, sentence: str, status: int) -> str:
    """What stderr says of an image that cannot be used."""
    return f"cal: {printable(source or '')}: {printable(sentence)} ({Status.name_of(status)})"
