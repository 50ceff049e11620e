"""`cal update`, `cal merge` and `cal history`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cal
from cal.cli import main


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Twenty pictures that are all noise of one kind, and a file that is no picture."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    chance = np.random.default_rng(4)
    for number in range(20):
        noise = chance.integers(90, 110, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{number:02}.png")
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_update(
    model: cal.Model,
    model_path: Path,
    inbox: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    state, new, page = tmp_path / "state", tmp_path / "new.cal", tmp_path / "report.html"
    (inbox / "bad.png").write_bytes(b"no picture")
    status, out, err = run(capsys, "update", model_path, state, inbox)
    assert status == 2
    assert "bad.png" in err
    assert "seen        20 images since the last commit" in out

    status, out, _ = run(capsys, "update", model_path, state, "--preview", "--json")
    preview = json.loads(out)
    assert status == 0 and preview["seen"] == 20 and not new.exists()

    named = ("--name", "0=Alpha 2")
    status, out, _ = run(
        capsys, "update", model_path, state, inbox / "00.png", *named, "--commit", new,
        "--report", page, "--known-loss", 1,
    )  # fmt: skip
    assert status == 0
    assert "21 images seen" in out and "renamed  0: Alpha 2" in out
    with cal.Model.load(new) as made:
        assert made.info.bank_epoch == model.info.bank_epoch + 1
        assert made.describe()["provenance"]["parent_sha256"] == model.sha256
        assert made.prototypes[0].name == "Alpha 2"
        html = page.read_text("utf-8")
        assert made.sha256 in html and "Alpha 2" in html and "http" not in html

    status, out, _ = run(capsys, "history", state)
    assert status == 0 and f"epoch {model.info.bank_epoch + 1}, model" in out
    assert "renamed  0: Alpha 2" in out
    status, out, _ = run(capsys, "history", new)
    assert status == 0 and f"parent {model.sha256}" in out
    status, out, _ = run(capsys, "history", new, "--json")
    assert json.loads(out)[0]["born"][0]["name"] == "Alpha 2"
    status, out, _ = run(capsys, "update", new, state, "--rollback", model.info.bank_epoch)
    assert status == 0 and f"epoch       {model.info.bank_epoch + 2}," in out


def test_label(
    model_path: Path, inbox: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state, new = tmp_path / "state", tmp_path / "new.cal"
    few = sorted(inbox.iterdir())[:5]
    status, out, _ = run(
        capsys, "update", model_path, state, *few, "--label", "Told", "--commit", new,
        "--known-loss", 1,
    )  # fmt: skip
    with cal.Model.load(new) as made:
        told = made.prototypes[-1]
    assert told.name == "Told"
    assert status == 0 and f"born     {told.id} Told: 5 images" in out
    status, out, _ = run(
        capsys, "update", new, state, few[0], "--label", f"#{told.id}", "--preview", "--json"
    )
    assert status == 0 and json.loads(out)["labelled"] == [{"id": told.id, "images": 1}]


def test_labels_are_told_while_images_are_read(
    model_path: Path,
    inbox: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No answer is kept longer than that: there may be more of them than memory."""
    told, seen = [], []
    label = cal.Updater.label

    def telling(self: cal.Updater, keys: list[str], *rest: object) -> None:
        told.append(len(keys))
        seen.append(self.status()["seen"])
        label(self, keys, *rest)

    monkeypatch.setattr(cal.Updater, "label", telling)
    monkeypatch.setattr(cal.cli.update, "LABELS", 4)
    (inbox / "19.png").write_bytes((inbox / "18.png").read_bytes())
    command = ("update", model_path, tmp_path / "state", inbox, "--label", "Told")
    status, out, _ = run(capsys, *command, "--preview", "--json")
    assert (told, seen) == ([4, 4, 4, 4, 3], [16, 16, 16, 16, 20])
    [born] = json.loads(out)["born"]
    assert status == 0 and (born["name"], born["images"]) == ("Told", 19)


