"""Results of a benchmark, as Markdown and as bars of a plot."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from rounds import Spread


class Bar(NamedTuple):
    """A peer's time over libcal's, for plot.py."""

    label: str
    peer: str
    clock: str
    """"time" or "processor time"."""
    ratio: Spread


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        help="write what is printed to this file too, and ratios for a plot to it with .json",
    )


def publish(text: str, output: Path | None, bars: Sequence[Bar] = ()) -> None:
    """Prints it, and writes files if there are to be any."""
    print(text, end="")
    if output:
        output.write_text(text)
        if bars:
            output.with_suffix(".json").write_text(json.dumps(bars))


def read_bars(path: Path) -> list[Bar]:
    return [Bar(*fields, Spread(*spread)) for *fields, spread in json.loads(path.read_text())]
