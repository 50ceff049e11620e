"""Trains and evaluates CAL on a data set, for docs/RESULTS.md: recipes, K known or not, seeds.

usage: results.py DATA OUT [--rows paper-known,...] [--seeds 1,2,3] [--threads 1] [--evaluate]
                  [--swapped]

Each training has a folder OUT/ROW-SEED, and one whose model is there is not made again. Prints a
Markdown table of means over seeds and, behind them, the least and the largest. With --swapped the
known and the novel methods change places, by the manifest OUT/swapped.csv.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cal
import roles
from common import machine, numbers, some_of

NETWORK = ["--network", "resnet18", "--width", "16", "--size", "64", "--small-stem"]
SCHEDULE = ["--batch", "32", "--rate", "1e-3"]
PUBLISHED = ["--recipe", "paper", "--epochs", "30", "--weight-decay", "1e-3", "--decay-epochs"]
PUBLISHED += ["10", "--decay-factor", "0.2", "--pseudo-epoch", "3"]
OWN = ["--epochs", "22"]
UNKNOWN = ["--unknown-k", "--prototypes", "90"]
ROWS = {
    "paper-known": PUBLISHED,
    "paper-unknown": [*PUBLISHED, *UNKNOWN],
    "default-known": OWN,
    "default-unknown": [*OWN, *UNKNOWN],
}


def command(data: Path, folder: Path, row: str, seed: int, threads: int) -> list[str]:
    options = [*NETWORK, *SCHEDULE, *ROWS[row], "--seed", str(seed), "--threads", str(threads)]
    return ["train", str(data), str(folder), "--force", *options]


def seconds(folder: Path) -> float:
    """Of an epoch: the median."""
    with (folder / "history.csv").open(newline="") as file:
        return statistics.median(float(line["seconds"]) for line in csv.DictReader(file))


def measure(folder: Path, dataset: cal.data.Dataset) -> dict[str, float]:
    with cal.Model.load(folder / "model.cal") as model:
        metrics = cal.evaluate(model, dataset).metrics
        count = len(model.prototypes)
    return {
        "All": 100 * metrics.all.acc,
        "Known": 100 * metrics.known.acc,
        "Novel, published": 100 * metrics.novel.acc,
        "Novel, strict": 100 * metrics.strict_novel_acc,
        "NMI": 100 * metrics.all.nmi,
        "AUROC": 100 * (metrics.auroc or 0),
        "K": count,
        "s/epoch": seconds(folder),
    }


def line(row: str, found: Sequence[dict[str, float]]) -> str:
    cells = []
    for key in found[0]:
        values = [figures[key] for figures in found]
        spread = f" ({min(values):.1f} to {max(values):.1f})" if len(values) > 1 else ""
        cells.append(f"{statistics.mean(values):.1f}{spread}")
    return f"| {row} | {len(found)} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--rows", type=some_of(ROWS), default=list(ROWS), help="some of: " + ", ".join(ROWS)
    )
    parser.add_argument("--seeds", type=numbers, default=[1, 2, 3])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--swapped", action="store_true", help="known and novel change places")
    parser.add_argument("--evaluate", action="store_true", help="what is there; train nothing")
    chosen = parser.parse_args()

    dataset = cal.data.open(chosen.data)
    manifest: list[str] = []
    if chosen.swapped:
        dataset = roles.swapped(dataset)
        chosen.out.mkdir(parents=True, exist_ok=True)
        dataset.write(chosen.out / "swapped.csv")
        manifest = ["--manifest", str(chosen.out / "swapped.csv")]
    lines: list[str] = []
    header: list[str] = []
    for row in chosen.rows:
        found = []
        for seed in chosen.seeds:
            folder = chosen.out / f"{row}-{seed}"
            arguments = command(chosen.data, folder, row, seed, chosen.threads) + manifest
            print("cal", *arguments, file=sys.stderr, flush=True)
            if not (folder / "model.cal").is_file() and not chosen.evaluate:
                subprocess.run([sys.executable, "-m", "cal", *arguments], check=True)
            if (folder / "model.cal").is_file():
                found.append(measure(folder, dataset))
        if found:
            header = list(found[0])
            lines.append(line(row, found))
    print(f"Machine: {machine()}, {chosen.threads} thread(s).\n")
    print("| | seeds | " + " | ".join(header) + " |")
    print("|---" * (len(header) + 2) + "|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
