"""`cal update`: takes images in, and makes the next epoch of the prototypes."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..errors import CalError, Status, error
from ..model import Model
from ..results import Attribution
from ..updating import Updater
from . import files
from .arguments import add_decoders, add_threads, count, positive, share
from .exits import DONE, SOME_FAILED
from .progress_bar import progress_bar, say
from .records import printable

LABELS = 256
"""Images that are told of at once."""


def register(commands: Any) -> None:
    parser = commands.add_parser(
        "update",
        help="take images in and find new methods",
        description="Takes images into the state of a model's updates, and says what was found. "
        "The folder STATE is made if there is none.",
    )
    parser.add_argument("model", metavar="MODEL", help="model file that the state is of")
    parser.add_argument("state", metavar="STATE", help="folder of the state")
    parser.add_argument("paths", metavar="PATH", nargs="*", help="image, folder or -")
    made = parser.add_mutually_exclusive_group()
    made.add_argument("--commit", metavar="OUT", help="make the next epoch, and write its model")
    made.add_argument("--preview", action="store_true", help="say what a commit would do")
    parser.add_argument("--report", metavar="HTML", help="write what a commit did as a page")
    parser.add_argument("--json", action="store_true", help="the report as one line of JSON")
    parser.add_argument("--name", metavar="ID=NAME", action="append", default=[], type=_label)
    parser.add_argument("--assign", metavar="ID=ID", action="append", default=[], type=_pair)
    parser.add_argument(
        "--label",
        metavar="METHOD",
        type=_method,
        help="the images are of this method: a name, or #ID for that of a prototype",
    )
    parser.add_argument("--rollback", metavar="EPOCH", type=count, help="go back to a kept epoch")
    parser.add_argument("--founders", type=positive, default=10, help="images of a method (10)")
    parser.add_argument("--known-loss", type=share, default=0.01, help="allowed at most (0.01)")
    parser.add_argument("--seed", type=count, default=0, help="of a new state's samples (0)")
    add_threads(parser)
    add_decoders(parser)
    parser.add_argument("--salvage", action="store_true", help="open a damaged state")
    parser.set_defaults(run=run, wrong_usage=parser.error)


def run(chosen: argparse.Namespace) -> int:
    if chosen.label is not None and not chosen.paths:
        chosen.wrong_usage("--label needs images")
    # A commit cannot be taken back because its model or page cannot be written.
    for output in filter(None, (chosen.commit, chosen.report)):
        files.check_output(output)
        files.check_spares(output, files.given(chosen.paths, False))
    write_page = _page_writer(chosen.report) if chosen.report else None
    with _open(chosen) as updater:
        if chosen.rollback is not None:
            updater.rollback(chosen.rollback)
        for id, name in chosen.name:
            updater.name(id, name)
        for id, into in chosen.assign:
            updater.assign(id, into)
        sources, failed = _observe(chosen, updater)
        before = updater.model
        report = None
        if chosen.commit or chosen.preview or chosen.report:
            options = {"founders": chosen.founders, "known_loss": chosen.known_loss}
            made = updater.commit if chosen.commit else updater.preview
            report = made(**options)
        after = updater.model if chosen.commit else None
        try:
            if after is not None:
                after.save(chosen.commit)
            if report is not None and write_page is not None:
                write_page(Path(chosen.report), report, before, after, sources)
        except (CalError, OSError):
            if after is not None and report is not None:
                epoch = report["epoch"]
                where = printable(str(Path(chosen.state, f"epoch-{epoch}.cal")))
                say(f"cal: epoch {epoch} is made; its model is {where}")
            raise
        if chosen.json:
            print(json.dumps(report or updater.status(), ensure_ascii=False))
        else:
            for line in told(report) if report else state(updater.status()):
                print(line)
    return SOME_FAILED if failed else DONE


def _page_writer(path: str) -> Callable[..., None]:
    try:
        from .update_page import write_page  # Jinja2 is an extra
    except ModuleNotFoundError as problem:
        raise OSError(0, f"needs {problem.name} (pip install {problem.name})", path) from None
    return write_page


def _open(chosen: argparse.Namespace) -> Updater:
    with Model.load(chosen.model) as model:
        if not Path(chosen.state, "snapshot").exists():
            if os.path.isdir(chosen.state) and os.listdir(chosen.state):
                raise OSError(
                    0,
                    "is no state, and not empty: a new one needs a folder of its own",
                    chosen.state,
                )
            return Updater.create(model, chosen.state, seed=chosen.seed)
        updater = Updater.open(chosen.state, salvage=chosen.salvage)
        kept = [entry["model"] for entry in updater.history()]
        if model.sha256 not in kept:
            updater.close()
            raise error(Status.ARGUMENT, f"{chosen.state} is of another model than {chosen.model}")
        return updater


def _observe(chosen: argparse.Namespace, updater: Updater) -> tuple[dict[str, str], int]:
    """Files by the digest of their pixels, if a page is to show them, and how many could not be
    used. No answer is kept: there may be more images than fit into memory."""
    found: Iterable[str] = files.expand(chosen.paths, False)
    if sys.stderr.isatty() and "-" not in chosen.paths:
        found = list(found)  # a bar shows how much is left
    images, named = (found, found) if isinstance(found, list) else itertools.tee(found)
    sources: dict[str, str] = {}
    failed = 0
    label = _Label(updater, chosen.label) if chosen.label is not None else None
    with progress_bar() as show:
        results = updater.stream(
            images,
            threads=chosen.threads,
            decoders=chosen.decoders,
            progress=show,
            features=label is not None,
        )
        for path, result in zip(named, results, strict=True):
            if not result.ok:
                failed += 1
                say(files.failed(result.source, result.error, result.status))
                continue
            if chosen.report:
                sources.setdefault(result.pixels_sha256 or "", path)
            if label is not None:
                label.add(result)
    if label is not None:
        label.end()
    return sources, failed


class _Label:
    """Says of images that they are of a method, some at a time."""

    def __init__(self, updater: Updater, method: int | str) -> None:
        self._updater = updater
        self._method = method
        self._features: dict[str, Any] = {}  # by the digest of the pixels
        self._any = False

    def add(self, result: Attribution) -> None:
        self._features[result.pixels_sha256 or ""] = result.features
        if len(self._features) >= LABELS:
            self._tell()

    def end(self) -> None:
        if self._features:
            self._tell()
        if not self._any:
            raise error(Status.ARGUMENT, f"no image can be used to say what {self._method} is")

    def _tell(self) -> None:
        self._updater.label(list(self._features), self._method, list(self._features.values()))
        self._features.clear()
        self._any = True


def state(status: dict[str, Any]) -> list[str]:
    return [
        f"epoch       {status['epoch']}, model {status['model']}",
        f"seen        {status['seen']} images since the last commit, "
        f"{status['unexplained']} unexplained",
        f"reservoir   {status['reservoir']} of {status['reservoir_capacity']} images",
    ]


def told(report: dict[str, Any]) -> list[str]:
    """A report on a commit, for reading."""
    lines = [
        f"epoch {report['from_epoch']} -> {report['epoch']}: {report['seen']} images seen, "
        f"{report['unexplained']} unexplained, {report['methods']} methods"
    ]
    for born in report["born"]:
        name = f" {printable(born['name'])}" if born["name"] else ""
        lines.append(
            f"born     {born['id']}{name}: {born['images']} images, {born['founders']}+ founders"
        )
    for gone in report["retired"]:
        lines.append(f"retired  {gone['id']}, merged into {gone['merged_into']}: {gone['reason']}")
    for named in report["renamed"]:
        lines.append(f"renamed  {named['id']}: {printable(named['to'])}")
    known = report["known"]
    lines.append(
        f"known    {known['after']} of {known['images']} {known['source']} images have their "
        f"answer, before {known['before']}"
    )
    return lines


def _label(text: str) -> tuple[int, str]:
    id, sign, name = text.partition("=")
    if not sign or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not ID=NAME")
    return count(id), name


def _method(text: str) -> int | str:
    return count(text[1:]) if text.startswith("#") else text


def _pair(text: str) -> tuple[int, int]:
    id, sign, into = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text!r} is not ID=ID")
    return count(id), count(into)
