"""`cal eval`: how good is this model on these data?"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import Any, get_args

from .. import data
from ..data import Dataset
from ..evaluation import Evaluation, Part, evaluate
from ..model import Model
from ..session import BATCH
from . import files
from .arguments import add_decoders, add_threads, file_lines, positive
from .data_options import report_unreadable
from .eval_table import lines
from .exits import DONE, SOME_FAILED
from .progress_bar import progress_bar
from .records import printable


def register(commands: Any) -> None:
    parser = commands.add_parser(
        "eval",
        help="measure a model on a data set",
        description="Attributes the held-out images of a data set and measures the answers. DATA "
        "is a manifest, or a folder of images with a manifest in it (split.csv) or beside it.",
    )
    parser.add_argument("model", metavar="MODEL", help="model file")
    parser.add_argument("data", metavar="DATA", type=Path, help="folder or manifest")
    parser.add_argument("--manifest", metavar="CSV", type=Path, help="of the folder DATA")
    parser.add_argument(
        "--split",
        choices=get_args(Part),
        default="test",
        help="images to evaluate (test); all: also those of a folder without a manifest",
    )
    parser.add_argument(
        "--map",
        type=_map,
        action="append",
        default=[],
        metavar="CLASS=NAME",
        help="CLASS of the data is the model's known class NAME, or, if that is left out, none of "
        "them; or a file with such lines. May be repeated",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write JSON, tables and figures there"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, not a table")
    add_threads(parser)
    add_decoders(parser)
    parser.add_argument("--batch", type=positive, default=BATCH, help=f"images a call ({BATCH})")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    dataset = _open(chosen)
    if chosen.out is not None:
        chosen.out.mkdir(parents=True, exist_ok=True)
        files.check_output(str(chosen.out / "evaluation.json"))
    with Model.load(chosen.model) as model, progress_bar() as show:
        evaluation = evaluate(
            model,
            dataset,
            split=chosen.split,
            known_as={name: known_as for each in chosen.map for name, known_as in each.items()},
            threads=chosen.threads,
            decoders=chosen.decoders,
            batch=chosen.batch,
            progress=show,
        )
    if chosen.json:
        print(evaluation.to_json(), end="")
    else:
        for line in lines(evaluation):
            print(line)
    if chosen.out is not None:
        _write(evaluation, chosen.out)
    for one in evaluation.unreadable:
        report_unreadable(one)
    if evaluation.unreadable:
        print(f"cal: {len(evaluation.unreadable)} images were left out", file=sys.stderr)
        return SOME_FAILED
    return DONE


def _open(chosen: argparse.Namespace) -> Dataset:
    """A folder that nobody split is one test set if all images are asked for."""
    folder = chosen.data.is_dir()
    unsplit = folder and chosen.manifest is None and not (chosen.data / data.MANIFEST).exists()
    if unsplit and chosen.split == "all":
        return data.split(chosen.data, known=(), test=1.0, check=False)
    return data.open(chosen.data, chosen.manifest)


def _write(evaluation: Evaluation, folder: Path) -> None:
    written = evaluation.write(folder)
    if importlib.util.find_spec("matplotlib") is not None:
        written += evaluation.write_figures(folder)
    else:
        print("cal: no figures: they need matplotlib (pip install matplotlib)", file=sys.stderr)
    for path in written:
        print(f"wrote {printable(str(path))}", file=sys.stderr)


def _map(text: str) -> dict[str, str]:
    """CLASS=NAME, or a file of such lines."""
    if "=" in text:
        entries = [text]
    else:
        try:
            entries = file_lines(Path(text))
        except (OSError, UnicodeDecodeError):
            raise argparse.ArgumentTypeError(f"{text!r} is neither CLASS=NAME nor a file") from None
    pairs = {}
    for entry in entries:
        name, equals, known_as = entry.partition("=")
        if not equals or not name.strip():
            raise argparse.ArgumentTypeError(f"{entry!r} is not CLASS=NAME")
        pairs[name.strip()] = known_as.strip()
    return pairs
