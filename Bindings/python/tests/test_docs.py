"""The manuals: their code runs, and they tell of every option, class and exit status."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cal
import torchfile
from cal.cli import exits, parser
from conftest import ROOT
from networks import Shape, make

PYTHON = (ROOT / "docs/PYTHON.md").read_text()
CLI = (ROOT / "docs/CLI.md").read_text()


def test_python_blocks_run(
    native: object,
    model_path: Path,
    pixels: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.cal").write_bytes(model_path.read_bytes())
    Image.fromarray(pixels).save("face.png")
    torchfile.save(Path("epoch50.ckpt"), {"state_dict": make(Shape(rows=25))})
    blocks = re.findall(r"```python\n(.*?)```", PYTHON, re.DOTALL)
    assert len(blocks) == 8
    for method in ("alpha", "beta", "gamma"):
        Path("dataset", method).mkdir(parents=True)
        for number in range(10):
            Image.fromarray(np.roll(pixels, number)).save(f"dataset/{method}/{number}.png")
    names = [f"method {number}" for number in range(19)]
    model = cal.Model.load("model.cal")
    with model:
        variables = {"cal": cal, "model": model, "paths": ["face.png"], "names": names}
        variables["images"] = [np.roll(pixels, number) for number in range(4)]
        variables["labels"] = [0, 1, None, None]
        for block in [blocks[1], blocks[0], *blocks[2:]]:
            exec(block, variables)
    printed = capsys.readouterr().out
    assert '"verdict":' in printed
    assert "alpha known" in printed or "novel" in printed
    assert "ResNet of basic blocks" in printed
    assert "('alpha', 'beta') ('gamma',) 12 6" in printed
    assert Path("training.ckpt").is_file() and Path("trained.cal").is_file()
    assert Path("history.csv").is_file() and "My training" in Path("report.html").read_text()
    assert "gamma novel 2 " in printed and Path("results/confusion.png").is_file()


def test_every_exception_is_told_of() -> None:
    for name in cal.__all__:
        if name.startswith("Cal"):
            assert f"`{name}`" in PYTHON or f"`cal.{name}`" in PYTHON, name


def test_every_option_is_told_of() -> None:
    commands = parser()._subparsers._group_actions[0].choices
    for name, command in commands.items():
        assert f"## cal {name}\n" in CLI
        section = CLI.split(f"## cal {name}\n")[1].split("\n## ")[0]
        for action in command._actions:
            for option in action.option_strings:
                if option not in ("-h", "--help", "--output"):
                    assert re.search(rf"(?<![\w-]){option}(?![\w-])", section), (name, option)


def test_every_exit_status_is_told_of() -> None:
    statuses = {value for name, value in vars(exits).items() if name.isupper()}
    assert {int(row) for row in re.findall(r"^\| (\d+) \|", CLI, re.MULTILINE)} == statuses
