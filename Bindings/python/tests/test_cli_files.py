"""The `cal` command's files and streams: names that are no text, results that must not be lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cal
from cal.cli import main
from terminal import run

LATIN = b"caf\xe9"
"""A name that is no UTF-8."""


def shell(
    command: str, *arguments: object, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """`cal` is in "$@" what it is; arguments follow as $1, ..."""
    script = f'cal() {{ {sys.executable} -m cal "$@"; }}; {command}'
    return subprocess.run(
        ["bash", "-c", script, "bash", *map(os.fsencode, map(str, arguments))],
        capture_output=True,
        env=os.environ | environment,
        timeout=120,
    )


@pytest.fixture
def images(picture: Path, tmp_path: Path) -> Path:
    """Three pictures, of which two are in a folder."""
    folder = tmp_path / "images"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.png", "b.png", "sub/c.png"):
        shutil.copy(picture, folder / name)
    return folder


# Face boxes. ----------------------------------------------------------------------------------


def crops(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[int], str]:
    """Status, the crops' widths, stderr."""
    status = main([*map(str, arguments), "--jsonl", "--face-margin", "1"])
    printed = capsys.readouterr()
    records = [json.loads(line) for line in printed.out.splitlines()]
    return status, [record["image"]["crop"]["width"] for record in records], printed.err


def test_boxes_meet_images_however_paths_are_written(
    model_path: Path,
    images: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(images)
    boxes = images / "boxes.csv"
    boxes.write_text("./a.png,0,0,10,10\nsub//c.png,0,0,20,20\n", encoding="utf-8-sig")
    arguments = ("attribute", model_path, "a.png", "./b.png", "./sub/c.png", "--faces", boxes)
    assert crops(capsys, *arguments) == (0, [10, 32, 20], "")


def test_boxes_without_an_image_are_named(
    model_path: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    boxes, out = images / "boxes.csv", images / "out.jsonl"
    boxes.write_text(f"{images}/a.png,0,0,10,10\n\n{images}/x\x1b.png,0,0,20,20\n")
    arguments = ("attribute", model_path, images, "--faces", boxes)
    told = f"cal: {boxes}: line 3: no image of this run is {images}/x\\x1b.png\n"
    assert crops(capsys, *arguments) == (2, [10, 32, 32], told)
    assert crops(capsys, *arguments, "-o", out) == (2, [], told)
    # What is in the file already is an image of this run, too.
    assert crops(capsys, *arguments, "-o", out, "--resume") == (2, [], told)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"a.png,1,2,3,4\nb.png,1,2,3,4\n./a.png,5,6,7,8\n", "line 3 is a second box for ./a.png"),
        (b"a.png,1,2,3,4\na.png,1,2,3,x\n", "line 2 is not path,x,y,width,height"),
        (b"a.png,1,2,3,4\n" + LATIN + b".png,1,2,3,4\n", "not UTF-8 behind line "),
        (b"x" * 200_000 + b",1,2,3,4\n", "field larger than field limit"),
    ],
)
def test_boxes_that_cannot_be_read(
    text: bytes,
    sentence: str,
    model_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    boxes = tmp_path / "boxes.csv"
    boxes.write_bytes(text)
    assert main(["attribute", str(model_path), str(tmp_path), "--faces", str(boxes)]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"cal: {boxes}: ") and sentence in err


# Names and streams. ---------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_name_that_is_no_text(
    encoding: str, model_path: Path, picture: Path, tmp_path: Path, native: object
) -> None:
    name = os.fsencode(tmp_path) + b"/" + LATIN + "\u00e9.png".encode()
    shutil.copy(os.fsencode(picture), name)
    done = shell('ls -d "$2"/*.png | cal attribute "$1" - --jsonl', model_path, tmp_path,
                 PYTHONIOENCODING=encoding)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    source = json.loads(done.stdout)["source"]
    assert source.endswith("caf\\xe9\u00e9.png")
    done = shell('cal attribute "$1" "$2"', model_path, tmp_path, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_evaluation_of_a_folder_whose_name_is_no_text(
    model_path: Path, picture: Path, tmp_path: Path, native: object
) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + LATIN))
    for name in ("alpha", "beta"):
        (folder / name).mkdir(parents=True)
        shutil.copy(picture, folder / name / "a.png")
    done = run("eval", model_path, folder, "--split", "all", "--json", "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    assert "caf\\udce9" in done.stdout
    assert json.loads(done.stdout) == json.loads((folder / "out/evaluation.json").read_text())


@pytest.mark.parametrize(
    ("streams", "status"), [(">&-", 0), ("<&-", 0), ("2>&-", 0), ("<&- >&- 2>&-", 0)]
)
def test_closed_streams(
    streams: str, status: int, model_path: Path, picture: Path, native: object
) -> None:
    done = shell(f'cal attribute "$1" "$2" {streams}', model_path, picture)
    assert (done.returncode, done.stderr) == (status, b"")
    assert bool(done.stdout) == (">&-" not in streams.replace("2>&-", ""))
    done = shell(f'cal attribute "$1" - {streams}', model_path)
    assert b"Traceback" not in done.stderr


def test_arguments_that_are_no_text(
    model_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = tmp_path / "names.txt"
    names.write_bytes(LATIN)
    for arguments in (
        ["import", "x.ckpt", "y.cal", "--classes", str(names)],
        ["split", str(tmp_path), "--out", "y.csv", "--known", str(names)],
    ):
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == 64
        assert "is a file that is not UTF-8" in capsys.readouterr().err
    named = ["--name", "0=\udcff"]
    assert main(["update", str(model_path), str(tmp_path / "state"), *named]) == 1
    assert capsys.readouterr().err == (
        "cal: name '\\udcff' is no Unicode text (CAL_ERR_ARGUMENT)\n"
    )


def test_a_byte_order_mark_is_no_name(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("alpha\nbeta\n", encoding="utf-8-sig")
    assert cal.cli.arguments.names(str(names)) == ["alpha", "beta"]
    names.write_text("alpha=beta\n", encoding="utf-8-sig")
    assert cal.cli.eval._map(str(names)) == {"alpha": "beta"}


def test_ctrl_c_while_modules_load(monkeypatch: pytest.MonkeyPatch) -> None:
    from cal.__main__ import main as command

    class Interrupted:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "cal.cli":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "cal.cli")
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])
    assert command() == 130


