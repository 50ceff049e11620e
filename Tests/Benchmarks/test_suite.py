"""The page and the plot of all benchmarks: with parts that measure nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import suite
from rounds import Spread, interleaved, middle, ratio
from suite import Part
from support import ROOT
from tables import Bar, publish, read_bars, table

SCRIPT = """
import sys
from pathlib import Path
from rounds import Spread
from tables import Bar, publish, table
arguments, output = sys.argv[1:-2], Path(sys.argv[-1])
text = table(["arguments", "ratio"], [[" ".join(arguments), "1.70"]])
publish(text, output, [Bar("a case", "A Peer", "time", Spread(1.7, 1.5, 1.9))])
"""


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four parts; the folder that takes what they give."""
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    (scripts / "fine.py").write_text(SCRIPT)
    (scripts / "fails.py").write_text("raise SystemExit(3)")
    (scripts / "nowhere.txt").write_text("./there-is-no-such-folder\n")
    monkeypatch.setattr(suite, "HERE", scripts)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "Benchmarks"))
    made = {
        "missing": Part("Without its peer", "fine.py", "", "nowhere.txt"),
        "fails": Part("One that fails", "fails.py", ""),
        "fine": Part("One that is fine", "fine.py --many 5", "--few"),
    }
    monkeypatch.setattr(suite, "PARTS", made)
    return tmp_path / "out"


def run(monkeypatch: pytest.MonkeyPatch, out: Path, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["suite.py", "--out", str(out), *arguments])
    status = suite.main()
    return status, (out / "PERFORMANCE.md").read_text()


def test_the_page(parts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status, page = run(monkeypatch, parts, "--only", "missing,fine")
    assert status == 0
    heading, missing, fine = page.split("\n## ")
    for word in ("libcal 1.", "Machine: ", "kernels ", "load ", "](ratios.svg)"):
        assert word in heading, word
    assert missing.startswith(
        "Without its peer\n\n```sh\n.venv/bin/python Benchmarks/fine.py\n```\n\nLeft out: "
    )
    assert "nowhere.txt could not be installed" in missing and "| 1.70 |" not in missing
    assert fine.startswith(
        "One that is fine\n\n```sh\n.venv/bin/python Benchmarks/fine.py --many 5\n```\n"
    )
    assert "| --many 5 | 1.70 |" in fine


def test_quick(parts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, page = run(monkeypatch, parts, "--quick", "--only", "fine")
    assert "| --few | 1.70 |" in page and "--many" not in page


def test_a_part_that_fails_does_not_stop_the_others(
    parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (parts / "fails.md").parent.mkdir()
    (parts / "fails.md").write_text("| of an earlier run |")
    status, page = run(monkeypatch, parts, "--only", "fails,fine")
    assert status == 1
    assert "Failed: exit status 3." in page and "| 1.70 |" in page and "earlier" not in page


def test_nothing_to_plot(parts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, page = run(monkeypatch, parts, "--only", "fails")
    assert "ratios.svg" not in page and not (parts / "ratios.svg").exists()


def test_the_plot_names_its_bars(parts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, parts, "--only", "fine")
    picture = (parts / "ratios.svg").read_text()
    for word in ("One that is fine", "a case: A Peer", "1.70", "processor time", "1.3"):
        assert word in picture, word


def test_an_unknown_part_is_named() -> None:
    command = [sys.executable, str(ROOT / "Benchmarks/suite.py"), "--only", "speed"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "'speed' is none of inference, " in done.stderr


@pytest.mark.parametrize("part", suite.PARTS.values(), ids=suite.PARTS)
def test_the_parts_are_there(part: Part) -> None:
    files = [part.command.split()[0], *([part.peers] if part.peers else [])]
    assert all((ROOT / "Benchmarks" / file).is_file() for file in files)


def test_engines_take_turns_and_ratios_stay_within_rounds() -> None:
    started = []
    speed = iter([1.0, 2.0, 10.0, 30.0, 100.0, 400.0])

    def measure(setting: str, engine: str) -> dict[str, float]:
        started.append((setting, engine))
        return {"ms": next(speed)}

    [rounds] = interleaved(["only"], ["ours", "theirs"], 3, measure).values()
    assert started == 3 * [("only", "ours"), ("only", "theirs")]
    assert middle(rounds, "ours", "ms") == 10 and middle(rounds, "theirs", "ms") == 30
    assert ratio(rounds, "theirs", "ours", "ms") == Spread(3, 2, 4)


def test_tables_and_bars(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = table(["a", "b"], [["1", "2"], ["3", "4"]])
    assert text == "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |\n"
    bars = [Bar("a case", "A Peer", "time", Spread(1.5, 1.0, 2.0))]
    publish(text, tmp_path / "found.md", bars)
    assert capsys.readouterr().out == (tmp_path / "found.md").read_text() == text
    assert read_bars(tmp_path / "found.json") == bars
