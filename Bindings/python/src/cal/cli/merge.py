"""`cal merge`: adds up what several updaters observed."""

from __future__ import annotations

import argparse
from typing import Any

from ..updating import Updater
from .exits import DONE
from .update import state


def register(commands: Any) -> None:
    parser = commands.add_parser(
        "merge",
        help="add up what several updaters observed",
        description="Adds what the other states observed to the first one. They stay as they are; "
        "merged twice, their images count twice.",
    )
    parser.add_argument("state", metavar="STATE", help="folder of the state that takes in")
    parser.add_argument("others", metavar="STATE", nargs="+", help="states of the same model")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    with Updater.open(chosen.state) as updater:
        for other in chosen.others:
            updater.merge(other)
        for line in state(updater.status()):
            print(line)
    return DONE
