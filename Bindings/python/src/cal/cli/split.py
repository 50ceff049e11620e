"""`cal split`: a manifest that says which image is there for what."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from .. import data
from .arguments import add_decoders
from .data_options import add_split_options, dataset_lines, report_unreadable, split_options
from .exits import DONE, SOME_FAILED
from .progress_bar import progress_bar
from .records import printable


def register(commands: Any) -> None:
    parser = commands.add_parser(
        "split",
        help="split a data set, into a manifest",
        description="Says of each image of a data set whether it is labelled, unlabelled or held "
        "out, in a CSV manifest. DATA is a folder with a folder per class, or a CSV file with the "
        "columns path and method. The same names, options and seed give the same manifest.",
    )
    parser.add_argument("data", metavar="DATA", help="folder or CSV file")
    parser.add_argument("--out", required=True, type=Path, metavar="CSV", help="manifest to write")
    add_split_options(parser, seed=0)
    parser.add_argument(
        "--no-check", action="store_true", help="trust that every image can be read"
    )
    add_decoders(parser)
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    with progress_bar() as show:
        dataset = data.split(
            chosen.data,
            check=not chosen.no_check,
            decoders=chosen.decoders,
            progress=show,
            found=report_unreadable,
            **split_options(chosen),
        )
    dataset.write(chosen.out)
    for line in dataset_lines(dataset):
        print(line)
    print(f"wrote {printable(str(chosen.out))}, {len(dataset.samples)} images")
    if dataset.unreadable:
        print(f"cal: {len(dataset.unreadable)} images cannot be read", file=sys.stderr)
        return SOME_FAILED
    return DONE
