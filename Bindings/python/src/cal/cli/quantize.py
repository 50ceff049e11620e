"""`cal quantize`: makes a model that can be computed in int8."""

from __future__ import annotations

import argparse
from typing import Any

from ..model import Model
from . import files
from .arguments import add_file_options, add_threads, positive
from .exits import DONE
from .progress_bar import progress_bar

IMAGES = 256
"""Enough for ranges that hold; all of them are in memory at once."""


def register(commands: Any) -> None:
    parser = commands.add_parser(
        "quantize",
        help="make a model that can be computed in int8",
        description="Makes a copy of a model that can be computed in int8, with ranges from "
        "images of the kind that it is for, and says how many of these keep their answer.",
    )
    parser.add_argument("model", metavar="MODEL", help="model file")
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="image or folder")
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="the new model file")
    parser.add_argument(
        "--default",
        action="store_true",
        help="the new model runs in int8 unless told otherwise; refused if less than 99 %% of the "
        "images keep their answer",
    )
    parser.add_argument(
        "--images",
        metavar="N",
        dest="most",
        type=positive,
        default=IMAGES,
        help=f"of more images, so many are taken, spread over all ({IMAGES})",
    )
    add_threads(parser)
    add_file_options(parser)
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    files.check_output(chosen.output)
    paths = files.some(chosen.images, chosen.all_files)
    files.check_spares(chosen.output, paths)
    count = min(len(paths), chosen.most)
    taken = [paths[i * len(paths) // count] for i in range(count)]
    with Model.load(chosen.model) as model, progress_bar() as progress:
        made = model.quantize(
            taken,
            default=chosen.default,
            threads=chosen.threads,
            exif=chosen.exif_orientation,
            progress=progress,
        )
    with made:
        made.save(chosen.output)
        found = made.describe()["quantization"]
    print(
        f"int8 keeps the top prototype of {found['agreeing']} of {found['images']} images; "
        f"no probability changes by more than {found['probability_change']:.4f}"
    )
    return DONE
