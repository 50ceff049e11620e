"""CSV files of images: rows with their places, safe paths, and manifests written whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from .._files import write_whole
from .sample import DataError, Sample, has_controls

COLUMNS = ("path", "label", "method", "split")
GROUP = "group"
"""A further column, there if any image has a group."""

Row = dict[str, str]


def rows(path: Path, columns: Iterable[str]) -> Iterator[tuple[str, Row]]:
    """The rows of a CSV file that has at least these columns, each with its place in words."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, restval="")
        try:
            header = reader.fieldnames or ()
            for column in columns:
                if column not in header:
                    there = ", ".join(map(repr, header)) or "nothing"
                    raise DataError(f"{path}: no column {column!r} in its first line, but {there}")
            for row in reader:
                yield f"{path}, line {reader.line_num}", row
        except (csv.Error, UnicodeDecodeError) as problem:
            raise DataError(f"{path}, after line {reader.line_num}: {problem}") from None


def check_path(path: str, place: str) -> None:
    """A path must stay below the folder it starts from."""
    if not path or path.startswith("/") or ".." in PurePosixPath(path).parts or has_controls(path):
        raise DataError(f"{place}: path {path!r} does not lead below the folder of the data set")


def write_manifest(path: Path, samples: Iterable[Sample]) -> None:
    """`path` holds the old manifest or the whole new one at any instant."""
    samples = list(samples)
    columns = [*COLUMNS, GROUP] if any(sample.group for sample in samples) else [*COLUMNS]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for sample in samples:
        writer.writerow([getattr(sample, column) for column in columns])
    write_whole(path, text.getvalue().encode("utf-8"))