def test_errors_cannot_steer_the_terminal(
    tmp_path: Path, model_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["inspect", f"{tmp_path}/\x1b[2J"], ["attribute", model_path, "\x1b[2J",
                      "-o", f"{tmp_path}/\x1b/x"]):  # fmt: skip
        assert main([*map(str, arguments)]) == 1
        err = capsys.readouterr().err
        assert "\x1b" not in err and "\\x1b" in err
    with pytest.raises(SystemExit):
        main(["version", "\x1b[2J"])
    assert "\x1b" not in capsys.readouterr().err


def test_errors_name_their_file(
    model_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["attribute", str(model_path), str(picture), "-o", "/dev/full"]) == 1
    assert capsys.readouterr().err == "cal: /dev/full: No space left on device\n"
    assert main(["inspect", str(picture)]) == 1
    assert capsys.readouterr().err.startswith(f"cal: {picture}: not a CAL model file")
    done = shell("cal version > /dev/full")
    assert (done.returncode, done.stderr) == (1, b"cal: No space left on device\n")
    assert main(["attribute", str(model_path), str(picture), "--top", "99999999999"]) == 1
    assert "top 99999999999 must be 0 to 4294967295" in capsys.readouterr().err


# Results. -------------------------------------------------------------------------------------


def test_output_is_not_written_over(
    model_path: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, copy, empty = tmp_path / "keep.csv", tmp_path / "model.cal", tmp_path / "empty"
    empty.mkdir()
    kept.write_text("kept")
    shutil.copy(model_path, copy)
    command = ["attribute", str(copy), str(picture), "--csv", "-o"]
    assert main([*command, str(kept)]) == 1
    told = f"cal: {kept}: is there already: --resume goes on with it, --force replaces it\n"
    assert capsys.readouterr().err == told
    assert main(["attribute", str(copy), str(empty), "--csv", "-o", str(kept), "--force"]) == 1
    assert kept.read_text() == "kept"  # there was no record
    assert main([*command, str(copy), "--force"]) == 1
    assert f"cal: {copy}: is the model\n" in capsys.readouterr().err
    assert copy.read_bytes() == model_path.read_bytes()
    assert main([*command, str(kept), "--force"]) == 0
    assert kept.read_text().startswith("source,")


@pytest.mark.parametrize("folder", [False, True])
@pytest.mark.parametrize(
    "command",
    [
        "attribute MODEL IMAGES --force -o",
        "quantize MODEL IMAGES -o",
        "update MODEL STATE IMAGES --commit",
        "update MODEL STATE IMAGES --report",
    ],
)
def test_output_is_none_of_the_images(
    command: str,
    folder: bool,
    model_path: Path,
    picture: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    image, link = tmp_path / "evidence.png", tmp_path / "link"
    shutil.copy(picture, image)
    link.symlink_to(image)
    stand_for = {
        "MODEL": model_path,
        "STATE": tmp_path / "state",
        "IMAGES": tmp_path if folder else image,
    }
    arguments = [str(stand_for.get(word, word)) for word in command.split()]
    for output in (image, link):
        assert main([*arguments, str(output)]) == 1
        assert capsys.readouterr().err == f"cal: {output}: is one of the images\n"
    assert not (tmp_path / "state").exists()
    assert image.read_bytes() == picture.read_bytes()


def test_an_evaluation_needs_its_folder_first(
    model_path: Path,
    picture: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cal.cli.eval, "evaluate", None)  # it does not come to that
    (tmp_path / "alpha").mkdir()
    shutil.copy(picture, tmp_path / "alpha")
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "out"
    assert main(["eval", str(model_path), str(tmp_path), "--split", "all", "--out", str(out)]) == 1
    assert capsys.readouterr().err == f"cal: {out}: Not a directory\n"
