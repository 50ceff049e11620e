"""Which files are meant by the PATHS of a command: files, folders, and `-` for a list on stdin."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

# What Pillow reads by itself and cameras, phones and generators write.
SUFFIXES = frozenset(
    ".png .apng .jpg .jpeg .jpe .jfif .jp2 .j2k .webp .avif .bmp .dib .gif .tif .tiff .ppm .pgm "
    ".pbm .pnm .tga .ico .pcx .sgi .mpo".split()
)


def expand(paths: Iterable[str], every: bool) -> Iterator[str]:
    """Files in a fixed order: as given, folders sorted by name, each folder's files first.

    Within folders only image suffixes count, unless `every`; links to folders are not followed.
    What does not exist is passed on, to be reported with the images that cannot be read.
    """
    for path in paths:
        if path == "-":
            yield from (line.rstrip("\r\n") for line in sys.stdin if line.strip("\r\n"))
        elif os.path.isdir(path):
            yield from _folder(path, every)
        else:
            yield path


def _folder(path: str, every: bool) -> Iterator[str]:
    def fail(problem: OSError) -> None:
        raise problem  # a folder that cannot be listed must not look like an empty one

    for folder, names, files in os.walk(path, onerror=fail):
        names.sort()
        for name in sorted(files):
            path = os.path.join(folder, name)
            # A pipe or device would be waited for; a dangling link is reported as unreadable.
            special = os.path.exists(path) and not os.path.isfile(path)
            if not special and (every or Path(name).suffix.lower() in SUFFIXES):
                yield path


def read_faces(path: str) -> dict[str, tuple[float, float, float, float]]:
    """Face boxes from CSV lines path,x,y,width,height; a first line of names may stand above."""
    boxes = {}
    with open(path, newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.reader(file), 1):
            if not row or (number == 1 and row[0].strip().lower() in ("path", "source")):
                continue
            try:
                image, x, y, width, height = row
                boxes[image] = (float(x), float(y), float(width), float(height))
            except ValueError:
                raise OSError(0, f"line {number} is not path,x,y,width,height", path) from None
    return boxes
