"""`cal attribute`: which method made each of these images?"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, TextIO

from .. import _structs as s
from .._options import Options
from ..model import Model
from ..results import Attribution
from ..session import BATCH, Session
from . import files, resume
from .arguments import add_decoders, add_file_options, add_threads, factor, positive, threshold
from .exits import DONE, FAILED, SOME_FAILED
from .faces import Faces
from .progress_bar import progress_bar, say
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
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with FILE where a run that was stopped left it",
    )
    parser.add_argument("--force", action="store_true", help="replace FILE if it is there")
    parser.add_argument("--top", type=positive, default=3, help="prototypes to rank (3)")
    add_threads(parser)
    add_decoders(parser)
    parser.add_argument(
        "--precision",
        choices=list(s.PRECISIONS),
        default="auto",
        help="of the network (the model's default)",
    )
    parser.add_argument("--batch", type=positive, default=BATCH, help=f"images a call ({BATCH})")
    parser.add_argument("--known-threshold", type=threshold, help="0 to 1; 0 is none")
    parser.add_argument("--novel-threshold", type=threshold, help="0 to 1; 0 is none")
    parser.add_argument(
        "--faces", metavar="CSV", help="face boxes: lines of path,x,y,width,height in pixels"
    )
    parser.add_argument("--face-margin", type=factor, help="the boxes grow by this factor (1.2)")
    add_file_options(parser)
    parser.set_defaults(run=run, wrong_usage=parser.error)


def run(chosen: argparse.Namespace) -> int:
    if chosen.resume and not (chosen.output and (chosen.csv or chosen.jsonl)):
        chosen.wrong_usage("--resume needs -o FILE, and --csv or --jsonl")
    _check_output(chosen)
    boxes = Faces(chosen.faces)
    options: Options = {
        "top": chosen.top,
        "known_threshold": chosen.known_threshold,
        "novel_threshold": chosen.novel_threshold,
        "face_margin": chosen.face_margin,
        "exif": chosen.exif_orientation,
    }
    paths: Iterable[str] = boxes.watch(files.expand(chosen.paths, chosen.all_files))
    bar = _wants_bar(chosen)
    if bar and "-" not in chosen.paths:
        paths = list(paths)  # a bar shows how much is left
    with (
        Model.load(chosen.model) as model,
        model.session(chosen.threads, precision=chosen.precision) as session,
    ):
        kept = _kept(chosen, model, session, boxes, options) if chosen.resume else resume.Kept()
        images, named = itertools.tee(kept.left(paths))
        total = len(paths) if isinstance(paths, list) else 0
        with progress_bar(kept.count, total, shown=bar) as show:
            results = session.stream(
                images,
                faces=(boxes.of(path) for path in named),
                batch=chosen.batch,
                decoders=chosen.decoders,
                **options,
            )
            status = _write(results, chosen, model, lambda done: show(done, total), kept)
    unmet = [f"cal: {printable(f'{boxes.path}: {sentence}')}" for sentence in boxes.unmet()]
    for line in unmet:
        say(line)
    return SOME_FAILED if unmet and status == DONE else status


def _check_output(chosen: argparse.Namespace) -> None:
    """Nothing is written over that is not meant to be: the model, evidence, an earlier result."""
    path = chosen.output
    if path is None:
        return
    if not (chosen.resume and os.path.exists(path)):  # of what is there, it says more
        files.check_output(path)
    if not os.path.isfile(path) or chosen.resume:
        return
    if os.path.exists(chosen.model) and os.path.samefile(path, chosen.model):
        raise OSError(0, "is the model", path)
    if os.path.getsize(path) and not chosen.force:
        raise OSError(0, "is there already: --resume goes on with it, --force replaces it", path)
    files.check_spares(path, files.given(chosen.paths, chosen.all_files))


def _kept(
    chosen: argparse.Namespace,
    model: Model,
    session: Session,
    boxes: Faces,
    options: Options,
) -> resume.Kept:
    """What the output file holds already, if this run would have written it."""
    form = resume.rows(chosen.top) if chosen.csv else resume.jsonl()

    def again(paths: list[str]) -> Iterator[tuple[Attribution, str]]:
        faces = [boxes.of(path) for path in paths]
        for result in session.stream(paths, faces=faces, **options):
            text = io.StringIO()
            _writer(chosen, model, text, begun=True).write(result)
            yield result, text.getvalue()

    kept = resume.look(chosen.output, form, model.sha256)
    resume.check(chosen.output, form, kept, again)
    return kept


def _write(
    results: Iterator[Attribution],
    chosen: argparse.Namespace,
    model: Model,
    show: Callable[[int], None],
    kept: resume.Kept,
) -> int:
    done, failed = kept.count, kept.failed
    # A file is opened for its first record: a run that has none leaves what is there alone.
    first = list(itertools.islice(results, 1))
    if not first and not done:
        say("cal: no images found")
        return FAILED
    with _output(chosen.output, kept.end) as out:
        writer = _writer(chosen, model, out, kept.end > 0)
        for result in itertools.chain(first, results):
            writer.write(result)
            done += 1
            show(done)
            if not result.ok:
                failed += 1
                say(files.failed(result.source, result.error, result.status))
    if failed:
        say(f"cal: {failed} of {done} images failed")
        return SOME_FAILED
    return DONE


def _writer(chosen: argparse.Namespace, model: Model, out: TextIO, begun: bool) -> Writer:
    if chosen.jsonl:
        return JSONLines(out)
    if chosen.csv:
        return CSV(out, chosen.top, model.sha256, begun)
    return Table(out)


@contextlib.contextmanager
def _output(path: str | None, kept: int) -> Iterator[TextIO]:
    """stdout, or the file, whose first `kept` bytes stay."""
    if path is None:
        yield sys.stdout
        return
    if kept:
        os.truncate(path, kept)
    try:
        # By lines: a process that is killed loses no record that was made.
        mode: Literal["a", "w"] = "a" if kept else "w"
        with open(path, mode, encoding="utf-8", newline="", buffering=1) as file:
            yield file
    except OSError as problem:
        if problem.filename is None:  # of writing
            problem.filename = path
        raise


def _wants_bar(chosen: argparse.Namespace) -> bool:
    """Where someone watches, and the results themselves do not go to the same screen."""
    return sys.stderr.isatty() and (chosen.output is not None or not sys.stdout.isatty())
