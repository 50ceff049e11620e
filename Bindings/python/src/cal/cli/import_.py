"""`cal import`: a model file from a PyTorch checkpoint."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..importer import ImportRefused, import_checkpoint
from .arguments import count, names, positive
from .exits import DONE, FAILED
from .records import printable


def register(commands: Any) -> None:
    parser = commands.add_parser(
        "import",
        help="make a model file from a PyTorch checkpoint",
        description="Makes a model file from a published CAL checkpoint (.ckpt, .pth or "
        ".safetensors). PyTorch is not needed, and nothing in the checkpoint is executed. Ids of "
        "the prototypes are the row numbers of the checkpoint.",
    )
    parser.add_argument("checkpoint", metavar="CHECKPOINT", type=Path)
    parser.add_argument("out", metavar="OUT", type=Path, help="model file to write")
    parser.add_argument(
        "--size", type=positive, help="input pixels (256; 64 where the stem is 3x3)"
    )
    parser.add_argument(
        "--known",
        type=count,
        help="how many prototypes are known classes: the first ones (as many as --classes; else "
        "a tenth of the rows where rows were pruned; else it must be given)",
    )
    parser.add_argument(
        "--classes",
        type=names,
        metavar="NAMES",
        help="names of the known classes: a,b,c or a file with one per line",
    )
    parser.add_argument(
        "--prototypes", type=positive, help="prototypes in use (inferred from the rows' norms)"
    )
    parser.add_argument(
        "--stem",
        default="auto",
        help="7x7/2+pool, 3x3/1, 3x3/2+pool, ...: kernel/stride, max pooling (auto: the first for "
        "a 7x7 kernel, the second for a 3x3 one)",
    )
    parser.add_argument("--training-data", default="", metavar="ID", help="for the provenance")
    parser.add_argument("--licence", default="", help="of the weights, for the provenance")
    parser.add_argument("--description", default="", help="for the provenance")
    parser.add_argument(
        "--seed", type=count, default=0, help="of untrained prototypes for a mere backbone (0)"
    )
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    try:
        done = import_checkpoint(
            chosen.checkpoint,
            chosen.out,
            size=chosen.size,
            known=chosen.known,
            classes=chosen.classes,
            prototypes=chosen.prototypes,
            stem=chosen.stem,
            training_data=chosen.training_data,
            licence=chosen.licence,
            description=chosen.description,
            seed=chosen.seed,
        )
    except ImportRefused as problem:
        print(f"cal: {printable(str(problem))}", file=sys.stderr)
        return FAILED
    print(f"{done.kind}: {done.architecture}")
    for note in done.notes:
        print(f"  {note}")
    bank = done.bank
    print(f"  bank: {bank.known} known, {len(bank.vectors) - bank.known} novel")
    print(f"wrote {printable(str(chosen.out))}, {done.size} bytes, sha256 {done.sha256}")
    return DONE
