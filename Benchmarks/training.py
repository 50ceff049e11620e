"""A step of CAL's training in libcal and in PyTorch (eager, channels last), fp32.

In a round each engine runs in a process of its own, one after the other. Figures are medians over
rounds, ratios those of the rounds' ratios. Read the ratios: on shared machines milliseconds mean
little, and with one thread the processor's time says most.

usage: training.py [--rounds 5] [--steps 5] [--threads 1,2] [--network small|resnet50] [-o FILE]
"""

from __future__ import annotations

import argparse
from importlib.metadata import version
from pathlib import Path

from common import numbers
from conditions import Conditions
from rounds import Round, interleaved, measure, middle, ratio
from tables import Bar, add_output, publish, table
from training_engine import ENGINES, NETWORKS

ENGINE = Path(__file__).with_name("training_engine.py")
OURS, PEER = ENGINES
HEADER = ["threads", "libcal ms", "PyTorch ms", "PyTorch / libcal"]
HEADER += ["libcal CPU ms", "PyTorch CPU ms", "CPU: PyTorch / libcal"]
HEADER += ["MB above import (libcal, PyTorch)", "peak MB (libcal, PyTorch)"]


def row(threads: int, rounds: list[Round]) -> list[str]:
    cells = [str(threads)]
    for key in ("ms", "processor_ms"):
        cells += [f"{middle(rounds, engine, key):.0f}" for engine in ENGINES]
        cells.append(f"{ratio(rounds, PEER, OURS, key).middle:.2f}")
    for key in ("memory_mb", "peak_mb"):
        cells.append(", ".join(f"{middle(rounds, engine, key):.0f}" for engine in ENGINES))
    return cells


def bars(network: str, results: dict[int, list[Round]]) -> list[Bar]:
    return [
        Bar(f"{network}, threads {threads}", "PyTorch", clock, ratio(rounds, PEER, OURS, key))
        for threads, rounds in results.items()
        for key, clock in (("ms", "time"), ("processor_ms", "processor time"))
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=5, help="timed steps of a process")
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--network", choices=NETWORKS, default="small")
    add_output(parser)
    chosen = parser.parse_args()

    conditions = Conditions()

    def one(threads: int, engine: str) -> dict[str, float]:
        return measure(ENGINE, engine, chosen.network, threads, chosen.steps)

    results = interleaved(chosen.threads, list(ENGINES), chosen.rounds, one)
    batch, shape = NETWORKS[chosen.network]
    heading = (
        f"{conditions} Peer: torch {version('torch')}. Batch {batch}, two views, "
        f"{shape['size']} pixels, {shape['block']} blocks {shape['depths']} of width "
        f"{shape['width']}; {chosen.rounds} rounds of {chosen.steps} steps.\n\n"
    )
    text = heading + table(HEADER, (row(*each) for each in results.items()))
    publish(text, chosen.output, bars(chosen.network, results))


if __name__ == "__main__":
    main()
