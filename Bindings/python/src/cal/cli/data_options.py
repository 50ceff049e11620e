"""What the commands say about data sets, and how they show them."""

from __future__ import annotations

import argparse
from typing import Any

from .. import data
from ..data import Dataset, SplitOptions, Unreadable
from .arguments import count, expression, names, positive, share
from .progress_bar import say
from .records import printable


def add_split_options(parser: argparse.ArgumentParser, *, seed: int) -> None:
    """How a data set is split; `split_options` reads them."""
    known = parser.add_mutually_exclusive_group()
    known.add_argument(
        "--known",
        type=names,
        metavar="NAMES",
        help="known classes: names, folders or indices, a,b,c or a file with one per line",
    )
    known.add_argument(
        "--protocol", choices=data.PROTOCOLS, help="a published choice of known classes and caps"
    )
    parser.add_argument("--test", type=share, help="share of each class held out (0.2)")
    parser.add_argument(
        "--labelled", type=share, help="share of known training images that are labelled (0.75)"
    )
    parser.add_argument(
        "--cap",
        type=_cap,
        action="append",
        metavar="[CLASS=]N",
        help="at most N images per class, or of CLASS, or of each known or novel class "
        "(known=N, novel=N); may be repeated",
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--group",
        type=expression,
        metavar="REGEX",
        help="what it captures in a path is the video or identity, which is not torn apart",
    )
    group.add_argument(
        "--group-column", metavar="NAME", help="the column of a CSV file that says so"
    )
    parser.add_argument("--seed", type=count, help=f"another seed, another choice ({seed})")


def split_options(chosen: argparse.Namespace) -> SplitOptions:
    """Those that were given."""
    given: dict[str, Any] = {
        name: getattr(chosen, name)
        for name in SplitOptions.__annotations__
        if getattr(chosen, name) is not None
    }
    if "cap" in given:
        given["cap"] = {key: most for cap in given["cap"] for key, most in cap.items()}
    options: SplitOptions = given  # type: ignore[assignment]  # the same names
    return options


def _cap(text: str) -> dict[str, int]:
    name, equals, most = text.rpartition("=")
    if equals and not name:
        raise argparse.ArgumentTypeError(f"{text!r} names no class before its =")
    return dict.fromkeys([name] if equals else ["known", "novel"], positive(most))


def report_unreadable(one: Unreadable) -> None:
    say(f"cal: {printable(one.path)}: {printable(one.reason)}")


def dataset_lines(dataset: Dataset) -> list[str]:
    """Counts by class and split, and their sums."""
    splits = [split for split in data.SPLITS if dataset.of(split)]
    head = "".join(f"{split:>12}" for split in splits)
    lines = [f"{'class':27}{'':7}{head}"]
    for label, (name, counts) in enumerate(dataset.counts().items()):
        kind = "known" if label < dataset.known else "novel"
        numbers = "".join(f"{counts[split]:12}" for split in splits)
        lines.append(f"{printable(name):27.27}{kind:7}{numbers}")
    numbers = "".join(f"{len(dataset.of(split)):12}" for split in splits)
    kinds = f"{dataset.known} known, {len(dataset.novel_classes)} novel"
    return [*lines, f"{kinds:34}{numbers}"]
