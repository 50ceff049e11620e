"""The `cal` command as its users meet it: a process with arguments, streams and a status."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cal
import cal.cli
import torchfile
from terminal import run, run_on_terminal


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, pixels: np.ndarray) -> Path:
    """Six pictures in two levels, one of them damaged, and a text."""
    root = tmp_path_factory.mktemp("faces")
    (root / "sub").mkdir()
    for number, name in enumerate(["b.png", "a.PNG", "sub/d.bmp", "sub/c.jpg", "é.png"]):
        Image.fromarray(np.roll(pixels, 3 * number, axis=1)).save(root / name)
    (root / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (root / "notes.txt").write_text("no picture")
    return root


ORDER = ["a.PNG", "b.png", "broken.png", "é.png", "sub/c.jpg", "sub/d.bmp"]


def test_jsonl(model: cal.Model, model_path: Path, folder: Path) -> None:
    done = run("attribute", model_path, folder, "--jsonl", "--top", 2, "--batch", 2)
    lines = done.stdout.splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["source"] for record in records] == [f"{folder}/{name}" for name in ORDER]
    assert [record["status"] == "CAL_OK" for record in records] == [True, True, False] + 3 * [True]
    assert done.returncode == 2
    assert f"cal: {folder}/broken.png: " in done.stderr
    assert "(CAL_ERR_IMAGE_FORMAT)" in done.stderr
    assert done.stderr.endswith("cal: 1 of 6 images failed\n")
    results = model.attribute([folder / name for name in ORDER], top=2)
    assert lines == [result.to_json() for result in results]


def test_csv(model: cal.Model, model_path: Path, folder: Path) -> None:
    done = run("attribute", model_path, folder, "--csv", "--top", 2)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    results = model.attribute([folder / name for name in ORDER], top=2)
    assert len(rows) == len(results)
    for row, result in zip(rows, results, strict=True):
        assert row["source"] == result.source
        assert row["status"] == cal.Status.name_of(result.status)
        assert (row["error"], row["verdict"]) == (result.error, result.verdict or "")
        assert (row["pixels_sha256"] or None, row["model_sha256"]) == (
            result.pixels_sha256,
            model.sha256,
        )
        for rank, score in enumerate(result.ranked, 1):
            assert (int(row[f"id_{rank}"]), row[f"name_{rank}"]) == (score.id, score.name)
            assert row[f"kind_{rank}"] == score.kind
            assert np.float32(row[f"logit_{rank}"]) == np.float32(score.logit)
            assert np.float32(row[f"probability_{rank}"]) == np.float32(score.probability)
        if not result.ok:
            assert row["id_1"] == row["probability_2"] == ""


def test_table(model: cal.Model, model_path: Path, folder: Path) -> None:
    done = run("attribute", model_path, folder / "b.png", folder / "broken.png")
    best = model.attribute(folder / "b.png")
    first, second = done.stdout.splitlines()
    assert first.startswith(str(best.verdict))
    assert first.endswith(f"{best.ranked[0].probability:.1%}  {folder}/b.png")
    assert (best.ranked[0].name or f"prototype {best.ranked[0].id}") in first
    assert second.startswith("failed")


def test_all_good_is_status_0(model_path: Path, folder: Path, native: object) -> None:
    done = run("attribute", model_path, folder / "b.png", folder / "sub")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 3


def test_all_files(model_path: Path, folder: Path, native: object) -> None:
    done = run("attribute", model_path, folder, "--all-files", "--jsonl")
    assert len(done.stdout.splitlines()) == 7
    assert "2 of 7 images failed" in done.stderr


def test_pipes_in_folders_are_not_waited_for(
    model_path: Path, folder: Path, tmp_path: Path, native: object
) -> None:
    os.mkfifo(tmp_path / "a.png")
    (tmp_path / "b.png").symlink_to(folder / "b.png")
    (tmp_path / "c.png").symlink_to(tmp_path / "gone.png")
    done = run("attribute", model_path, tmp_path, "--jsonl")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(record["source"][-5:], record["status"]) for record in records] == [
        ("b.png", "CAL_OK"),
        ("c.png", "CAL_ERR_IO"),
    ]


def test_paths_from_stdin(model_path: Path, folder: Path, native: object) -> None:
    listed = f"{folder}/b.png\n\n{folder}/none.png\r\n{folder}/é.png"
    done = run("attribute", model_path, "-", "--jsonl", stdin=listed)
    sources = [json.loads(line)["source"] for line in done.stdout.splitlines()]
    assert sources == [f"{folder}/{name}" for name in ("b.png", "none.png", "é.png")]
    assert done.returncode == 2
    assert "none.png: No such file or directory (CAL_ERR_IO)" in done.stderr


def test_output_file(model_path: Path, folder: Path, tmp_path: Path, native: object) -> None:
    plain = run("attribute", model_path, folder, "--jsonl")
    done = run("attribute", model_path, folder, "--jsonl", "-o", tmp_path / "out.jsonl")
    assert done.stdout == ""
    assert (tmp_path / "out.jsonl").read_text() == plain.stdout


@pytest.mark.parametrize("options", [["--threads", 2], ["--batch", 1], ["--decoders", 0]])
def test_speed_options_change_no_byte(
    model_path: Path, folder: Path, native: object, options: list[object]
) -> None:
    plain = run("attribute", model_path, folder, "--jsonl", "--threads", 1)
    assert run("attribute", model_path, folder, "--jsonl", *options).stdout == plain.stdout


@pytest.mark.parametrize(("cores", "decoders"), [(1, 2), (8, 8), (64, 16)])
def test_decoders_keep_up_with_the_cores(
    cores: int, decoders: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    for command in ("attribute m images", "eval m data", "update m state"):
        chosen = cal.cli.parser().parse_args(command.split())
        assert (chosen.threads, chosen.decoders) == (cores, decoders)
    chosen = cal.cli.parser().parse_args(["split", "data", "--out", "split.csv"])
    assert chosen.decoders == decoders


def test_faces(model_path: Path, folder: Path, tmp_path: Path, native: object) -> None:
    boxes = tmp_path / "faces.csv"
    boxes.write_text(f"path,x,y,width,height\n{folder}/b.png,4,4,10,20\n", encoding="utf-8")
    arguments = ["attribute", model_path, folder / "b.png", folder / "é.png", "--jsonl"]
    done = run(*arguments, "--faces", boxes, "--face-margin", 1)
    crops = [json.loads(line)["image"]["crop"] for line in done.stdout.splitlines()]
    assert [list(crop.values()) for crop in crops] == [[4, 4, 10, 20], [0, 0, 32, 32]]
    boxes.write_text("a.png,1,2,3\n")
    done = run(*arguments, "--faces", boxes)
    assert done.returncode == 1
    assert "line 1 is not path,x,y,width,height" in done.stderr


def test_thresholds(model_path: Path, folder: Path, native: object) -> None:
    options = ["--known-threshold", 1, "--novel-threshold", 1]
    done = run("attribute", model_path, folder / "b.png", *options)
    assert done.stdout.startswith("undetermined")


def test_exif_orientation(model_path: Path, tmp_path: Path, pixels: np.ndarray, native: object):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels[:, :20]).save(tmp_path / "a.png", exif=exif)
    sizes = []
    for options in ([], ["--exif-orientation"]):
        done = run("attribute", model_path, tmp_path / "a.png", "--jsonl", *options)
        image = json.loads(done.stdout)["image"]
        sizes.append((image["width"], image["height"]))
    assert sizes == [(20, 32), (32, 20)]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["attribute"],
        ["attribute", "m"],
        ["attribute", "m", "p", "--csv", "--jsonl"],
        ["attribute", "m", "p", "--threads", "0"],
        ["attribute", "m", "p", "--top", "x"],
        ["attribute", "m", "p", "--known-threshold", "1.5"],
        ["attribute", "m", "p", "--face-margin", "0"],
        ["attribute", "m", "p", "--face-margin", "nan"],
        ["attribute", "m", "p", "--dance"],
        ["train", "d", "o", "--gamma", "0"],
        ["dance"],
        ["import", "only-one"],
    ],
)
def test_wrong_usage_is_status_64(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 64
    assert done.stderr.startswith("usage: cal")
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("line", "paths"),
    [
        ("attribute m a --csv b", ["a", "b"]),
        ("attribute m --csv a b", ["a", "b"]),
        ("attribute --csv m a b", ["a", "b"]),
        ("attribute m --csv -- -a b", ["-a", "b"]),
        ("update m s --commit n a", ["a"]),
        ("update m s a --commit n b", ["a", "b"]),
        ("update m s --commit n", []),
        ("bench m --repeats 1 a", ["a"]),
        ("bench m a --repeats 1", ["a"]),
        ("quantize m -o n a b", ["a", "b"]),
    ],
)
def test_paths_before_and_behind_options(line: str, paths: list[str]) -> None:
    chosen = cal.cli.parser().parse_args(line.split())
    assert chosen.model == "m"
    assert (chosen.images if "images" in chosen else chosen.paths) == paths


def test_what_cannot_be_done_is_status_1(
    model_path: Path, folder: Path, tmp_path: Path, native: object
) -> None:
    (tmp_path / "empty").mkdir()
    for arguments, sentence in [
        (["attribute", tmp_path / "none.cal", folder], "none.cal"),
        (["attribute", folder / "b.png", folder], "CAL_ERR_MODEL_FORMAT"),
        (["attribute", model_path, tmp_path / "empty"], "cal: no images found"),
        (["attribute", model_path, folder, "-o", tmp_path / "no" / "file"], "no/file: No such"),
        (["attribute", model_path, folder, "--faces", tmp_path / "no.csv"], "no.csv: No such"),
        (["inspect", tmp_path / "none.cal"], "none.cal"),
        (["import", tmp_path / "none.ckpt", tmp_path / "out.cal"], "none.ckpt: No such"),
    ]:
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr


def test_a_closed_pipe_is_quiet(model_path: Path, folder: Path, native: object) -> None:
    listed = f"{folder}/b.png\n" * 3000
    process = subprocess.Popen(
        [sys.executable, "-m", "cal", "attribute", model_path, "-", "--jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    import threading

    assert process.stdin
    assert process.stdout
    assert process.stderr

    def feed() -> None:
        try:
            process.stdin.write(listed.encode())
            process.stdin.close()
        except BrokenPipeError:
            pass

    feeder = threading.Thread(target=feed)
    feeder.start()
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == 141
    assert process.stderr.read() == b""
    feeder.join()


def test_ctrl_c_leaves_whole_records(
    model_path: Path, tmp_path: Path, pixels: np.ndarray, native: object
) -> None:
    Image.fromarray(np.tile(pixels, (40, 40, 1))).save(tmp_path / "a.png")
    out = tmp_path / "out.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "cal", "attribute", model_path, "-", "--jsonl", "-o", out],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdin
    assert process.stderr
    process.stdin.write("a.png\n" * 2000)  # less than a pipe holds
    process.stdin.flush()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (not out.exists() or out.stat().st_size == 0):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    status = process.wait(60)
    assert (status, process.stderr.read()) == (130, "cal: interrupted\n")
    text = out.read_text()
    assert text.endswith("\n")
    assert all(json.loads(line)["status"] == "CAL_OK" for line in text.splitlines())


def test_the_bar_is_for_terminals_only(model_path: Path, folder: Path, native: object) -> None:
    done = run_on_terminal("attribute", model_path, folder, "--jsonl")
    assert b"6/6" in done.seen
    assert b"images" in done.seen
    assert len(done.stdout.splitlines()) == 6


def test_names_cannot_steer_the_terminal(model_path: Path, tmp_path: Path, native: object) -> None:
    name = tmp_path / "\x1b[2J.png"
    name.write_bytes(b"")
    done = run("attribute", model_path, name)
    assert "\x1b" not in done.stdout + done.stderr
    assert "\\x1b[2J.png" in done.stdout


# inspect, version, import. --------------------------------------------------------------------


def test_inspect(model: cal.Model, model_path: Path) -> None:
    done = run("inspect", model_path)
    assert done.returncode == 0
    assert f"sha256      {model.sha256}" in done.stdout
    assert "bank        epoch 0: 2 known, 4 novel, 0 retired" in done.stdout
    assert "alpha" in done.stdout
    assert "imported: CAL checkpoint" in done.stdout
    assert json.loads(run("inspect", model_path, "--json").stdout) == model.describe()


def test_version(native: object) -> None:
    lines = dict(line.split(": ", 1) for line in run("version").stdout.splitlines())
    assert lines["package"] == cal.__version__
    assert lines["library"] == cal.library_path()
    assert lines["version"] == cal.library_version()
    assert {"abi", "kernels", "blas"} <= set(lines)


def test_version_without_a_library_says_so(tmp_path: Path) -> None:
    done = run("version", env=os.environ | {"CAL_LIBRARY": str(tmp_path / "none.so")})
    assert done.returncode == 1
    assert "libcal not loaded" in done.stderr


def test_import(tmp_path: Path, state: dict[str, np.ndarray]) -> None:
    torchfile.save(tmp_path / "in.ckpt", {"state_dict": state})
    (tmp_path / "names").write_text("real\n\n first fake \n", encoding="utf-8")
    for classes in (tmp_path / "names", "real, first fake"):
        done = run(
            *("import", tmp_path / "in.ckpt", tmp_path / "out.cal", "--size", 32),
            *("--classes", classes, "--licence", "CC0", "--training-data", "set"),
            env=os.environ | {"CAL_LIBRARY": str(tmp_path / "not-needed.so")},
        )
        assert done.returncode == 0, done.stderr
        assert "ResNet of basic blocks (1,2), stem 7x7/2+pool" in done.stdout
        assert "known: 2, as many as there are class names" in done.stdout
        assert "bank: 2 known, 4 novel" in done.stdout
        from cal.importer import cal_model_pb2

        model = cal_model_pb2.Model.FromString((tmp_path / "out.cal").read_bytes())
        assert [p.name for p in model.bank.prototypes[:2]] == ["real", "first fake"]


def test_import_asks_for_the_known_classes(tmp_path: Path, state: dict[str, np.ndarray]) -> None:
    torchfile.save(tmp_path / "in.ckpt", {"state_dict": state})
    done = run("import", tmp_path / "in.ckpt", tmp_path / "out.cal")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("cal: the checkpoint does not say how many of its 6 prototypes")
    assert "--known N" in done.stderr and "--classes" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.ckpt"]


def test_a_refused_import_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "in.ckpt").write_bytes(b"nothing")
    (tmp_path / "out.cal").write_bytes(b"old")
    done = run("import", tmp_path / "in.ckpt", tmp_path / "out.cal")
    assert done.returncode == 1
    assert done.stderr.startswith("cal: in.ckpt is neither a PyTorch zip file nor")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.ckpt", "out.cal"]
    assert (tmp_path / "out.cal").read_bytes() == b"old"


def test_the_installed_command(native: object) -> None:
    command = shutil.which("cal", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("the package is not installed")
    done = subprocess.run([command, "version"], capture_output=True, text=True)
    assert done.stdout.startswith(f"package: {cal.__version__}\n")
