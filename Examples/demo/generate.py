"""Makes a synthetic open-world set: portraits drawn by code, and forgeries of them.

python generate.py OUT [--size 64] [--per-class 240] [--seed 1]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from openworld import OpenWorld
from tqdm import tqdm


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to make")
    parser.add_argument("--size", type=int, default=64, help="pixels a side (64)")
    parser.add_argument("--per-class", type=int, default=240, help="images per class (240)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other people (1)")
    chosen = parser.parse_args()
    try:
        world = OpenWorld(chosen.seed, chosen.size, chosen.per_class)
        with tqdm(unit=" images", disable=None) as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update()

            world.write(chosen.out, show, len(os.sched_getaffinity(0)))
    except (OSError, ValueError) as problem:
        print(f"generate.py: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
