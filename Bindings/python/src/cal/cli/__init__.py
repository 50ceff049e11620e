"""The `cal` command. docs/CLI.md is its manual."""

from __future__ import annotations

import argparse
import csv
import errno
import io
import os
import sys
import warnings
from typing import Any, NoReturn

from ..errors import CalError
from . import (
    attribute,
    bench,
    eval,
    import_,
    inspect,
    lineage,
    merge,
    quantize,
    split,
    train,
    update,
    version,
)
from .exits import FAILED, INTERRUPTED, PIPE_CLOSED, USAGE
from .records import printable


class _Parser(argparse.ArgumentParser):
    _is_mixing = False

    def error(self, message: str) -> NoReturn:
        # argparse's own 2 means "some images failed" here.
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {printable(message)}\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """PATHs may stand before and behind options; argparse alone takes the first few for all.
        What follows a -- it must have to itself."""
        if self._subparsers is not None or self._is_mixing or "--" in (args or ()):
            return super().parse_known_args(args, namespace)
        self._is_mixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_mixing = False


def parser() -> argparse.ArgumentParser:
    root = _Parser(
        prog="cal",
        description="Which forgery method made these face images?",
        epilog="Exit status: 0 done; 1 could not do it; 2 done, but some images failed; "
        "64 wrong usage; 130 interrupted.",
    )
    commands = root.add_subparsers(metavar="COMMAND", required=True)
    for module in (
        attribute,
        bench,
        train,
        eval,
        split,
        update,
        merge,
        lineage,
        inspect,
        import_,
        quantize,
        version,
    ):
        module.register(commands)
    return root


def main(arguments: list[str] | None = None) -> int:
    _prepare_streams()
    chosen = parser().parse_args(arguments)
    # Pillow warns of oddities in files that it can read; what it cannot read is reported by us.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        status: int = chosen.run(chosen)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print("cal: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output is gone, as in `cal ... | head`.
        _give_up_stdout()
        return PIPE_CLOSED
    except (CalError, UnicodeError, csv.Error) as problem:
        print(f"cal: {printable(str(problem))}", file=sys.stderr)
        return FAILED
    except OSError as problem:
        if problem.filename is None and problem.errno == errno.ENOSPC:
            _give_up_stdout()
        where = f"{os.fsdecode(problem.filename)}: " if problem.filename else ""
        print(f"cal: {printable(f'{where}{problem.strerror or problem}')}", file=sys.stderr)
        return FAILED


def _prepare_streams() -> None:
    """Any name of a file can be read and written, in every locale; a stream that was closed takes
    in everything and gives nothing."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115  # for good
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding=sys.getfilesystemencoding(), errors="surrogateescape")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")


def _give_up_stdout() -> None:
    """Python would complain once more when it flushes stdout at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
