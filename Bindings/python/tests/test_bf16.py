"""bf16: sessions, `--precision bf16`, and what it does to answers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import cal
import networks
from cal.cli import main
from cal.importer import import_checkpoint


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    chance = np.random.default_rng(9)
    return [networks.picture(chance) for _ in range(6)]


@pytest.fixture(scope="module")
def folder(pictures: list[np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return networks.save(pictures, tmp_path_factory.mktemp("pictures"))


def test_session(model: cal.Model, pictures: list[np.ndarray]) -> None:
    """Of any model; nothing has to be made for it."""
    with model.session(precision="bf16") as bf16, model.session(precision="fp32") as fp32:
        assert bf16.precision == "bf16"
        after = bf16.attribute_batch(pictures, top=None)
        before = fp32.attribute_batch(pictures, top=None)
    assert after[0].to_dict()["tool"]["precision"] == "bf16"
    assert [a.ranked for a in before] != [a.ranked for a in after]
    for exact, rounded in zip(before, after, strict=True):
        there = {score.id: score.probability for score in rounded.ranked}
        assert all(abs(score.probability - there[score.id]) < 0.05 for score in exact.ranked)
    assert model.attribute(pictures, precision="bf16", threads=3, top=None) == after


def test_build_info_says_who_multiplies() -> None:
    info = cal.build_info()
    assert info["precisions"] == "fp32 int8 bf16"
    assert info["kernels-bf16"] in ("avx512bf16", "emulated")


def test_command_line(model_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["attribute", str(model_path), str(folder), "--jsonl", "--precision", "bf16"]
    assert main(command) == 0
    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {each["tool"]["precision"] for each in reports} == {"bf16"}
    options = ["--threads", "1", "--batch", "1", "--repeats", "1", "--precision", "bf16"]
    assert main(["bench", str(model_path), *options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["precision"] == "bf16"


def test_accuracy(model_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model without ranges has no int8 to report."""
    assert main(["bench", "--accuracy", str(model_path), str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (bf16,) = found["precisions"]
    assert (found["images"], bf16["precision"]) == (6, "bf16")
    assert bf16["top1_agreement"] == bf16["agreeing"] / 6
    assert 0 < bf16["largest_probability_change"] < 0.05


@pytest.mark.parametrize("name", ["known_k", "unknown_k"])
def test_vae17_keeps_its_answers(native: object, shared: Path, tmp_path: Path, name: str) -> None:
    """Of every fifth image."""
    options = {"known": 9} if name == "known_k" else {}
    import_checkpoint(shared / f"models/vae17_{name}.ckpt", tmp_path / "model.cal", **options)
    tested = sorted((shared / "data/vae17").glob("*/*.png"))[::5]
    with cal.Model.load(tmp_path / "model.cal") as model:
        before = model.attribute(tested, threads=2, decoders=1)
        after = model.attribute(tested, threads=2, decoders=1, precision="bf16")
    same = sum(a.ranked[0].id == b.ranked[0].id for a, b in zip(before, after, strict=True))
    print(f"{name}: bf16 keeps the top prototype of {same} of {len(tested)} images")
    assert same >= 0.995 * len(tested)