def test_a_page_shows_files_of_any_name(
    model_path: Path, inbox: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd, page = inbox / "\udcff.png", tmp_path / "page.html"
    (inbox / "00.png").rename(odd)
    label = ("--label", "Told", "--founders", 2)
    status, *_ = run(
        capsys, "update", model_path, tmp_path / "state", odd, *label, "--preview", "--report", page
    )
    assert status == 0 and "data:image/png" in page.read_text("utf-8")


def test_merge(
    model_path: Path, inbox: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = sorted(inbox.iterdir())
    for site in range(2):
        status, *_ = run(capsys, "update", model_path, tmp_path / f"{site}", *pictures[site::2])
        assert status == 0
    status, out, _ = run(capsys, "merge", tmp_path / "0", tmp_path / "1")
    assert status == 0 and "seen        20 images" in out


def test_a_state_of_another_model(
    model_path: Path, colour_model_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "update", model_path, tmp_path / "state")[0] == 0
    status, _, err = run(capsys, "update", colour_model_path, tmp_path / "state")
    assert status == 1 and "another model" in err


def epoch_of(state: Path) -> int:
    with cal.Updater.open(state) as updater:
        return int(updater.status()["epoch"])


@pytest.mark.parametrize("option", ["--commit", "--report"])
def test_what_cannot_be_written_is_said_before_the_commit(
    option: str,
    model_path: Path,
    inbox: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    state = tmp_path / "state"
    assert run(capsys, "update", model_path, state)[0] == 0
    epoch = epoch_of(state)
    more = ("--commit", tmp_path / "new.cal") if option == "--report" else ()
    status, out, err = run(
        capsys, "update", model_path, state, inbox, *more, option, tmp_path / "no" / "file"
    )
    assert (status, out, err) == (1, "", f"cal: {tmp_path}/no/file: No such file or directory\n")
    assert epoch_of(state) == epoch and not (tmp_path / "new.cal").exists()


def test_a_page_without_jinja_is_said_before_the_commit(
    model_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state, new = tmp_path / "state", tmp_path / "new.cal"
    monkeypatch.delitem(sys.modules, "cal.cli.update_page", raising=False)
    monkeypatch.delitem(sys.modules, "cal._page", raising=False)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    status, _, err = run(
        capsys, "update", model_path, state, "--commit", new, "--report", tmp_path / "r.html"
    )
    assert status == 1 and "r.html: needs jinja2 (pip install jinja2)" in err
    assert not new.exists() and not state.exists()


def test_a_commit_whose_model_cannot_be_saved_says_where_it_is(
    model: cal.Model,
    model_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(self: cal.Model, path: str) -> None:
        raise OSError(28, "No space left on device", path)

    monkeypatch.setattr(cal.Model, "save", full)
    state, epoch = tmp_path / "state", model.info.bank_epoch + 1
    status, _, err = run(
        capsys, "update", model_path, state, "--commit", tmp_path / "n.cal", "--known-loss", 1
    )
    assert status == 1
    assert err == (
        f"cal: epoch {epoch} is made; its model is {state}/epoch-{epoch}.cal\n"
        f"cal: {tmp_path}/n.cal: No space left on device\n"
    )
    assert (state / f"epoch-{epoch}.cal").is_file()


def test_a_label_without_an_image(
    model_path: Path, inbox: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "none.png", tmp_path / "empty"):
        status, _, err = run(
            capsys, "update", model_path, tmp_path / "state", path, "--label", "Told"
        )
        assert status == 1 and "no image can be used to say what Told is" in err


def test_a_new_state_has_a_folder_of_its_own(
    model_path: Path, inbox: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(inbox.iterdir())
    status, _, err = run(capsys, "update", model_path, inbox)
    assert status == 1 and f"cal: {inbox}: is no state, and not empty" in err
    assert sorted(inbox.iterdir()) == before
    (tmp_path / "empty").mkdir()
    assert run(capsys, "update", model_path, tmp_path / "empty")[0] == 0


@pytest.mark.parametrize("first", [True, False])
def test_images_before_or_behind_options(
    first: bool,
    model_path: Path,
    inbox: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ["--threads", 1, "--preview"]
    order = [inbox, *options] if first else [*options, inbox]
    status, out, _ = run(capsys, "update", model_path, tmp_path / "state", *order)
    assert status == 0 and "20 images seen" in out


@pytest.mark.parametrize(
    "options",
    [["--preview", "--commit=new.cal"], ["--label=X"], ["--label=X", "--commit=new.cal"]],
)
def test_options_that_contradict(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["update", "model.cal", "state", *options])
    assert left.value.code == 64


@pytest.mark.parametrize(
    "option", ["--name=x", "--name=1", "--assign=1", "--label=#x", "--founders=0"]
)
def test_wrong_usage(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["update", "model.cal", "state", option])
    assert left.value.code == 64
    assert option.split("=")[0] in capsys.readouterr().err
