"""What field updates cost on synthetic features: taking images in, a preview and a commit.

Every line is measured in a process of its own; times are of one thread, on the clock and of the
processor, and medians over calls of 256 images where there are many. Features are given, so no
network runs. What is cached is a full sample of 64 images for each prototype, and the reservoir.

usage: update.py [--rounds 1] [--images 8192] [--cached 14592,100000] [--prototypes 100,200]
                 [-o FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

from common import machine, numbers, publish

ENGINE = Path(__file__).with_name("update_engine.py")
WIDTH = 2048


def measure(task: str, prototypes: int, images: int, rounds: int) -> dict[str, float]:
    """The median of each figure over rounds."""
    command = [sys.executable, str(ENGINE), task, str(prototypes), str(WIDTH), str(images)]
    found = []
    for _ in range(rounds):
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found.append(json.loads(output.splitlines()[-1]))
    return {key: statistics.median(each[key] for each in found) for key in found[0]}


def observing(images: int, rounds: int) -> list[str]:
    found = measure("observe", 100, images, rounds)
    names = {
        "explained": "explained, samples full",
        "unexplained": "unexplained, reservoir full",
        "filling": "unexplained, all kept",
    }
    lines = [
        "| 100 prototypes, images are | µs of processor | µs | µs with a sync for each 256 |",
        "|---|---|---|---|",
    ]
    return lines + [
        f"| {name} | {found[key + '_cpu']:.1f} | {found[key]:.1f} | {found[key + '_synced']:.1f} |"
        for key, name in names.items()
    ]


def committing(sizes: list[tuple[int, int]], rounds: int) -> list[str]:
    lines = [
        "| cached images | prototypes | births | preview: CPU s, s | commit: CPU s, s "
        "| folder MB | peak MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for images, prototypes in sizes:
        found = measure("commit", prototypes, images, rounds)
        lines.append(
            f"| {images} | {prototypes} | {found['born']:.0f} "
            f"| {found['preview_cpu_s']:.1f}, {found['preview_s']:.1f} "
            f"| {found['commit_cpu_s']:.1f}, {found['commit_s']:.1f} "
            f"| {found['folder_mb']:.0f} | {found['peak_mb']:.0f} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--images", type=int, default=8192, help="timed ones of each kind")
    parser.add_argument("--cached", type=numbers, default=[14592, 100000])
    parser.add_argument("--prototypes", type=numbers, default=[100, 200], help="for each of these")
    parser.add_argument("-o", "--output", type=Path, help="write the tables to this file too")
    options = parser.parse_args()
    sizes = list(zip(options.cached, options.prototypes, strict=True))
    heading = f"Machine: {machine()}. {WIDTH} features; one thread; {options.rounds} rounds."
    lines = [heading, "", *observing(options.images, options.rounds), ""]
    lines += committing(sizes, options.rounds)
    publish("\n".join(lines) + "\n", options.output)


if __name__ == "__main__":
    main()
