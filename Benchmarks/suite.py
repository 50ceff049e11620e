"""All benchmarks, one after the other, and one page of what they found: OUT/PERFORMANCE.md with
OUT/ratios.svg. A part whose peers cannot be installed, or that fails, says so there.

The page is written anew after each part.

usage: suite.py [--quick] [--only inference,training] [--out build/bench]
"""

from __future__ import annotations

import argparse
import datetime
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import cal
import plot
from common import some_of
from conditions import Conditions
from tables import Bar, read_bars

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).parent
PLOT = "ratios.svg"


class Part(NamedTuple):
    title: str
    command: str
    """A script of this folder, and its arguments; it takes -o as tables.add_output has it."""
    quick: str
    """Arguments instead, for a few minutes in all."""
    peers: str = ""
    """A file of this folder for pip, if there is one."""


PARTS = {
    "inference": Part(
        "Full CAL ResNet-50, 256 pixels, fp32; load and memory",
        "compare.py",
        "--rounds 2 --repeats 3 --seconds 1",
        "requirements.txt",
    ),
    "int8": Part(
        "Full CAL ResNet-50, 256 pixels, int8",
        "int8.py",
        "--rounds 2 --repeats 3 --seconds 1",
        "requirements.txt",
    ),
    "training": Part(
        "A step of training, small network",
        "training.py",
        "--rounds 2 --steps 3 --threads 1",
        "requirements-training.txt",
    ),
    "training-resnet50": Part(
        "A step of training, ResNet-50",
        "training.py --network resnet50 --rounds 3 --steps 2",
        "--network resnet50 --rounds 1 --steps 1 --threads 1",
        "requirements-training.txt",
    ),
    "preprocess": Part(
        "Preprocessing",
        "preprocess.py",
        "--rounds 2 --repeats 10 --photos 1920x1080",
        "requirements-preprocess.txt",
    ),
    "folder": Part("Many images", "folder.py --images 2000", "--images 500"),
    "update": Part("Field updates", "update.py", "--images 2048 --cached 7296 --prototypes 50"),
}


class Outcome(NamedTuple):
    command: str
    """As one types it in the root folder."""
    text: str
    """Tables, or why there are none."""
    bars: list[Bar]
    status: int


def install(requirements: str) -> str:
    """What went wrong, or nothing."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*command, "-r", str(HERE / requirements)], capture_output=True, text=True
    )
    lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    return lines[-1] if done.returncode else ""


def without_tables(command: str, reason: str, status: int) -> Outcome:
    print(reason, flush=True)
    return Outcome(command, reason + "\n", [], status)


def measure(name: str, part: Part, quick: bool, out: Path) -> Outcome:
    script, *usual = shlex.split(part.command)
    arguments = shlex.split(part.quick) if quick else usual
    shown = shlex.join([".venv/bin/python", f"Benchmarks/{script}", *arguments])
    if part.peers and (problem := install(part.peers)):
        reason = f"Left out: Benchmarks/{part.peers} could not be installed: {problem}"
        return without_tables(shown, reason, 0)
    table = out / f"{name}.md"
    figures = table.with_suffix(".json")
    for old in (table, figures):
        old.unlink(missing_ok=True)
    command = [sys.executable, str(HERE / script), *arguments, "-o", str(table)]
    status = subprocess.run(command, cwd=ROOT).returncode
    if status != 0 or not table.exists():
        return without_tables(shown, f"Failed: exit status {status}.", 1)
    return Outcome(shown, table.read_text(), read_bars(figures) if figures.exists() else [], 0)


def page(outcomes: Mapping[str, Outcome], heading: str) -> Iterator[str]:
    yield f"# Measured performance\n\n{heading}\n"
    if any(outcome.bars for outcome in outcomes.values()):
        yield f"\n![The peers' times over libcal's, with lines at 1 and {plot.GOAL}]({PLOT})\n"
    for name, outcome in outcomes.items():
        yield f"\n## {PARTS[name].title}\n\n```sh\n{outcome.command}\n```\n\n{outcome.text}"


def write(outcomes: Mapping[str, Outcome], heading: str, out: Path) -> Path:
    bars = {PARTS[name].title: outcome.bars for name, outcome in outcomes.items() if outcome.bars}
    if bars:
        plot.draw(bars, out / PLOT)
    written = out / "PERFORMANCE.md"
    written.write_text("".join(page(outcomes, heading)))
    return written


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a few minutes")
    parser.add_argument(
        "--only", type=some_of(PARTS), default=list(PARTS), help=f"some of {','.join(PARTS)}"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "build/bench")
    chosen = parser.parse_args()
    out = chosen.out.resolve()
    out.mkdir(parents=True, exist_ok=True)

    info, conditions, begin = cal.build_info(), Conditions(), time.monotonic()
    outcomes: dict[str, Outcome] = {}
    for name in chosen.only:
        print(f"\n== {PARTS[name].title}", flush=True)
        outcomes[name] = measure(name, PARTS[name], chosen.quick, out)
        heading = (
            f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC, libcal {info['version']}, "
            f"{info['source']}, {(time.monotonic() - begin) / 60:.0f} minutes. {conditions}"
        )
        written = write(outcomes, heading, out)
    print(f"\n{written}")
    return max(outcome.status for outcome in outcomes.values())


if __name__ == "__main__":
    sys.exit(main())
