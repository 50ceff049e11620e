#!/usr/bin/env python3
"""Runs every test of libcal; the last line is "N passed, N failed".

Three runners, each with its own output: swift-testing for the modules and the ABI through the
header, pytest for C and C++ programs, examples and documents, pytest for the Python package.
Each leaves an xUnit file, and the counts are added up from those. A runner that fails without
saying which test it was (it could not build, say) counts as one failure.
"""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "results"


class Counts(NamedTuple):
    passed: int = 0
    failed: int = 0
    skipped: int = 0


def run(name: str, command: list[str]) -> Counts:
    report = RESULTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    print(f"== {name}: {' '.join(command)}", flush=True)
    status = subprocess.run([part.format(report=report) for part in command], cwd=ROOT).returncode
    try:
        counts = read(report)
    except (FileNotFoundError, ET.ParseError):  # it ended before it had written everything
        counts = Counts(failed=1)
    if status != 0 and counts.failed == 0:
        counts = counts._replace(failed=1)
    return counts


def read(report: Path) -> Counts:
    cases = list(ET.parse(report).iter("testcase"))

    def having(*kinds: str) -> int:
        return sum(any(case.find(kind) is not None for kind in kinds) for case in cases)

    failed, skipped = having("failure", "error"), having("skipped")
    return Counts(len(cases) - failed - skipped, failed, skipped)


def main() -> int:
    RESULTS.mkdir(parents=True, exist_ok=True)
    pytest = [sys.executable, "-m", "pytest", "-q", "-rs", "--junitxml={report}"]
    runners = {
        "swift": ["swift", "test", "--disable-xctest", "--xunit-output", "{report}"],
        "programs": [*pytest, "Tests"],
        "python": [*pytest, "Bindings/python"],
    }
    counts = [run(name, command) for name, command in runners.items()]

    passed, failed, skipped = (sum(column) for column in zip(*counts, strict=True))
    if skipped:
        print(f"{skipped} skipped, for the reasons given above")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
