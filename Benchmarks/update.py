"""What field updates cost on synthetic features: taking images in, a preview and a commit.

Every line is measured in a process of its own; times are of one thread, on the clock and of the
processor, and medians over calls of 256 images where there are many. Features are given, so no
network runs. What is cached is a full sample of 64 images for each prototype, and the reservoir.

usage: update.py [--rounds 1] [--images 8192] [--cached 14592,100000] [--prototypes 100,200]
                 [-o FILE]
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from common import numbers
from conditions import Conditions
from rounds import Figures, measure
from tables import add_output, publish, table

ENGINE = Path(__file__).with_name("update_engine.py")
WIDTH = 2048
OBSERVED = 100  # prototypes
KINDS = {
    "explained": "explained, samples full",
    "unexplained": "unexplained, reservoir full",
    "filling": "unexplained, all kept",
}
OBSERVING = [f"{OBSERVED} prototypes, images are", "µs of processor", "µs on the clock"]
OBSERVING += ["µs with a sync for each 256"]
COMMITTING = ["cached images", "prototypes", "births", "preview: CPU s, s", "commit: CPU s, s"]
COMMITTING += ["folder MB", "peak MB"]


def medians(rounds: int, task: str, prototypes: int, images: int) -> Figures:
    found = [measure(ENGINE, task, prototypes, WIDTH, images) for _ in range(rounds)]
    return {key: statistics.median(each[key] for each in found) for key in found[0]}


def observing(images: int, rounds: int) -> str:
    found = medians(rounds, "observe", OBSERVED, images)
    return table(
        OBSERVING,
        (
            [name, *(f"{found[key + kind]:.1f}" for kind in ("_cpu", "", "_synced"))]
            for key, name in KINDS.items()
        ),
    )


def committing(images: int, prototypes: int, rounds: int) -> list[str]:
    found = medians(rounds, "commit", prototypes, images)
    return [
        str(images),
        str(prototypes),
        f"{found['born']:.0f}",
        f"{found['preview_cpu_s']:.1f}, {found['preview_s']:.1f}",
        f"{found['commit_cpu_s']:.1f}, {found['commit_s']:.1f}",
        f"{found['folder_mb']:.0f}",
        f"{found['peak_mb']:.0f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--images", type=int, default=8192, help="timed ones of each kind")
    parser.add_argument("--cached", type=numbers, default=[14592, 100000])
    parser.add_argument("--prototypes", type=numbers, default=[100, 200], help="for each of these")
    add_output(parser)
    chosen = parser.parse_args()
    conditions = Conditions()
    sizes = list(zip(chosen.cached, chosen.prototypes, strict=True))
    observed = observing(chosen.images, chosen.rounds)
    committed = table(COMMITTING, [committing(*size, chosen.rounds) for size in sizes])
    heading = f"{conditions} {WIDTH} features; one thread; {chosen.rounds} rounds.\n\n"
    publish(f"{heading}{observed}\n{committed}", chosen.output)


if __name__ == "__main__":
    main()
