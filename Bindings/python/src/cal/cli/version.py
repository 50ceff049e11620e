"""`cal version`: which package, which library, from where, built how."""

from __future__ import annotations

import argparse
from typing import Any

import cal

from .exits import DONE


def register(commands: Any) -> None:
    parser = commands.add_parser(
        "version", help="show versions", description="Shows the versions of package and library."
    )
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    print(f"package: {cal.__version__}")
    print(f"library: {cal.library_path()}")
    for key, value in cal.build_info().items():
        print(f"{key}: {value}")
    return DONE
