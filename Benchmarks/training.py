"""A step of CAL's training in libcal and in PyTorch (eager, channels last), fp32.

Every figure is the median over rounds; in a round each engine runs in a process of its own, one
after the other. Read the ratios: on shared machines milliseconds mean little. Ratios are medians
of those of the rounds.

usage: training.py [--rounds 5] [--steps 5] [--threads 1,2] [--network small|resnet50] [-o FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from common import machine, numbers
from tqdm import tqdm
from training_engine import ENGINES, NETWORKS

HERE = Path(__file__).parent
KEYS = ("ms", "processor_ms", "memory_mb", "peak_mb")

Figures = dict[str, dict[str, float]]


def measure(engine: str, network: str, threads: int, steps: int) -> dict[str, float]:
    script = str(HERE / "training_engine.py")
    command = [sys.executable, script, engine, network, str(threads), str(steps)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def row(threads: int, rounds: list[Figures]) -> str:
    ours, theirs = (
        {key: statistics.median(r[engine][key] for r in rounds) for key in KEYS}
        for engine in ENGINES
    )
    ratios = {
        key: statistics.median(r["pytorch"][key] / r["libcal"][key] for r in rounds)
        for key in ("ms", "processor_ms")
    }
    return (
        f"| {threads} | {ours['ms']:.0f} | {theirs['ms']:.0f} | {ratios['ms']:.2f} "
        f"| {ours['processor_ms']:.0f} | {theirs['processor_ms']:.0f} "
        f"| {ratios['processor_ms']:.2f} "
        f"| {ours['memory_mb']:.0f}, {theirs['memory_mb']:.0f} "
        f"| {ours['peak_mb']:.0f}, {theirs['peak_mb']:.0f} |"
    )


def table(network: str, results: dict[int, list[Figures]]) -> str:
    batch, shape = NETWORKS[network]
    count = len(next(iter(results.values())))
    lines = [
        f"Machine: {machine()}. Peer: torch {version('torch')}. Batch {batch}, two views, "
        f"{shape['size']} pixels, {shape['block']} blocks {shape['depths']} of width "
        f"{shape['width']}; {count} rounds.",
        "",
        "| threads | libcal ms | PyTorch ms | PyTorch / libcal | libcal CPU ms | PyTorch CPU ms "
        "| CPU ratio | MB above import (libcal, PyTorch) | peak MB (libcal, PyTorch) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join(lines + [row(threads, rounds) for threads, rounds in results.items()]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=5, help="timed steps of a process")
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--network", choices=NETWORKS, default="small")
    parser.add_argument("-o", "--output", type=Path, help="write the table to this file too")
    options = parser.parse_args()

    results: dict[int, list[Figures]] = {threads: [] for threads in options.threads}
    work = [(t, e) for _ in range(options.rounds) for t in options.threads for e in ENGINES]
    for threads, engine in tqdm(work, disable=None):
        if engine == "libcal":
            results[threads].append({})
        figures = measure(engine, options.network, threads, options.steps)
        results[threads][-1][engine] = figures
    text = table(options.network, results)
    print(text)
    if options.output:
        options.output.write_text(text)


if __name__ == "__main__":
    main()
