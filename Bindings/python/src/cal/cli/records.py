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


class CSV:
    """One row per image: what it is, then `top` groups of five columns."""

    def __init__(self, out: TextIO, top: int, model_sha256: str) -> None:
        self._writer = csv.writer(out, lineterminator="\n")
        self._top = top
        self._model = model_sha256
        self._writer.writerow(
            ["source", "status", "error", "verdict", "pixels_sha256", "model_sha256", "bank_epoch"]
            + [
                f"{field}_{rank}"
                for rank in range(1, top + 1)
                for field in ("id", "name", "kind", "logit", "probability")
            ]
        )

    def write(self, result: Attribution) -> None:
        row: list[object] = [
            result.source,
            Status.name_of(result.status),
            result.error,
            result.verdict,
            result.pixels_sha256,
            self._model,
            result.bank_epoch if result.ok else None,
        ]
        for score in result.ranked:
            # Nine digits read back to the same float32.
            row += [score.id, score.name, score.kind, f"{score.logit:.9g}"]
            row.append(f"{score.probability:.9g}")
        self._writer.writerow(row + [""] * (5 * (self._top - len(result.ranked))))


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
