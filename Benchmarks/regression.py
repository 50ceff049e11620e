"""Has anything become slower? Times the library of this tree beside that of another revision.

Both run in turn, each time in a process of its own with the Python package of its revision, and
what counts is the ratio of the processor's time in each pair. A case that is slower by more than
the limit, beyond its spread (regression_rule.py), is named, and the exit status is 1. It is 2 if
that could not be found out.

usage: regression.py [--base REF | --library FILE] [--only load,...] [--pairs 9] [--quick]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import regression_base as base
from common import some_of
from conditions import Conditions
from regression_base import PRESENT, Library
from regression_rule import LIMIT, PAIRS, Verdict, interval, verdict
from rounds import Failed, Figures, measure
from tables import table
from tqdm import tqdm

HERE = Path(__file__).parent
FOLDER = "FOLDER"
"""Stands for the one with the model."""


class Case(NamedTuple):
    name: str
    command: list[object]
    """A script of this folder, and its arguments."""
    quick: list[object]
    """The same for --quick."""
    key: str
    """Of the figure that is compared: the least of a process, which varies less than a median where
    others use the machine."""


def preprocessing(repeats: int) -> list[object]:
    return ["preprocess.py", "--engine", json.dumps(["libcal", [1920, 1080], 256, repeats])]


CASES = (
    Case(
        "inference-1",
        ["engine.py", "libcal", FOLDER, 1, 1, 5, 1.5],
        ["engine.py", "libcal", FOLDER, 1, 1, 3, 0],
        "least_cpu_ms",
    ),
    Case(
        "inference-8",
        ["engine.py", "libcal", FOLDER, 1, 8, 3, 1.5],
        ["engine.py", "libcal", FOLDER, 1, 8, 1, 0],
        "least_cpu_ms",
    ),
    Case("load", ["load_engine.py", FOLDER, 6], ["load_engine.py", FOLDER, 2], "least_cpu_ms"),
    Case(
        "training-step",
        ["training_engine.py", "libcal", "small", 1, 5],
        ["training_engine.py", "libcal", "small", 1, 2],
        "least_processor_ms",
    ),
    Case(
        "update-commit",
        ["update_engine.py", "commit", 50, 512, 6000, 3],
        ["update_engine.py", "commit", 20, 128, 2000, 2],
        "commit_cpu_s",
    ),
    Case("preprocessing", preprocessing(30), preprocessing(5), "least_cpu_ms"),
)
NAMES = [case.name for case in CASES]

Measure = Callable[[Case, Library], Figures]


def paired(
    cases: Sequence[Case], older: Library, newer: Library, pairs: int, measure: Measure
) -> dict[str, list[float]]:
    """Ratios newer / older of each case. Who is first changes from pair to pair, so that a
    machine that gets slower, or faster, favours neither."""
    ratios: dict[str, list[float]] = {case.name: [] for case in cases}
    for pair, case in tqdm([(p, c) for p in range(pairs) for c in cases], disable=None):
        if pair % 2 == 0:
            under, over = measure(case, older), measure(case, newer)
        else:
            over, under = measure(case, newer), measure(case, older)
        ratios[case.name].append(over[case.key] / under[case.key])
    return ratios


def judge(ratios: dict[str, list[float]], limit: float) -> tuple[str, list[str]]:
    """A table, and the cases that are slower."""
    rows, slower = [], []
    for name, each in ratios.items():
        found = interval(each)
        said = verdict(found, limit)
        slower += [name] if said is Verdict.SLOWER else []
        span = f"{found.least:.3f} to {found.most:.3f}"
        rows.append([name, str(len(each)), f"{found.middle:.3f}", span, said])
    return table(
        ["case", "pairs", "CPU: here / base", "interval of the median", "here"], rows
    ), slower


def pairs(text: str) -> int:
    if not PAIRS <= (found := int(text)) <= 1000:
        raise argparse.ArgumentTypeError(f"{found} pairs must be {PAIRS} to 1000")
    return found


def able(cases: Sequence[Case], older: Library, measure: Measure) -> list[Case]:
    """Those that the base can run: it may be from before a function was added."""
    found = []
    for case in cases:
        try:
            measure(case, older)
            found.append(case)
        except Failed as problem:
            print(f"left out, because the base cannot run it: {case.name}: {problem}")
    return found


def check(chosen: argparse.Namespace) -> int:
    if chosen.library:
        older, name = Library(chosen.library.resolve(), PRESENT.package), str(chosen.library)
    else:
        id = base.commit(chosen.base or None)
        older, name = base.build(id), base.git("log", "-1", "--format=%h %s", id)
    conditions = Conditions()
    with tempfile.TemporaryDirectory() as folder:
        # By the older one: what it writes, the newer one reads too.
        command = [sys.executable, str(HERE / "network.py"), str(Path(folder, "model.cal"))]
        if subprocess.run(command, env=older.environment()).returncode != 0:
            raise Failed(f"{older.file} with {older.package} could not make a model")

        def one(case: Case, library: Library) -> Figures:
            script, *arguments = case.quick if chosen.quick else case.command
            filled = [folder if argument is FOLDER else argument for argument in arguments]
            return measure(HERE / str(script), *filled, environment=library.environment())

        cases = able([case for case in CASES if case.name in chosen.only], older, one)
        if not cases:
            raise Failed("nothing is left to compare")
        ratios = paired(cases, older, PRESENT, chosen.pairs, one)
    text, slower = judge(ratios, chosen.limit)
    print(f"Base: {name}. {conditions}\n\n{text}")
    if Verdict.UNCLEAR in text:
        print(f"{Verdict.UNCLEAR}: run it again, with more pairs")
    for each in slower:
        print(f"{each} is slower than {chosen.limit} times the base", file=sys.stderr)
    return 1 if slower else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--base", help="revision; default: where this branch left main, or HEAD~1")
    other.add_argument("--library", type=Path, help="a library that is there, in its place")
    parser.add_argument(
        "--only", type=some_of(NAMES), default=NAMES, help=f"some of {','.join(NAMES)}"
    )
    parser.add_argument("--pairs", type=pairs, default=9)
    parser.add_argument("--limit", type=float, default=LIMIT, help=f"({LIMIT})")
    parser.add_argument("--quick", action="store_true", help="little work in each process")
    try:
        return check(parser.parse_args())
    except Failed as problem:
        print(problem, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
