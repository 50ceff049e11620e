"""Times loads of a model with a session in one process, and prints a JSON object. Started by
regression.py. What a first load meets is measured by engine.py.

usage: load_engine.py FOLDER TIMES
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cal
from stopwatch import timed


def main() -> None:
    folder, times = sys.argv[1:]

    def load() -> None:
        with cal.Model.load(Path(folder, "model.cal")) as model, model.session(threads=1):
            pass

    print(json.dumps({"least_cpu_ms": timed(load, int(times), 0).least_cpu_ms}))


if __name__ == "__main__":
    main()
