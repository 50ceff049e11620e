"""Benchmarks/late_methods.py on pictures of single colours, with models whose answers anybody can
work out: a mixture of two colours is none of the three that they know, until it has arrived."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

import cal
import late_methods
import make_model
import numpy as np
import pytest
from PIL import Image

KNOWN = {"blue": (0, 0, 1), "green": (0, 1, 0), "red": (1, 0, 0)}
NOVEL = {"cyan": (0, 1, 1), "magenta": (1, 0, 1), "yellow": (1, 1, 0)}
IMAGES = 60  # of each
# A pure colour's logits differ by 3.6 at least, so its probability is 0.948; those of a mixture by
# 2.7 at most, so that without a prototype of its own it has 0.937.
LENGTH, THRESHOLD = 3.0, 0.94


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("colours")
    chance = np.random.default_rng(1)
    for name, colour in (KNOWN | NOVEL).items():
        (root / name).mkdir()
        for number in range(IMAGES):
            light = 0.7 * np.array(colour) + chance.uniform(0, 0.3, 3)
            pixel = np.round(255 * light).astype(np.uint8)
            Image.fromarray(np.tile(pixel, (32, 32, 1))).save(root / name / f"{number:02}.png")
    cal.data.split(root, known=list(KNOWN), seed=1, test=0.2).write(root / "split.csv")
    return root


def vector(colour: tuple[int, int, int]) -> list[float]:
    """A prototype that its own images are nearest to."""
    on, off = (2.0, -1.0) if sum(colour) == 1 else (0.97, -2.0)
    return [LENGTH * (on if channel else off) for channel in colour]


def write_model(path: Path, *novel: str) -> None:
    rows = [(make_model.KNOWN, name, vector(colour)) for name, colour in KNOWN.items()]
    rows += [(make_model.NOVEL, "", vector(NOVEL[name])) for name in novel]
    path.parent.mkdir(parents=True)
    path.write_bytes(make_model.colours(bank=dict(enumerate(rows)), threshold=THRESHOLD))


def cells(
    data: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> dict[str, str]:
    """Of the only row."""
    arguments = [str(data), str(out), "--seeds", "1", "--evaluate"]
    monkeypatch.setattr(sys, "argv", ["late_methods.py", *arguments])
    late_methods.main()
    header, _, row = capsys.readouterr().out.splitlines()[-3:]
    split = [re.split(r" *\| *", line.strip("|").strip()) for line in (header, row)]
    return dict(zip(*split, strict=True))


def test_methods_that_come_late_are_found(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_model(tmp_path / "late-1" / "model.cal")
    write_model(tmp_path / "default-unknown-1" / "model.cal", "cyan", "magenta")
    found = cells(data, tmp_path, monkeypatch, capsys)
    births = found["methods of the births (purity)"].split(", ")
    assert sorted(births) == [f"{name} 100 %" for name in NOVEL]
    assert (found["seed"], found["born"]) == ("1", "3")
    for model in ("Known before", "Known after", "Known of the ceiling"):
        assert found[model] == "100.0", model
    # The model that has two of three in it finds two thirds.
    assert (found["late strict"], found["ceiling"]) == ("100.0", "66.7")
    assert found["share of it"] == "150 %"
    assert found["births without the late methods"] == "none"


def test_without_a_ceiling(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_model(tmp_path / "late-1" / "model.cal")
    found = cells(data, tmp_path, monkeypatch, capsys)
    assert found["late strict"] == "100.0"
    assert found["ceiling"] == found["share of it"] == found["Known of the ceiling"] == ""


def test_the_draw_is_of_novel_methods_and_a_seeds_own() -> None:
    classes = tuple("abcdefghij")
    dataset = cal.data.Dataset(Path(), classes, 4, ())
    drawn = [late_methods.draw(dataset, seed) for seed in range(20)]
    assert drawn == [late_methods.draw(dataset, seed) for seed in range(20)]
    assert all(len(set(late)) == late_methods.LATE and min(late) >= 4 for late in drawn)
    assert {label for late in drawn for label in late} == set(range(4, 10))


def test_purity_of_a_birth() -> None:
    assert late_methods.purity(Counter({"cyan": 3, "red": 1})) == "cyan 75 %"
    assert late_methods.purity(Counter()) == "no image"
