"""The `cal` command. docs/CLI.md is its manual."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from typing import NoReturn

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


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # argparse's own 2 means "some images failed" here.
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


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
        # The reader of our output is gone, as in `cal ... | head`. Python would complain once
        # more when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except CalError as problem:
        print(f"cal: {problem}", file=sys.stderr)
        return FAILED
    except OSError as problem:
        where = f"{problem.filename}: " if problem.filename else ""
        print(f"cal: {where}{problem.strerror or problem}", file=sys.stderr)
        return FAILED
