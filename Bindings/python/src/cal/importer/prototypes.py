"""The prototype bank of a checkpoint: which rows are in use, which are known, what they are called.

Training with an unknown number of classes starts from 10 rows per known class and prunes. The
count that is left is not in the checkpoint: pruned rows stay, set to zero and then moved a little
by the optimiser's momentum. They are told by their norm.
"""

from __future__ import annotations

import math
import random
import struct
from dataclasses import dataclass

from .tensor import ImportRefused, Tensor, floats

MAX_ROWS = 65536
MAX_NAME = 255
ROWS_PER_KNOWN = 10
"""Of the published training with an unknown number of classes."""

FLOOR = 0.02
"""A row below this part of the typical norm counts as that small, however small it is."""
RATIO = 4.0
"""The least norm kept over the largest norm dropped must reach this, or all rows are in use."""
MIN_FEATURES = 16
"""With fewer, a row can be short by chance: of rows of normal numbers, one in 5 with one feature
and one in 140 with 4 have less than a RATIOth of the typical norm; with 16, one in 16 million."""

UNTRAINED_DEVIATION = 0.001
"""Of the normal distribution that the published training draws new prototypes from."""


@dataclass(frozen=True, slots=True)
class Bank:
    vectors: tuple[bytes, ...]
    """Little-endian float32; row number = id."""
    names: tuple[str, ...]
    """Of the known prototypes, which are the first rows."""
    rows: int
    """Of the checkpoint, those not in use included."""
    notes: tuple[str, ...]
    """What was inferred and how, in sentences."""

    @property
    def known(self) -> int:
        return len(self.names)


def may_be_pruned(rows: int, width: int, known: int) -> bool:
    """Whether training has pruned rows at all, and norms can tell which."""
    return rows == ROWS_PER_KNOWN * known and width >= MIN_FEATURES


