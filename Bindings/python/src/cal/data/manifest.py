"""Manifests: CSV files that say of every image which class it is and what it is there for.

Columns path, label, method, split, and group if any image has one; others are ignored. Paths are
relative to the folder of the data set, so a manifest is the same wherever the images lie.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .csv_files import COLUMNS, GROUP, Row, check_path, rows
from .dataset import Dataset
from .sample import SPLITS, DataError, Sample, canonical, has_controls


def read_manifest(path: Path, root: Path) -> Dataset:
    """The data set that a manifest describes; `root` is the folder its paths start from."""
    samples: dict[str, Sample] = {}
    for place, row in rows(path, COLUMNS):
        sample = _sample(row, place)
        if sample.path in samples:
            raise DataError(f"{place}: path {sample.path!r} was there before")
        samples[sample.path] = sample
    if not samples:
        raise DataError(f"{path}: no images")
    ordered = tuple(sorted(samples.values(), key=lambda sample: canonical(sample.path)))
    classes = _classes(path, ordered)
    known = _known(path, classes, ordered)
    _check_groups(path, ordered)
    if not (root / ordered[0].path).exists():
        raise DataError(
            f"{path}: its first image, {ordered[0].path!r}, is not in {root}: name the folder "
            "that holds the images, and the manifest beside it"
        )
    return Dataset(root, classes, known, ordered)


def _sample(row: Row, place: str) -> Sample:
    path, label, method, split = (row[column] for column in COLUMNS)
    check_path(path, place)
    if not (label.isascii() and label.isdigit() and len(label) < 10):
        raise DataError(f"{place}: label {label!r} is not a whole number")
    group = row.get(GROUP) or ""
    if not method or has_controls(method + group):
        raise DataError(f"{place}: method {method!r}, group {group!r}: not names to write down")
    for each in SPLITS:
        if split == each:
            return Sample(path, int(label), method, each, group)
    raise DataError(f"{place}: split {split!r} is none of {', '.join(SPLITS)}")


def _classes(path: Path, samples: Iterable[Sample]) -> tuple[str, ...]:
    """Labels are 0, 1, 2, ... without gaps, and each stands for one method."""
    names: dict[int, str] = {}
    labels: dict[str, int] = {}
    for sample in samples:
        name = names.setdefault(sample.label, sample.method)
        label = labels.setdefault(sample.method, sample.label)
        if name != sample.method:
            raise DataError(f"{path}: label {sample.label} is {name!r} and {sample.method!r}")
        if label != sample.label:
            raise DataError(f"{path}: method {name!r} has the labels {label} and {sample.label}")
    for label in range(len(names)):
        if label not in names:
            raise DataError(f"{path}: {len(names)} classes, but none has the label {label}")
    return tuple(names[label] for label in range(len(names)))


def _known(path: Path, classes: tuple[str, ...], samples: Iterable[Sample]) -> int:
    """Known classes are those with labelled images, and have the lowest labels."""
    labelled = {sample.label for sample in samples if sample.split == "labelled"}
    known = max(labelled, default=-1) + 1
    for label in range(known):
        if label not in labelled:
            raise DataError(
                f"{path}: {classes[label]!r} (label {label}) has no labelled images, but "
                f"{classes[known - 1]!r} (label {known - 1}) has: known classes come first"
            )
    return known


def _check_groups(path: Path, samples: Iterable[Sample]) -> None:
    """No group is on both sides of the hold-out, nor within a class in two splits."""
    of_group: dict[str, Sample] = {}
    of_class: dict[tuple[str, int], Sample] = {}
    for sample in samples:
        if not sample.group or sample.split == "unreadable":
            continue
        other = of_group.setdefault(sample.group, sample)
        if (other.split == "test") == (sample.split == "test"):
            other = of_class.setdefault((sample.group, sample.label), sample)
            if other.split == sample.split:
                continue
        raise DataError(
            f"{path}: group {sample.group!r} is in two splits: {other.path!r} is {other.split}, "
            f"{sample.path!r} is {sample.split}"
        )
