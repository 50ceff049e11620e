"""`cal attribute --resume`: a run that was stopped goes on, and its file is as if it never was."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cal
import torchfile
from cal.cli import main, resume
from cal.importer import import_checkpoint
from networks import State
from terminal import run_on_terminal

FORMS = ["--csv", "--jsonl"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, pixels: np.ndarray, native: object) -> Path:
    """Eleven pictures, one of them damaged; names that need quoting and more than ASCII."""
    root = tmp_path_factory.mktemp("faces")
    names = ['a "b", c', "two\nlines", "é", *"fghijkl"]
    for number, name in enumerate(names):
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.fromarray(np.roll(pixels, 3 * number, axis=1)).save(root / f"{name}.png", exif=exif)
    (root / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return root


def attribute(model: Path, folder: Path, out: Path, *options: object) -> int:
    arguments = ["attribute", model, folder, "-o", out, "--threads", 1, "--decoders", 0, *options]
    return main(list(map(str, arguments)))


@pytest.fixture(scope="module", params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def whole(form: str, model_path: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory):
    """What a run that is not stopped writes."""
    out = tmp_path_factory.mktemp("whole") / "out"
    assert attribute(model_path, folder, out, form) == 2
    return out.read_bytes()


def test_wherever_it_was_cut(
    form: str, whole: bytes, model_path: Path, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ends = [n for n, byte in enumerate(whole, 1) if byte == ord("\n")]
    for cut in sorted({*range(0, len(whole), 97), *ends, *(end - 1 for end in ends)}):
        out.write_bytes(whole[:cut])
        assert attribute(model_path, folder, out, form, "--resume") == 2
        assert out.read_bytes() == whole, f"cut at {cut}"


def test_only_what_is_left_is_attributed(
    form: str,
    whole: bytes,
    model_path: Path,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    out.write_bytes(whole)
    asked: list[int] = []
    stream = cal.Session.stream

    def counting(self: cal.Session, images: object, **more: object) -> object:
        paths = list(images)  # type: ignore[call-overload]
        asked.append(len(paths))
        return stream(self, paths, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(cal.Session, "stream", counting)
    assert attribute(model_path, folder, out, form, "--resume") == 2
    assert asked == [10, 0]  # those with an answer as a check; nothing is left
    assert out.read_bytes() == whole
    assert capsys.readouterr().err == "cal: 1 of 11 images failed\n"


def test_without_a_file_it_begins(
    form: str, whole: bytes, model_path: Path, folder: Path, tmp_path: Path
) -> None:
    assert attribute(model_path, folder, tmp_path / "out", form, "--resume") == 2
    assert (tmp_path / "out").read_bytes() == whole


def test_killed(form: str, model_path: Path, picture: Path, tmp_path: Path, native: object) -> None:
    """The list stays open, so the process cannot have ended by itself."""
    for number in range(60):
        (tmp_path / f"{number:02}.png").symlink_to(picture)
    paths = [f"{tmp_path}/{number:02}.png" for number in range(60)]
    out = tmp_path / "out"
    command = [sys.executable, "-m", "cal", "attribute", model_path, "-", form, "-o", out]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
    assert process.stdin
    process.stdin.write("\n".join(paths[:50]) + "\n")
    process.stdin.flush()
    header = 1 if form == "--csv" else 0
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if out.exists() and out.read_bytes().count(b"\n") >= header + 16:
            break
        time.sleep(0.02)
    process.kill()
    assert process.wait(60) == -9
    process.stdin.close()
    left = out.read_bytes()
    assert header + 16 <= left.count(b"\n") < header + 60

    listed = "\n".join(paths)
    for target in (out, tmp_path / "whole"):
        more = ["--resume"] if target == out else []
        command = [sys.executable, "-m", "cal", "attribute", model_path, "-", form, "-o", target]
        done = subprocess.run([*command, *more], input=listed, text=True, capture_output=True)
        assert (done.returncode, done.stderr) == (0, "")
    assert out.read_bytes() == (tmp_path / "whole").read_bytes()
    assert out.read_bytes().startswith(left[: left.rfind(b"\n") + 1])


def test_a_path_given_twice_is_answered_twice(
    form: str, model_path: Path, picture: Path, tmp_path: Path, native: object
) -> None:
    command = ["attribute", str(model_path), *3 * [str(picture)], form, "-o", str(tmp_path / "out")]
    assert main(command) == 0
    whole = (tmp_path / "out").read_bytes()
    (tmp_path / "out").write_bytes(whole[:-5])
    assert main([*command, "--resume"]) == 0
    assert (tmp_path / "out").read_bytes() == whole


@pytest.fixture
def refused(
    form: str,
    whole: bytes,
    folder: Path,
    model_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    """Resumes with what is given changed; the file stays, and the sentence comes back."""

    def resume(*options: object, data: bytes = whole, model: Path = model_path) -> str:
        out = tmp_path / "out"
        out.write_bytes(data)
        assert attribute(model, folder, out, "--resume", *(options or [form])) == 1
        assert out.read_bytes() == data
        error = capsys.readouterr().err
        assert error.startswith(f"cal: {out}: ") and error.count("\n") == 1
        return error

    return resume


def test_another_model_is_refused(model: cal.Model, state: State, tmp_path: Path, refused) -> None:
    changed = state | {"encoder.fc2": state["encoder.fc2"][::-1].copy()}
    checkpoint = torchfile.save(tmp_path / "other.ckpt", {"state_dict": changed})
    import_checkpoint(checkpoint, tmp_path / "other.cal", size=32, classes=["alpha", "beta"])
    with cal.Model.load(tmp_path / "other.cal") as other:
        error = refused(model=tmp_path / "other.cal")
        assert model.sha256 in error and other.sha256 in error


def test_other_options_are_refused(form: str, folder: Path, tmp_path: Path, refused) -> None:
    boxes = tmp_path / "faces.csv"
    boxes.write_text(f"{folder}/l.png,4,4,10,20\n", encoding="utf-8")
    assert "0.75" in refused(form, "--known-threshold", 0.75)
    assert "0.25" in refused(form, "--novel-threshold", 0.25)
    assert f"{folder}/l.png" in refused(form, "--faces", boxes)
    assert "with this model and these options it is" in refused(form, "--exif-orientation")
    error = refused(form, "--top", 2)
    if form == "--csv":
        assert "24 columns, up to 'probability_3'; these options give 19" in error
    else:
        assert "number of ranked 3; with this model and these options it is 2" in error


def test_another_form_is_refused(form: str, refused) -> None:
    [other] = set(FORMS) - {form}
    assert f"not what {other} writes" in refused(other)
    assert f"not what {form} writes" in refused(data=b"precious")
    assert f"not what {form} writes" in refused(data=b"precious\nlines\n")


def test_damaged_records_are_refused(form: str, whole: bytes, model: cal.Model, refused) -> None:
    lines = whole.splitlines(keepends=True)
    line = 4
    damaged = b"".join([*lines[:line], b"nonsense\n", *lines[line + 1 :]])
    assert f"line {line + 1} is no record of {form}" in refused(data=damaged)
    if form == "--csv":
        open_quote = b"".join([*lines[:line], b'"' + lines[line], *lines[line + 1 : 9]])
        assert f"not closed in the record of line {line + 1}" in refused(data=open_quote)


def test_what_is_no_file_is_refused(
    form: str, model_path: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attribute(model_path, folder, tmp_path, form, "--resume") == 1
    assert f"cal: {tmp_path}: is no file that a run can go on with" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--csv"], ["-o", "out"]])
def test_it_needs_a_file_of_records(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["attribute", "model", "images", "--resume", *options])
    assert raised.value.code == 64
    assert "--resume needs -o FILE" in capsys.readouterr().err


def test_images_that_are_gone_keep_their_records(
    form: str, model_path: Path, picture: Path, tmp_path: Path, native: object
) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for name in "abc":
        (images / f"{name}.png").symlink_to(picture)
    out = tmp_path / "out"
    assert attribute(model_path, images, out, form) == 0
    before = out.read_bytes()
    (images / "a.png").unlink()
    (images / "d.png").symlink_to(picture)
    assert attribute(model_path, images, out, form, "--resume") == 0
    assert out.read_bytes().startswith(before)
    assert out.read_bytes().count(b"\n") == before.count(b"\n") + 1


def test_samples_are_spread(form: str) -> None:
    kept = resume.Kept()
    for line in range(1000):
        kept.add(resume.Record(line, {"source": f"{line}", "status": "CAL_OK"}))
    kept.finish()
    lines = [record.line for record in kept.samples]
    assert resume.SAMPLES // 2 <= len(lines) <= resume.SAMPLES + 1
    assert lines[-1] == 999
    gaps = np.diff([0, *lines])
    assert gaps.max() <= 1000 / (resume.SAMPLES // 2)


def test_the_bar_counts_what_was_there(
    form: str, whole: bytes, model_path: Path, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.write_bytes(whole[: len(whole) // 2])
    arguments = ["attribute", model_path, folder, "-o", out, form, "--resume"]
    done = run_on_terminal(*arguments)
    assert done.status == 2
    assert b"11/11" in done.seen and b"0/11" not in done.seen.replace(b"10/11", b"")
    assert out.read_bytes() == whole
