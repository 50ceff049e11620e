"""The programs in Examples/ do what they say, on pictures whose answers have a closed form."""

from __future__ import annotations

import csv
import math
import signal
import subprocess
import sys
from pathlib import Path

import cal
import pytest
from make_model import COLOURS, colours_logits
from support import ROOT, Installed, ppm

EXAMPLES = ROOT / "Examples"
PICTURES = {
    "black.ppm": (0, 0, 0),
    "blue.ppm": (20, 30, 255),
    "red.ppm": (255, 0, 0),
    "white.ppm": (255, 255, 255),
}
VERDICTS = {
    "black.ppm": "undetermined",
    "blue.ppm": "known",
    "red.ppm": "known",
    "white.ppm": "novel",
}


def ranking(colour: tuple[int, int, int]) -> list[tuple[int, str, float]]:
    """(id, name, probability), best first and the lower id first among equals: the softmax of
    the logits, worked out here without libcal."""
    logits = colours_logits(*(value / 255 for value in colour))
    total = sum(map(math.exp, logits.values()))
    scores = [(id, COLOURS[id][1], math.exp(logit) / total) for id, logit in logits.items()]
    return sorted(scores, key=lambda score: (-score[2], score[0]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faces")
    for name, colour in PICTURES.items():
        (folder / name).write_bytes(ppm(40, 30, bytes(colour) * 1200))
    (folder / "cut.ppm").write_bytes(ppm(40, 30, bytes(3600))[:500])
    return folder


def test_c(installed: Installed, models: list[Path], folder: Path, tmp_path: Path) -> None:
    program = installed.compile(EXAMPLES / "c" / "attribute.c", tmp_path / "attribute")
    words = {
        "known": "made by a known method",
        "novel": "made by a method without a name yet",
        "undetermined": "undetermined",
    }
    expected = ""
    for name, colour in PICTURES.items():
        expected += f"{name}: {words[VERDICTS[name]]}\n"
        for id, label, probability in ranking(colour)[:3]:
            expected += f"  {probability:.3f}  {id}  {label or '(unnamed)'}\n"
    done = installed.run(program, models[0], *PICTURES, cwd=folder)
    assert (done.stdout, done.stderr) == (expected, "")


def test_c_failures(installed: Installed, models: list[Path], folder: Path, tmp_path: Path) -> None:
    program = installed.compile(EXAMPLES / "c" / "attribute.c", tmp_path / "attribute")

    def fails(*arguments: str | Path) -> str:
        done = subprocess.run(
            [program, *arguments], capture_output=True, text=True, cwd=folder,
            env=installed.environment(),
        )  # fmt: skip
        assert done.returncode != 0
        return done.stderr

    assert fails(models[0], "cut.ppm") == "cut.ppm: not a readable P6 file\n"
    assert "missing.cal" in fails("missing.cal", "red.ppm")
    assert fails().startswith("usage:")


def test_cpp(installed: Installed, models: list[Path], folder: Path, tmp_path: Path) -> None:
    program = installed.compile(EXAMPLES / "cpp" / "folder.cpp", tmp_path / "folder")
    lines = installed.run(program, models[0], folder).stdout.splitlines()
    expected = {
        name: (VERDICTS[name], best[1] or f"#{best[0]}", f"{best[2]:.3f}")
        for name, colour in PICTURES.items()
        for best in [ranking(colour)[0]]
    }
    answers = {name: tuple(rest) for name, *rest in (line.split("\t") for line in lines)}
    refused = answers.pop("cut.ppm")
    assert refused[0] == "error" and refused[1] != ""
    assert answers == expected
    assert [line.split("\t")[0] for line in lines] == sorted([*PICTURES, "cut.ppm"])


def test_python(models: list[Path], folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    script = EXAMPLES / "python" / "folder_to_csv.py"
    done = subprocess.run(
        [sys.executable, script, models[0], folder, out], capture_output=True, text=True
    )
    assert done.stdout == "5 pictures, 1 of them unreadable\n", done.stderr
    assert done.returncode == 1

    rows = {Path(row["path"]).name: row for row in csv.DictReader(out.open(newline=""))}
    assert rows.pop("cut.ppm")["error"] != ""
    assert rows.keys() == PICTURES.keys()
    for name, colour in PICTURES.items():
        id, label, probability = ranking(colour)[0]
        row = rows[name]
        assert (row["verdict"], row["id"], row["name"]) == (VERDICTS[name], str(id), label)
        assert float(row["probability"]) == pytest.approx(probability, abs=1e-4)


# ---------------------------------------------------------------------------- field updates

BORN = 5  # the fixture has ids 0 to 4


def dark(number: int) -> tuple[int, int, int]:
    """A method that the fixture does not know: its pictures are too dark for any prototype to be
    sure, and lie around one colour."""
    return (12 + 7 * number % 13, 2 + 11 * number % 5, 30 + 5 * number % 11)


def fill(folder: Path, names: str, numbers: range) -> Path:
    folder.mkdir(exist_ok=True)
    for number in numbers:
        picture = ppm(40, 30, bytes(dark(number)) * 1200)
        (folder / f"{names}{number}.ppm").write_bytes(picture)
    return folder


def test_watch(installed: Installed, models: list[Path], tmp_path: Path) -> None:
    program = installed.compile(EXAMPLES / "c" / "watch.c", tmp_path / "watch")
    inbox = fill(tmp_path / "inbox", "first", range(8))
    (inbox / "cut.ppm").write_bytes(b"P6 9 9 255 no")
    (inbox / "notes.txt").write_text("no picture")
    state, out = tmp_path / "state", tmp_path / "next.cal"
    command = [program, models[0], state, inbox, out, "2", "0"]

    few = installed.run(*command)
    assert few.stderr == f"{inbox}/cut.ppm: not a readable P6 file\n"
    assert len(few.stdout.splitlines()) == 8 and ": undetermined, nearest to " in few.stdout
    assert not out.exists()

    # More come, and the state is still there.
    (inbox / "cut.ppm").unlink()
    for old in inbox.glob("first*"):
        old.unlink()
    fill(inbox, "more", range(8, 30))
    lines = installed.run(*command).stdout.splitlines()
    assert lines[22:] == [f"epoch 2, 5 methods, born {BORN}: {out}"]
    with cal.Model.load(out) as model:
        assert model.info.bank_epoch == 2
        [answer] = model.attribute([inbox / "more9.ppm"], top=1)
        assert answer.top is not None and answer.top.id == BORN

    # The new model is what the next start goes on with.
    lines = installed.run(*command).stdout.splitlines()
    assert len(lines) == 22 and all(line.endswith(f"nearest to {BORN}") for line in lines)


def test_watch_ends_on_an_interrupt(
    installed: Installed, models: list[Path], tmp_path: Path
) -> None:
    program = installed.compile(EXAMPLES / "c" / "watch.c", tmp_path / "watch")
    inbox = fill(tmp_path / "inbox", "one", range(1))
    with subprocess.Popen(
        [program, models[0], tmp_path / "state", inbox, tmp_path / "next.cal"],
        stdout=subprocess.PIPE, text=True, env=installed.environment(),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline().startswith("one0.ppm: ")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    with cal.Updater.open(tmp_path / "state") as updater:
        assert updater.status()["seen"] == 1


def test_two_shards(models: list[Path], tmp_path: Path) -> None:
    shards = [
        fill(tmp_path / "a", "left", range(12)),
        fill(tmp_path / "b", "right", range(12, 24)),
    ]
    (shards[1] / "white.ppm").write_bytes(ppm(40, 30, bytes((255, 255, 255)) * 1200))
    out = tmp_path / "next.cal"
    script = EXAMPLES / "python" / "two_shards.py"
    done = subprocess.run(
        [sys.executable, script, models[0], *shards, tmp_path / "work", out],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        f"{shards[0]}: 12 of 12 unexplained",
        f"{shards[1]}: 12 of 13 unexplained",
        f"born: #{BORN}, of 24 pictures",
    ]
    assert "white.ppm: novel #3" in lines
    changed = [line for line in lines[3:] if line.endswith(f" #{BORN}")]
    assert len(changed) == 24
