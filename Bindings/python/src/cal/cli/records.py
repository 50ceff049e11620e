"""How results are written: JSON Lines, CSV, or a table for people."""

from __future__ import annotations

import csv
from typing import Protocol, TextIO

from ..errors import Status
from ..results import Attribution, Score


class Writer(Protocol):
    def write(self, result: Attribution) -> None: ...


class JSONLines:
    """libcal's own report, one per line: the bytes that a C program gets."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, result: Attribution) -> None:
        self._out.write(result.to_json() + "\n")


def columns(top: int) -> list[str]:
    """Of a CSV file: what an image is, then `top` groups of five."""
    ranks = [
        f"{field}_{rank}"
        for rank in range(1, top + 1)
        for field in ("id", "name", "kind", "logit", "probability")
    ]
    return [
        *("source", "status", "error", "verdict", "pixels_sha256", "model_sha256", "bank_epoch"),
        *("known_threshold", "novel_threshold"),
        *ranks,
    ]


class CSV:
    """One row per image, behind a row of names unless the file is begun already."""

    def __init__(self, out: TextIO, top: int, model_sha256: str, begun: bool = False) -> None:
        self._writer = csv.writer(out, lineterminator="\n")
        self._top = top
        self._model = model_sha256
        if not begun:
            self._writer.writerow(columns(top))

    def write(self, result: Attribution) -> None:
        row: list[object] = [
            result.source,
            Status.name_of(result.status),
            result.error,
            result.verdict,
            result.pixels_sha256,
            self._model,
            result.bank_epoch if result.ok else None,
            _digits(result.known_threshold),
            _digits(result.novel_threshold),
        ]
        for score in result.ranked:
            row += [score.id, score.name, score.kind]
            row += [_digits(score.logit), _digits(score.probability)]
        self._writer.writerow(row + [""] * (5 * (self._top - len(result.ranked))))


def _digits(value: float | None) -> str:
    """Nine digits read back to the same float32; none is an empty cell."""
    return "" if value is None else f"{value:.9g}"


class Table:
    """For reading: verdict, best prototype, probability, file."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, result: Attribution) -> None:
        source = printable(result.source or "")
        best = result.top
        if not result.ok or best is None:
            self._out.write(f"{'failed':13}{'':27}{'':7}  {source}\n")
            return
        name = printable(label(best))
        self._out.write(f"{result.verdict:13}{name:27.27}{best.probability:7.1%}  {source}\n")


def label(score: Score) -> str:
    """What people call a prototype: by its name, else by what it is and its id."""
    return score.name or f"{score.kind} prototype {score.id}"


def printable(text: str) -> str:
    """File and class names must not be able to steer the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
