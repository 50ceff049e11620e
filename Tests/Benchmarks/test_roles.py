"""Benchmarks/roles.py on a data set without images."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cal
import pytest
import roles
from cal.data import Dataset, Sample

CLASSES = ("Real", "a", "b", "c", "d", "e")
KNOWN = 3


@pytest.fixture
def dataset() -> Dataset:
    """12 labelled, 4 unlabelled and 4 test images of a known class, 16 and 4 of a novel one."""
    samples = [
        Sample(f"{name}/{number:02}.png", label, name, split(label, number))
        for label, name in enumerate(CLASSES)
        for number in range(20)
    ]
    return Dataset(Path("images"), CLASSES, KNOWN, tuple(samples))


def split(label: int, number: int) -> str:
    if number >= 16:
        return "test"
    return "labelled" if label < KNOWN and number < 12 else "unlabelled"


def labels(dataset: Dataset) -> dict[str, int]:
    return {sample.method: sample.label for sample in dataset.samples}


def test_without_some_classes_labels_have_no_gap(dataset: Dataset) -> None:
    rest = roles.without(dataset, [4])
    assert rest.classes == ("Real", "a", "b", "c", "e")
    assert rest.known == KNOWN
    assert labels(rest) == {name: label for label, name in enumerate(rest.classes)}
    assert Counter(s.method for s in rest.samples) == {name: 20 for name in rest.classes}


def test_known_and_novel_change_places(dataset: Dataset) -> None:
    other = roles.swapped(dataset)
    assert other.known_classes == ("Real", "c", "d", "e")
    assert other.novel_classes == ("a", "b")
    assert labels(other) == {name: label for label, name in enumerate(other.classes)}
    assert [s.path for s in other.test] == [s.path for s in dataset.test]
    counts = other.counts()
    for name in other.known_classes:
        assert (counts[name]["labelled"], counts[name]["unlabelled"]) == (12, 4), name
    for name in other.novel_classes:
        assert (counts[name]["labelled"], counts[name]["unlabelled"]) == (0, 16), name


def test_what_is_labelled_is_the_seeds_own(dataset: Dataset) -> None:
    drawn = [{s.path for s in roles.swapped(dataset, seed).labelled} for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_it_can_be_written_and_read(dataset: Dataset, tmp_path: Path) -> None:
    other = roles.swapped(dataset)
    other.write(tmp_path / "swapped.csv")
    for sample in other.samples:
        (tmp_path / sample.path).parent.mkdir(exist_ok=True)
        (tmp_path / sample.path).touch()
    read = cal.data.open(tmp_path, tmp_path / "swapped.csv")
    assert (read.classes, read.known, read.samples) == (other.classes, other.known, other.samples)
