"""`cal bench`: the table and the JSON, whatever the times are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cal
from cal.cli import main

STAGES = ["preprocessing", "digest", "backbone", "ffe", "neck", "head", "waiting"]


def bench(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["bench", *map(str, arguments), "--repeats", "2"]) == 0
    done = capsys.readouterr()
    assert done.err == ""
    return done.out


def test_json(model: cal.Model, model_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--threads", "1,3", "--batch", "1,4", "--json"]
    found = json.loads(bench(capsys, model_path, *options))
    assert (found["model"], found["input_size"], found["repeats"]) == (model.sha256, 32, 2)
    assert (found["images"], found["decode_ms"]) == ([[640, 480]], None)
    assert found["kernels"] == model.session().kernels
    kinds = [(run["threads"], run["batch"]) for run in found["runs"]]
    assert kinds == [(1, 1), (1, 4), (3, 1), (3, 4)]
    for run in found["runs"]:
        assert list(run["stages_ms"]) == STAGES
        # One image of four, or the only one, is shared by three threads.
        assert (run["stages_ms"]["waiting"] > 0) == (run["threads"] == 3)
        assert all(run["stages_ms"][stage] > 0 for stage in STAGES[:-1])
        assert run["whole_ms"] > 0 and run["clock_ms"] > 0
        assert run["images_per_second"] == pytest.approx(1000 / run["clock_ms"])


def test_table_of_files(
    model_path: Path,
    pixels: np.ndarray,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    native: object,
) -> None:
    Image.fromarray(pixels[:, :20]).save(tmp_path / "a.png")
    Image.fromarray(pixels).convert("L").save(tmp_path / "b.png")
    out = bench(capsys, model_path, tmp_path, "--threads", 1, "--batch", "1,1,2")
    lines = out.splitlines()
    assert lines[2] == "images      2, 20 x 32, 32 x 32"
    assert lines[3].startswith("decoding    ") and lines[3].endswith(" ms a file, one thread")
    assert lines[6].split() == ["threads", "batch", *STAGES, "whole", "clock", "images/s"]
    assert [line.split()[:2] for line in lines[7:]] == [["1", "1"], ["1", "2"]]
    assert len({len(line) for line in lines[6:]}) == 1


def test_reference_kernels(
    model_path: Path, capsys: pytest.CaptureFixture[str], native: object
) -> None:
    options = ["--threads", 1, "--batch", 1, "--kernels", "reference", "--json"]
    assert json.loads(bench(capsys, model_path, *options))["kernels"] == "reference"


def test_what_cannot_be_used_is_named(
    model_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], native: object
) -> None:
    assert main(["bench", str(model_path), str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"cal: {tmp_path}: no images found\n"
    (tmp_path / "a.png").write_bytes(b"nothing")
    assert main(["bench", str(model_path), str(tmp_path)]) == 1
    assert f"{tmp_path}/a.png: not an image" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--batch", "0"], ["--threads", "1,x"], ["--repeats", "0"]])
def test_wrong_usage(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["bench", "model", *options])
    assert raised.value.code == 64
    assert options[0] in capsys.readouterr().err


def test_profile_from_python(model: cal.Model, pixels: np.ndarray) -> None:
    with model.session(profile=True) as session:
        assert set(session.profile().values()) == {0}
        answer = session.attribute(pixels)
        times = session.profile()
    assert list(times) == [*STAGES, "whole"]
    assert 0 < sum(times[stage] for stage in STAGES) <= times["whole"]
    assert answer == model.attribute(pixels)
    with model.session() as session, pytest.raises(cal.CalArgumentError, match="PROFILE"):
        session.profile()