def rows_in_use(norms: list[float], width: int, known: int) -> tuple[int, float]:
    """How many leading rows are in use, and the ratio of norms that says so (1: all are).

    Rows in use come first. Of all cuts behind the known rows, the best is the one where the
    smallest norm kept stands highest above the largest norm dropped.
    """
    if not may_be_pruned(len(norms), width, known):
        return len(norms), 1.0
    typical = sorted(norms[:known])[known // 2]
    floor = FLOOR * typical
    raised = [max(norm, floor) for norm in norms]
    largest_after = [0.0] * (len(norms) + 1)
    for row in reversed(range(len(norms))):
        largest_after[row] = max(raised[row], largest_after[row + 1])
    best, ratio = len(norms), 1.0
    smallest = min(raised[:known])
    for cut in range(known, len(norms)):
        smallest = min(smallest, raised[cut - 1])
        here = smallest / largest_after[cut] if largest_after[cut] else 1.0
        if here >= RATIO and here > ratio:
            best, ratio = cut, here
    return best, ratio


def read_bank(
    tensor: Tensor, known: int | None, names: list[str] | None, count: int | None
) -> Bank:
    """The bank of `encoder.fc2`; None leaves a number to inference."""
    rows, width = tensor.shape
    if rows > MAX_ROWS:
        raise ImportRefused(f"{rows} prototypes; the limit is {MAX_ROWS}")
    data = tensor.f32()
    vectors = [data[4 * width * row : 4 * width * (row + 1)] for row in range(rows)]
    norms = [math.sqrt(sum(x * x for x in floats(vector))) for vector in vectors]
    notes: list[str] = []
    names = check_names(names)
    known = _known_count(rows, width, known, names, norms, notes)
    if count is None:
        count, ratio = rows_in_use(norms, width, known)
        notes.append(_explain(norms, width, known, count, ratio))
    elif not max(known, 1) <= count <= rows:
        raise ImportRefused(
            f"{count} prototypes asked for; the checkpoint has {rows} rows and {known} are known"
        )
    else:
        notes.append(f"prototypes: {count} of {rows} rows, as given")
    return Bank(tuple(vectors[:count]), _fill_names(names, known, notes), rows, tuple(notes))


def untrained_bank(width: int, known: int, names: list[str] | None, count: int, seed: int) -> Bank:
    """New prototypes as published training starts with: normal, deviation 0.001."""
    names = check_names(names)
    if not 1 <= max(known, 1) <= count <= MAX_ROWS:
        raise ImportRefused(f"{count} prototypes of which {known} known: not 1 to {MAX_ROWS}")
    source = random.Random(seed)
    vectors = tuple(
        struct.pack(f"<{width}f", *(source.gauss(0, UNTRAINED_DEVIATION) for _ in range(width)))
        for _ in range(count)
    )
    notes = [f"prototypes: {count}, UNTRAINED (normal, deviation 0.001, seed {seed})"]
    return Bank(vectors, _fill_names(names, known, notes), count, tuple(notes))


def _known_count(
    rows: int,
    width: int,
    known: int | None,
    names: list[str] | None,
    norms: list[float],
    notes: list[str],
) -> int:
    """As given; else the number of names; else, if rows were pruned, a tenth of them. There is no
    default: with 0, every answer would be a novel prototype without a name."""
    if known is None and names is not None:
        known = len(names)
        notes.append(f"known: {known}, as many as there are class names")
    if known is None and rows % ROWS_PER_KNOWN == 0:
        guess = rows // ROWS_PER_KNOWN
        if rows_in_use(norms, width, guess)[0] < rows:
            notes.append(
                f"known: {guess}, inferred: rows were pruned, and training with an unknown number "
                f"of classes starts from {ROWS_PER_KNOWN} rows per known class ({rows} rows)"
            )
            return guess
    if known is None:
        raise ImportRefused(
            f"the checkpoint does not say how many of its {rows} prototypes are known classes; "
            "give --known N (they are the first N rows; 0: none is known), or their names with "
            "--classes"
        )
    if not 0 <= known <= rows:
        raise ImportRefused(f"{known} known classes; the checkpoint has {rows} prototypes")
    if names is not None and len(names) != known:
        raise ImportRefused(f"{len(names)} class names for {known} known classes")
    return known


def _explain(norms: list[float], width: int, known: int, count: int, ratio: float) -> str:
    if count == len(norms):
        if may_be_pruned(count, width, known):
            why = f"as their norms have no gap of a factor {RATIO:g}"
        elif width < MIN_FEATURES:
            why = f"as norms do not tell pruned rows of {width} features"
        else:
            why = f"as training that prunes starts from {ROWS_PER_KNOWN} rows per known class"
        return (
            f"prototypes: all {count} rows, {why} (norms {min(norms):.3g} to {max(norms):.3g}); "
            "--prototypes overrides"
        )
    kept, dropped = norms[:count], norms[count:]
    return (
        f"prototypes: {count} of {len(norms)} rows, inferred from their norms: "
        f"{min(kept):.3g} to {max(kept):.3g} in use, {min(dropped):.2g} to {max(dropped):.2g} "
        f"pruned, a gap of a factor {ratio:.0f}; --prototypes overrides"
    )


def check_names(names: list[str] | None) -> list[str] | None:
    for number, name in enumerate(names or []):
        if not name or len(name.encode("utf-8", "replace")) > MAX_NAME or not name.isprintable():
            raise ImportRefused(
                f"class name {number}, {name[:40]!r}, must be 1 to {MAX_NAME} bytes of printable "
                "text"
            )
    if names is not None and len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ImportRefused(f"class name {twice!r} is given twice")
    return names


def _fill_names(names: list[str] | None, known: int, notes: list[str]) -> tuple[str, ...]:
    if names is None and known:
        notes.append(f"names: 'class 0' to 'class {known - 1}'; give --classes for real ones")
        return tuple(f"class {row}" for row in range(known))
    return tuple(names or [])
