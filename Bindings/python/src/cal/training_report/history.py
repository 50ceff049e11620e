"""What a training was like, epoch by epoch: history.csv, which outlives its process."""

from __future__ import annotations

import csv
import io
import os
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from .._files import write_whole
from ..errors import Status, error
from ..training import Report

TERMS = ("supervised", "regulariser", "ccr", "acr", "total")


@dataclass(frozen=True, slots=True)
class Epoch:
    """A row. The terms, and how many labels ACR made, are means over the epoch's steps."""

    epoch: int
    """From 0."""
    supervised: float
    regulariser: float
    ccr: float
    acr: float
    total: float
    acr_selected: float
    novel_threshold: float | None
    prototypes: int
    seconds: float
    learning_rate: float
    validation_accuracy: float | None
    validation_confidence: float | None


COLUMNS = tuple(field.name for field in fields(Epoch))
WHOLE = ("epoch", "prototypes")
OPTIONAL = ("novel_threshold", "validation_accuracy", "validation_confidence")


class History:
    """Adds a row to the file at the end of each epoch.

    With `resume` the file's rows stay, but for those of epochs that are trained once more because
    no checkpoint was written behind them.
    """

    def __init__(self, path: str | os.PathLike[str], *, resume: bool = False) -> None:
        self._path = Path(path)
        self.epochs: list[Epoch] = []
        if resume and self._path.is_file():
            self.epochs = read(self._path)
        self._sums = dict.fromkeys((*TERMS, "acr_selected"), 0.0)
        self._steps = 0
        self._began = time.monotonic()
        self._write()

    def add(self, report: Report) -> Epoch | None:
        """What a trainer reports; the epoch if it has ended. Of an epoch that was begun before a
        resumption, only the rest is seen."""
        if not report.is_epoch_end:
            self._steps += 1
            for name in self._sums:
                self._sums[name] += getattr(report, name)
            return None
        now = time.monotonic()
        means = {name: total / max(self._steps, 1) for name, total in self._sums.items()}
        epoch = Epoch(
            **means,
            epoch=report.epoch,
            novel_threshold=report.novel_threshold,
            prototypes=report.prototypes,
            seconds=now - self._began,
            learning_rate=report.learning_rate,
            validation_accuracy=report.validation_accuracy,
            validation_confidence=report.validation_confidence,
        )
        self._sums = dict.fromkeys(self._sums, 0.0)
        self._steps, self._began = 0, now
        self.epochs = [each for each in self.epochs if each.epoch < epoch.epoch] + [epoch]
        self._write()
        return epoch

    def _write(self) -> None:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(map(_texts, map(astuple, self.epochs)))
        write_whole(self._path, text.getvalue().encode())


def read(path: Path) -> list[Epoch]:
    """The rows of a file that a History wrote."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        if tuple(next(rows, ())) != COLUMNS:
            raise error(Status.ARGUMENT, f"{path}: its columns are not {','.join(COLUMNS)}")
        epochs = []
        for row in rows:
            try:
                values = dict(zip(COLUMNS, row, strict=True))
                epochs.append(Epoch(**{name: _value(name, values[name]) for name in COLUMNS}))
            except ValueError:
                raise error(
                    Status.ARGUMENT, f"{path}: line {rows.line_num} is no epoch of a training"
                ) from None
    return epochs


def best(epochs: Sequence[Epoch]) -> Epoch | None:
    """The first with the highest validation accuracy; None: nothing was held out."""
    validated = [each for each in epochs if each.validation_accuracy is not None]
    return max(validated, key=lambda each: each.validation_accuracy or 0.0, default=None)


def _texts(row: Sequence[float | None]) -> list[str]:
    return ["" if value is None else f"{value:.6g}" for value in row]


def _value(name: str, text: str) -> Any:
    if name in OPTIONAL and not text:
        return None
    return int(text) if name in WHOLE else float(text)
