"""Which images there are, before they are split: a folder per class, or a CSV file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .._files import walk
from .csv_files import check_path, rows
from .sample import DataError, canonical, has_controls


@dataclass(frozen=True, slots=True)
class Image:
    """An image and what tells its class."""

    path: str
    source: str
    """The name of its class folder; in a CSV file, its method."""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """All images of a data set, sorted by path: the order of a file system means nothing."""

    root: Path
    images: tuple[Image, ...]


def list_images(path: Path, *, group: str | None, group_column: str | None) -> Listing:
    """What a data set consists of. `path` is a folder of class folders, or a CSV file whose paths
    start from its own folder; groups are told by a regular expression on the paths, or by a
    column of the CSV file."""
    if group is not None and group_column is not None:
        raise DataError("groups by an expression and by a column: give one of them")
    if path.is_dir():
        if group_column is not None:
            raise DataError(f"group column {group_column!r}: {path} is a folder, not a CSV file")
        root, images = path, _of_folders(path)
    else:
        root, images = path.parent, _of_rows(path, group_column)
    if group is not None:
        images = _grouped(images, group)
    if not images:
        raise DataError(f"{path}: no images, or none in a folder of their class")
    return Listing(root, tuple(sorted(images, key=lambda image: canonical(image.path))))


def _of_folders(root: Path) -> list[Image]:
    """The images of each folder and its subfolders; files beside the class folders are none."""
    images = []
    with os.scandir(root) as entries:
        folders = [one for one in entries if one.is_dir() and not one.name.startswith(".")]
    for folder in folders:
        for file in walk(folder.path):
            path = Path(file).relative_to(root).as_posix()
            if has_controls(path):
                raise DataError(f"{root}: {path!r} is no name for a manifest: rename it")
            images.append(Image(path, folder.name))
    return images


def _of_rows(file: Path, group_column: str | None) -> list[Image]:
    columns = ["path", "method", *([] if group_column is None else [group_column])]
    images: dict[str, Image] = {}
    for place, row in rows(file, columns):
        path, source = row["path"], row["method"]
        check_path(path, place)
        if path in images:
            raise DataError(f"{place}: path {path!r} was there before")
        group = "" if group_column is None else canonical(row[group_column])
        if not source or has_controls(source + group):
            raise DataError(f"{place}: method {source!r}, group {group!r}: not names to write down")
        images[path] = Image(path, source, group)
    return list(images.values())


def _grouped(images: Iterable[Image], expression: str) -> list[Image]:
    """The group is what the expression captures in the path, or all that it matches."""
    try:
        pattern = re.compile(expression)
    except re.error as problem:
        raise DataError(f"group {expression!r} is no regular expression: {problem}") from None
    grouped = []
    for image in images:
        found = pattern.search(image.path)
        parts = [] if found is None else [part for part in found.groups() if part] or [found[0]]
        if not any(parts):
            raise DataError(f"group {expression!r} finds nothing in {image.path!r}")
        grouped.append(Image(image.path, image.source, canonical("/".join(parts))))
    return grouped
