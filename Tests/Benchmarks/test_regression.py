"""The regression check: with figures that are made up, and once with a library beside itself."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
import regression
from regression import CASES, NAMES, Case, able, judge, paired
from regression_base import Library
from regression_rule import LIMIT, PAIRS, Verdict
from rounds import Failed, Figures
from support import ROOT, Installed

OLDER, NEWER = Library(Path("older"), Path()), Library(Path("newer"), Path())


class Machine:
    """Processes that take a second, by a factor longer with the newer library, on a machine that
    gets slower and slower, and has noise."""

    def __init__(self, factors: dict[str, float]) -> None:
        self.factors = factors
        self.rng = random.Random(3)
        self.speed = 1.0
        self.libraries: list[Library] = []

    def measure(self, case: Case, library: Library) -> Figures:
        self.libraries.append(library)
        self.speed *= 1.02
        factor = self.factors.get(case.name, 1.0) if library is NEWER else 1.0
        return {case.key: self.speed * factor * self.rng.uniform(0.99, 1.01)}


def test_the_slower_case_is_named() -> None:
    machine = Machine({"load": 1.2, "update-commit": 0.7, "training-step": 1.03})
    text, slower = judge(paired(CASES, OLDER, NEWER, 9, machine.measure), LIMIT)
    assert slower == ["load"]
    verdicts = dict(re.findall(r"^\| (\S+) \|.*\| ([a-z ]+) \|$", text, re.MULTILINE))
    verdicts.pop("case")
    assert verdicts == {
        **dict.fromkeys(NAMES, Verdict.SAME),
        "load": Verdict.SLOWER,
        "update-commit": Verdict.FASTER,
    }


def test_pairs_have_each_library_once_and_first_in_turn() -> None:
    machine = Machine({})
    [ratios] = paired(CASES[:1], OLDER, NEWER, PAIRS, machine.measure).values()
    assert len(ratios) == PAIRS
    pairs = list(zip(machine.libraries[::2], machine.libraries[1::2], strict=True))
    assert pairs == [(OLDER, NEWER) if i % 2 == 0 else (NEWER, OLDER) for i in range(PAIRS)]


def test_what_the_base_cannot_run_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(case: Case, library: Library) -> Figures:
        if case.name == "update-commit":
            raise Failed("no cal_updater_create")
        return {}

    left = able(CASES, OLDER, fail)
    assert [case.name for case in left] == [name for name in NAMES if name != "update-commit"]
    assert "cannot run it: update-commit: no cal_updater_create" in capsys.readouterr().out


def test_an_unknown_revision_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["regression.py", "--base", "no-such-revision"])
    assert regression.main() == 2
    assert "no-such-revision" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--pairs", "3", f"3 pairs must be {PAIRS} to 1000"),
        ("--only", "speed", "'speed' is none of inference-1"),
    ],
)
def test_bad_options_are_named(option: str, value: str, said: str) -> None:
    done = check(option, value)
    assert done.returncode == 2 and said in done.stderr


def test_a_library_beside_itself(installed: Installed) -> None:
    """What it finds depends on the machine; that it finds it, and its form, do not."""
    done = check("--library", str(installed.library), "--only", "preprocessing", "--quick",
                 "--pairs", str(PAIRS))  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    assert f"Base: {installed.library}. Machine: " in done.stdout
    row = rf"^\| preprocessing \| {PAIRS} \| \d+\.\d+ \| \d+\.\d+ to \d+\.\d+ \| ([a-z ]+) \|$"
    [said] = re.findall(row, done.stdout, re.MULTILINE)
    assert (done.returncode == 1) == (said == Verdict.SLOWER)


def test_a_file_that_is_no_library(tmp_path: Path) -> None:
    (tmp_path / "libcal.so").write_bytes(b"nothing")
    done = check("--library", str(tmp_path / "libcal.so"), "--only", "preprocessing", "--quick")
    assert done.returncode == 2
    assert "the base cannot run it: preprocessing" in done.stdout


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "Benchmarks/regression.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)
