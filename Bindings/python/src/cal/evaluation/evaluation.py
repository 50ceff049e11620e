"""What an evaluation found, and the files it is written to."""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from .._files import write_whole
from .._version import __version__
from ..data import MANIFEST, Dataset, Unreadable
from ..errors import Status, error
from ..learning import Metrics
from .columns import Columns
from .reliability import Reliability


@dataclass(frozen=True, slots=True)
class ClassResult:
    """How one class of the data fared. Columns are positions in Evaluation.columns."""

    name: str
    kind: Literal["known", "novel"]
    """Whether the model knows it."""
    images: int
    hits: int
    """Images on its own column."""
    column: int | None
    """The prototype that stands for it; None for a novel class that none was matched to."""
    confused_with: int | None
    """The other prototype that got most of its images."""
    confused: int
    """How many it got."""

    @property
    def acc(self) -> float | None:
        """Share of hits; None without images."""
        return self.hits / self.images if self.images else None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of cal.evaluate."""

    dataset: Dataset
    split: str
    model_sha256: str
    bank_epoch: int
    library_version: str
    columns: Columns
    """The model's prototypes in use, known ones first."""
    metrics: Metrics
    classes: tuple[ClassResult, ...]
    """By label of the data set."""
    confusion: list[list[int]]
    """confusion[label][column]: images."""
    reliability: Reliability | None
    """Of images of known classes; None without any."""
    unreadable: tuple[Unreadable, ...]
    """Images that were left out."""

    @property
    def absent(self) -> tuple[str, ...]:
        """Known classes of the model that no class of the data is."""
        there = {each.column for each in self.classes}
        columns = self.columns
        return tuple(columns.title(i) for i in range(columns.known) if i not in there)

    def makers(self, id: int) -> Counter[str]:
        """Images that the prototype of this id answers, by class: what made them."""
        column = self.columns.place.get(id)
        if column is None:
            raise error(Status.NOT_FOUND, f"no prototype in use has the id {id}")
        counts = zip(self.classes, self.confusion, strict=True)
        return Counter({each.name: row[column] for each, row in counts if row[column]})

    def to_dict(self) -> dict[str, Any]:
        """All numbers, for JSON."""
        columns = self.columns
        titles = [columns.title(column) for column in range(len(columns.prototypes))]
        measured = asdict(self.metrics)
        for table in ("match", "confusion"):
            del measured[table]
        return {
            "package": __version__,
            "library": self.library_version,
            "model": {
                "sha256": self.model_sha256,
                "bank_epoch": self.bank_epoch,
                "known": columns.known,
                "novel": len(titles) - columns.known,
            },
            "data": {
                "root": str(self.dataset.root),
                "split": self.split,
                "images": sum(each.images for each in self.classes),
                "unreadable": [one._asdict() for one in self.unreadable],
                "absent": list(self.absent),
            },
            "metrics": measured,
            "reliability": self._reliability(),
            "classes": [self._class(each, titles) for each in self.classes],
            "confusion": {"columns": titles, "counts": self.confusion},
        }

    def _reliability(self) -> dict[str, Any] | None:
        if self.reliability is None:
            return None
        bins = [asdict(each) for each in self.reliability.bins]
        return {"ece": self.reliability.ece, "bins": bins}

    def _class(self, each: ClassResult, titles: list[str]) -> dict[str, Any]:
        def prototype(column: int | None) -> dict[str, Any] | None:
            if column is None:
                return None
            return {"id": self.columns.prototypes[column].id, "name": titles[column]}

        return {
            "name": each.name,
            "kind": each.kind,
            "images": each.images,
            "hits": each.hits,
            "acc": each.acc,
            "prototype": prototype(each.column),
            "confused_with": prototype(each.confused_with),
            "confused": each.confused,
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False) + "\n"

    def confusion_csv(self) -> str:
        """One row per class of the data, one column per prototype."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        titles = [self.columns.title(column) for column in range(len(self.columns.prototypes))]
        writer.writerow(["class", "kind", *titles])
        for each, row in zip(self.classes, self.confusion, strict=True):
            writer.writerow([each.name, each.kind, *row])
        return text.getvalue()

    def write(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Writes evaluation.json, confusion.csv and the manifest, split.csv; makes the folder."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        texts = {"evaluation.json": self.to_json(), "confusion.csv": self.confusion_csv()}
        for name, text in texts.items():
            # A name that is no Unicode is escaped, as in reports.
            write_whole(folder / name, text.encode("utf-8", "backslashreplace"))
        self.dataset.write(folder / MANIFEST)
        return [folder / name for name in (*texts, MANIFEST)]

    def write_figures(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Draws confusion.png and reliability.png. Needs matplotlib."""
        from . import figures

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        written = {"confusion.png": figures.confusion(self)}
        if self.reliability is not None:
            written["reliability.png"] = figures.reliability(self.reliability)
        for name, image in written.items():
            write_whole(folder / name, image)
        return [folder / name for name in written]
