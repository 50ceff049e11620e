"""`cal attribute`: which method made each of these images?"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import sys
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from tqdm import tqdm

from ..errors import Status
from ..model import Model
from ..results import Attribution
from ..session import BATCH
from . import files
from .arguments import count, factor, positive, processors, threshold
from .exits import DONE, FAILED, SOME_FAILED
from .records import CSV, JSONLines, Table, Writer, printable


def register(commands: Any) -> None:
    parser = commands.add_parser(
        "attribute",
        help="say which method made each image",
        description="Says which method made each image. Folders are searched with their "
        "subfolders, in sorted order; - reads a list of paths, one per line, from stdin.",
    )
    parser.add_argument("model", metavar="MODEL", help="model file")
    parser.add_argument("paths", metavar="PATH", nargs="+", help="image, folder or -")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--jsonl", action="store_true", help="one JSON report per line")
    form.add_argument("--csv", action="store_true", help="comma-separated values")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there, not to stdout")
    parser.add_argument("--top", type=positive, default=3, help="prototypes to rank (3)")
    parser.add_argument(
        "--threads", type=positive, default=processors(), help="of the network (all processors)"
    )
    parser.add_argument(
        "--decoders", type=count, default=2, help="threads that read images ahead (2)"
    )
    parser.add_argument("--batch", type=positive, default=BATCH, help=f"images a call ({BATCH})")
    parser.add_argument("--known-threshold", type=threshold, help="0 to 1; 0 is none")
    parser.add_argument("--novel-threshold", type=threshold, help="0 to 1; 0 is none")
    parser.add_argument(
        "--faces", metavar="CSV", help="face boxes: lines of path,x,y,width,height in pixels"
    )
    parser.add_argument("--face-margin", type=factor, help="the boxes grow by this factor (1.2)")
    parser.add_argument(
        "--exif-orientation", action="store_true", help="turn images as their EXIF says"
    )
    parser.add_argument(
        "--all-files", action="store_true", help="try every file in folders, whatever its suffix"
    )
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    boxes = files.read_faces(chosen.faces) if chosen.faces else {}
    paths: Iterable[str] = files.expand(chosen.paths, chosen.all_files)
    bar = _wants_bar(chosen)
    if bar and "-" not in chosen.paths:
        paths = list(paths)  # a bar shows how much is left
    images, named = itertools.tee(paths)
    with (
        Model.load(chosen.model) as model,
        model.session(chosen.threads) as session,
        _output(chosen.output) as out,
        tqdm(
            total=len(paths) if isinstance(paths, list) else None,
            unit=" images",
            file=sys.stderr,
            disable=not bar,
        ) as progress,
    ):
        results = session.stream(
            images,
            faces=(boxes.get(path) for path in named),
            batch=chosen.batch,
            decoders=chosen.decoders,
            top=chosen.top,
            known_threshold=chosen.known_threshold,
            novel_threshold=chosen.novel_threshold,
            face_margin=chosen.face_margin,
            exif=chosen.exif_orientation,
        )
        return _write(results, _writer(chosen, model, out), progress)


def _write(results: Iterator[Attribution], writer: Writer, progress: Any) -> int:
    done = failed = 0
    for result in results:
        writer.write(result)
        progress.update()
        done += 1
        if not result.ok:
            failed += 1
            name = Status.name_of(result.status)
            line = f"cal: {printable(result.source or '')}: {printable(result.error)} ({name})"
            progress.write(line, file=sys.stderr)
    if failed:
        progress.write(f"cal: {failed} of {done} images failed", file=sys.stderr)
        return SOME_FAILED
    if not done:
        progress.write("cal: no images found", file=sys.stderr)
        return FAILED
    return DONE


def _writer(chosen: argparse.Namespace, model: Model, out: TextIO) -> Writer:
    if chosen.jsonl:
        return JSONLines(out)
    if chosen.csv:
        return CSV(out, chosen.top, model.sha256)
    return Table(out)


@contextlib.contextmanager
def _output(path: str | None) -> Iterator[TextIO]:
    if path is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # reports are UTF-8 in every locale
        yield sys.stdout
    else:
        with open(path, "w", encoding="utf-8", newline="") as file:
            yield file


def _wants_bar(chosen: argparse.Namespace) -> bool:
    """Where someone watches, and the results themselves do not go to the same screen."""
    return sys.stderr.isatty() and (chosen.output is not None or not sys.stdout.isatty())
