"""Data sets: which image is of which class, and what it is there for."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .csv_files import write_manifest
from .loader import DECODERS, Pictures
from .sample import SPLITS, Sample, Split


@dataclass(frozen=True)
class Dataset:
    """Made by cal.data.open and cal.data.split. Immutable."""

    root: Path
    """The folder that the samples' paths start from."""
    classes: tuple[str, ...]
    """Names by label: the known classes first, then the novel ones, each sorted."""
    known: int
    """How many classes are known: those with labelled images."""
    samples: tuple[Sample, ...]
    """All of them, sorted by path."""

    @property
    def known_classes(self) -> tuple[str, ...]:
        return self.classes[: self.known]

    @property
    def novel_classes(self) -> tuple[str, ...]:
        return self.classes[self.known :]

    @cached_property
    def labelled(self) -> tuple[Sample, ...]:
        """To learn from, of known classes."""
        return self.of("labelled")

    @cached_property
    def unlabelled(self) -> tuple[Sample, ...]:
        """To learn from, of known and novel classes; their labels are not for the learner."""
        return self.of("unlabelled")

    @cached_property
    def test(self) -> tuple[Sample, ...]:
        """Held out: only for evaluation."""
        return self.of("test")

    @cached_property
    def unreadable(self) -> tuple[Sample, ...]:
        """Found not to be images that can be used; in no other split."""
        return self.of("unreadable")

    def of(self, *splits: Split) -> tuple[Sample, ...]:
        """The samples of some splits."""
        return tuple(sample for sample in self.samples if sample.split in splits)

    def file(self, sample: Sample) -> Path:
        """Where the image lies."""
        return self.root / sample.path

    def counts(self) -> dict[str, dict[Split, int]]:
        """Images by class and split."""
        found = Counter((sample.method, sample.split) for sample in self.samples)
        return {name: {split: found[name, split] for split in SPLITS} for name in self.classes}

    def pictures(self, samples: Iterable[Sample], *, decoders: int = DECODERS) -> Pictures:
        """The decoded images, in order, read ahead by threads; unreadable ones are skipped."""
        return Pictures(self.root, samples, decoders)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes the manifest, from which cal.data.open makes this data set again."""
        write_manifest(Path(path), self.samples)
