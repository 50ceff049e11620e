"""int8: Model.quantize, sessions of a precision, `cal quantize` and `cal bench --accuracy`."""

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
    chance = np.random.default_rng(8)
    return [networks.picture(chance) for _ in range(20)]


@pytest.fixture(scope="module")
def folder(pictures: list[np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return networks.save(pictures, tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def int8_path(model: cal.Model, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("int8") / "int8.cal"
    with model.quantize(sorted(folder.iterdir())) as made:
        made.save(path)
    return path


def test_quantize(model: cal.Model, pictures: list[np.ndarray]) -> None:
    calls: list[tuple[int, int]] = []
    with model.quantize(pictures, progress=lambda *call: calls.append(call)) as made:
        assert calls == [(done, 40) for done in range(41)]
        found = made.describe()
        assert found["quantization"]["images"] == 20
        assert found["quantization"]["is_default"] is False
        assert found["provenance"]["parent_sha256"] == model.sha256
        with made.session(precision="int8") as int8, made.session() as fp32:
            assert (int8.precision, fp32.precision) == ("int8", "fp32")
            before = fp32.attribute_batch(pictures, top=None)
            after = int8.attribute_batch(pictures, top=None)
        assert [a.ranked for a in before] == [a.ranked for a in model.attribute(pictures, top=None)]
        same = [a.ranked[0].id == b.ranked[0].id for a, b in zip(before, after, strict=True)]
        assert sum(same) == found["quantization"]["agreeing"]
        assert [a.ranked for a in before] != [a.ranked for a in after]
        assert after[0].to_dict()["tool"]["precision"] == "int8"
        assert made.attribute(pictures[0], precision="int8", top=None) == after[0]
    assert model.describe()["quantization"] is None


def test_files_and_arrays_give_the_same_model(
    model: cal.Model, folder: Path, pictures: list[np.ndarray]
) -> None:
    with (
        model.quantize(pictures) as one,
        model.quantize(map(str, sorted(folder.iterdir())), threads=3) as other,
    ):
        assert one.sha256 == other.sha256


def test_what_cannot_be_used_is_named(model: cal.Model, pixels: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(cal.CalArgumentError, match="cal_model_quantize"):
        model.session(precision="int8")
    with pytest.raises(cal.CalArgumentError, match="precision 'int4' must be one of"):
        model.session(precision="int4")
    with pytest.raises(cal.CalArgumentError, match="count is 0"):
        model.quantize([])
    with pytest.raises(cal.CalArgumentError, match="threads 999"):
        model.quantize([pixels], threads=999)
    (tmp_path / "bad.png").write_bytes(b"nothing")
    with pytest.raises(cal.CalImageError, match=r"bad\.png: not an image"):
        model.quantize([pixels, tmp_path / "bad.png"])
    with pytest.raises(cal.CalImageError, match=r"images\[1\]: "):
        model.quantize([pixels, np.zeros((3, 3, 2), np.uint8)])


def test_progress_stops_it(model: cal.Model, pictures: list[np.ndarray]) -> None:
    def stop(done: int, _total: int) -> None:
        if done == 23:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        model.quantize(pictures, progress=stop)


def test_command(
    model_path: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.cal"
    options = ["--images", "7", "--threads", "1"]
    assert main(["quantize", str(model_path), str(folder), "-o", str(out), *options]) == 0
    done = capsys.readouterr()
    assert done.err == ""
    with cal.Model.load(out) as made:
        found = made.describe()["quantization"]
    assert found["images"] == 7
    assert done.out.startswith(f"int8 keeps the top prototype of {found['agreeing']} of 7 images")
    (tmp_path / "none").mkdir()
    assert main(["quantize", str(model_path), str(tmp_path / "none"), "-o", str(out)]) == 1
    assert "no images found" in capsys.readouterr().err


def test_attribute_in_int8(
    int8_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = {}
    for precision in ("fp32", "int8"):
        command = ["attribute", str(int8_path), str(folder), "--jsonl", "--precision", precision]
        assert main(command) == 0
        reports[precision] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert {each["tool"]["precision"] for each in reports[precision]} == {precision}
    assert reports["fp32"][0]["ranked"] != reports["int8"][0]["ranked"]


def test_bench(int8_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--threads", "1", "--batch", "1", "--repeats", "1", "--precision", "int8"]
    assert main(["bench", str(int8_path), *options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["precision"] == "int8"
    assert main(["bench", str(int8_path), *options]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith(", int8")


def test_accuracy(int8_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["bench", "--accuracy", str(int8_path), str(folder)]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    with cal.Model.load(int8_path) as model:
        said = model.describe()["quantization"]
        assert found["model"] == model.sha256
    assert found["images"] == 20
    int8, bf16 = found["precisions"]
    assert (int8["precision"], bf16["precision"]) == ("int8", "bf16")
    assert int8["agreeing"] == said["agreeing"]
    assert int8["top1_agreement"] == int8["agreeing"] / 20
    assert int8["largest_probability_change"] == pytest.approx(said["probability_change"])
    assert int8["largest_logit_change"] > bf16["largest_logit_change"] > 0
    assert main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"int8       {int8['agreeing']:2} of 20 (" in lines[-2]
    assert f"bf16       {bf16['agreeing']:2} of 20 (" in lines[-1]
    assert main([*command, "--precision", "fp32", "--json"]) == 0
    (same,) = json.loads(capsys.readouterr().out)["precisions"]
    assert (same["top1_agreement"], same["largest_logit_change"]) == (1, 0)


def test_accuracy_names_what_it_cannot_do(
    model_path: Path, int8_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["bench", "--accuracy", str(model_path), str(folder)]
    assert main([*command, "--precision", "int8"]) == 1
    assert "cal_model_quantize" in capsys.readouterr().err
    with pytest.raises(SystemExit) as raised:
        main(["bench", "--accuracy", str(int8_path)])
    assert raised.value.code == 64
    assert "--accuracy needs images" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["known_k", "unknown_k"])
def test_vae17_keeps_its_answers(native: object, shared: Path, tmp_path: Path, name: str) -> None:
    """Of every fifth image; ranges from others."""
    options = {"known": 9} if name == "known_k" else {}
    import_checkpoint(shared / f"models/vae17_{name}.ckpt", tmp_path / "model.cal", **options)
    images = sorted((shared / "data/vae17").glob("*/*.png"))
    tested = images[::5]
    with (
        cal.Model.load(tmp_path / "model.cal") as model,
        model.quantize(images[1::20], default=True, threads=2) as made,
    ):
        assert made.session().precision == "int8"
        before = model.attribute(tested, threads=2, decoders=1)
        after = made.attribute(tested, threads=2, decoders=1)
    same = sum(a.ranked[0].id == b.ranked[0].id for a, b in zip(before, after, strict=True))
    print(f"{name}: int8 keeps the top prototype of {same} of {len(tested)} images")
    assert same >= 0.99 * len(tested)
