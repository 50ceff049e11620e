"""`--faces`: the face boxes of images, and which of them met no image."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator

from ..images import Face


class Faces:
    """Boxes by their images' paths: ./a.png is a.png."""

    def __init__(self, path: str | None = None) -> None:
        """From CSV lines path,x,y,width,height; a first line of names may stand above. Without a
        file there are none."""
        self.path = path
        self._boxes: dict[str, Face] = {}
        self._unmet: dict[str, tuple[int, str]] = {}
        if path is not None:
            self._read(path)

    def of(self, path: str) -> Face | None:
        return self._boxes.get(os.path.normpath(path))

    def watch(self, paths: Iterable[str]) -> Iterator[str]:
        """The same paths; their boxes have met them."""
        for path in paths:
            self._unmet.pop(os.path.normpath(path), None)
            yield path

    def unmet(self) -> Iterator[str]:
        """A sentence for each box that no watched path has."""
        for line, path in self._unmet.values():
            yield f"line {line}: no image of this run is {path}"

    def _read(self, path: str) -> None:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file)
            try:
                for row in rows:
                    if row and not (rows.line_num == 1 and _is_head(row)):
                        self._add(row, rows.line_num)
            except UnicodeDecodeError:
                raise OSError(0, f"not UTF-8 behind line {rows.line_num}", path) from None
            except (ValueError, csv.Error) as problem:
                raise OSError(0, f"line {rows.line_num} {problem}", path) from None

    def _add(self, row: list[str], line: int) -> None:
        try:
            image, x, y, width, height = row
            box = float(x), float(y), float(width), float(height)
        except ValueError:
            raise ValueError("is not path,x,y,width,height") from None
        key = os.path.normpath(image)
        if key in self._boxes:
            raise ValueError(f"is a second box for {image}")
        self._boxes[key] = box
        self._unmet[key] = line, image


def _is_head(row: list[str]) -> bool:
    return row[0].strip().lower() in ("path", "source")
