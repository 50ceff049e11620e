"""What libcal does, shown in a few minutes: methods told apart, and learned.

python demo.py WORLD OUT

WORLD is a folder made by generate.py. Attributes its test images with the model beside this file,
prints how good the answers are and writes OUT/index.html; then trains from random weights, and
takes in a method that arrives later.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import cal
from attributing import attribute
from learning import learn
from updating import update

MODEL = Path(__file__).with_name("model.cal")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("world", metavar="WORLD", type=Path, help="folder made by generate.py")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to write the page to")
    parser.add_argument("--epochs", type=int, default=4, help="to train for (4)")
    chosen = parser.parse_args()
    threads = len(os.sched_getaffinity(0))
    try:
        dataset = cal.data.open(chosen.world / "faces")
        chosen.out.mkdir(parents=True, exist_ok=True)
        attribute(MODEL, dataset, chosen.out / "index.html", threads)
        learn(dataset, chosen.epochs, threads)
        update(MODEL, dataset, chosen.world / "late" / "split.csv", threads)
    except (cal.CalError, OSError) as problem:
        print(f"demo.py: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
