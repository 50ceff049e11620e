"""Which files are meant by the PATHS of a command: files, folders, and `-` for a list on stdin."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterable, Iterator

from .._files import walk


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
