"""Engines timed in turn. In a round each has a process of its own, one after the other, so that a
machine that changes its speed changes it for all; so ratios are taken within rounds."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tqdm import tqdm

Setting = TypeVar("Setting", bound=Hashable)
Figures = dict[str, Any]
Round = dict[str, Figures]
"""Figures of each engine's process."""


class Failed(SystemExit):
    """A command that a measurement needs has failed: with what and how."""


class Spread(NamedTuple):
    middle: float
    least: float
    most: float


def measure(
    script: Path, *arguments: object, environment: Mapping[str, str] | None = None
) -> Figures:
    """Of a process, which prints them as a JSON object in its last line."""
    command = [sys.executable, str(script), *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    if done.returncode != 0:  # its own message is above
        raise Failed(f"{' '.join(command)}: exit status {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def interleaved(
    settings: Sequence[Setting],
    engines: Sequence[str],
    rounds: int,
    measure: Callable[[Setting, str], Figures],
) -> dict[Setting, list[Round]]:
    found: dict[Setting, list[Round]] = {setting: [] for setting in settings}
    work = [(s, e) for _ in range(rounds) for s in settings for e in engines]
    for setting, engine in tqdm(work, disable=None):
        if engine == engines[0]:
            found[setting].append({})
        found[setting][-1][engine] = measure(setting, engine)
    return found


def middle(rounds: Sequence[Round], engine: str, key: str) -> float:
    return statistics.median(each[engine][key] for each in rounds)


def ratio(rounds: Sequence[Round], peer: str, engine: str, key: str) -> Spread:
    """The peer's figure over the engine's: the median of the rounds' ratios, and how far those
    reach."""
    found = [each[peer][key] / each[engine][key] for each in rounds]
    return Spread(statistics.median(found), min(found), max(found))
