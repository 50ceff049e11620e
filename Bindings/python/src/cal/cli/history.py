"""What a training was like, epoch by epoch: a CSV file and the lines on the screen."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from ..training import Report

TERMS = ("supervised", "regulariser", "ccr", "acr", "total")
COLUMNS = ("epoch", *TERMS, "acr_selected", "novel_threshold", "prototypes", "seconds")


class History:
    """Adds a row to the file at the end of each epoch, with the means over its steps."""

    def __init__(self, path: Path, goes_on: bool) -> None:
        self._path = path
        self._sums = dict.fromkeys((*TERMS, "acr_selected"), 0.0)
        self._steps = 0
        if not (goes_on and path.is_file()):
            self._write(COLUMNS, "w")

    def add(self, report: Report) -> None:
        """A step. Of an epoch that was begun before a resumption, only the rest is seen."""
        self._steps += 1
        for name in self._sums:
            self._sums[name] += getattr(report, name)

    def end(self, report: Report, seconds: float) -> str:
        """The epoch's end: a line to show."""
        means = {name: total / max(self._steps, 1) for name, total in self._sums.items()}
        threshold = report.novel_threshold
        numbers = [f"{means[name]:.6g}" for name in means]
        shown = "" if threshold is None else f"{threshold:.6g}"
        self._write([report.epoch, *numbers, shown, report.prototypes, f"{seconds:.3f}"], "a")
        self._sums = dict.fromkeys(self._sums, 0.0)
        self._steps = 0
        terms = ", ".join(f"{name} {means[name]:.3f}" for name in TERMS)
        return (
            f"epoch {report.epoch + 1} of {report.epochs}: {terms}, threshold "
            f"{'-' if threshold is None else f'{threshold:.3f}'}, K {report.prototypes}, "
            f"{seconds:.1f} s"
        )

    def _write(self, row: Iterable[object], mode: str) -> None:
        with self._path.open(mode, newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(row)
