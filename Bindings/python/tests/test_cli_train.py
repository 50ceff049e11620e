"""`cal train` as its users meet it."""

from __future__ import annotations

import base64
import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

import cal
import cal.cli
from cal.cli import train_images, train_report
from terminal import run, run_on_terminal

NETWORK = ("--network", "resnet18", "--width", 4, "--size", 16, "--small-stem", "--threads", 2)
KNOWN = ("--known", "alpha,beta", "--batch", 4, "--rate", 1e-3, *NETWORK)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open(newline="") as file:
        return list(csv.DictReader(file))


class Page(HTMLParser):
    """What a page shows, and everything that it would load."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.text = ""
        self.sources: list[str] = []
        self.tags: set[str] = set()
        self.feed((folder / "report.html").read_text())
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.sources += [value or "" for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += " " + data


# Files. ---------------------------------------------------------------------------------------


def test_train_eval_and_resume(faces: Path, tmp_path: Path) -> None:
    out = tmp_path / "a"
    options = (*KNOWN, "--epochs", 3, "--seed", 2)
    done = run("train", faces, out, *options)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == [f"epoch {i} of 3" for i in (1, 2, 3)]
    assert lines[3:] == [f"wrote {out / name}" for name in ("model.cal", "report.html")]
    files = {"model.cal", "training.ckpt", "split.csv", "history.csv", "report.html"}
    assert {path.name for path in out.iterdir()} == files
    history = rows(out)
    assert [row["epoch"] for row in history] == ["0", "1", "2"]
    assert all(row["validation_accuracy"] == "" for row in history)
    rates = [float(row["learning_rate"]) for row in history]
    assert 1e-3 > rates[0] > rates[1] > rates[2] > 0
    dataset = cal.data.open(faces, out / "split.csv")
    assert dataset == cal.data.split(faces, known=["alpha", "beta"], seed=2)
    model = cal.Model.load(out / "model.cal")
    assert [p.name for p in model.prototypes if p.kind == "known"] == ["alpha", "beta"]
    assert model.info.prototype_count == 3

    measured = run("eval", out / "model.cal", faces, "--manifest", out / "split.csv", "--json")
    assert measured.returncode == 0
    assert json.loads(measured.stdout)["data"]["images"] == len(dataset.test)

    # It has ended, so there is nothing left to do, and model and history are the same.
    again = run("train", faces, out, *options, "--resume")
    assert (again.returncode, again.stderr) == (0, "")
    assert cal.Model.load(out / "model.cal").sha256 == model.sha256
    assert rows(out) == history
    other = run("train", faces, out, *options[:-1], 3, "--resume")
    assert other.returncode == 1 and "seed = 2, here seed = 3" in other.stderr
    assert rows(out) == history


def test_a_training_is_not_written_over(
    faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], native: object
) -> None:
    out = tmp_path / "kept"
    arguments = ["train", str(faces), str(out), "--epochs", "1", *map(str, KNOWN)]
    assert cal.cli.main([*arguments, "--resume"]) == 0  # there is nothing yet to go on with
    assert f"cal: no {out}/training.ckpt yet: this begins" in capsys.readouterr().err
    before = (out / "training.ckpt").read_bytes()
    assert cal.cli.main([*arguments, "--seed", "5"]) == 1
    assert f"cal: {out}/training.ckpt: is there already" in capsys.readouterr().err
    assert (out / "training.ckpt").read_bytes() == before
    assert cal.cli.main([*arguments, "--seed", "5", "--force"]) == 0
    assert (out / "training.ckpt").read_bytes() != before


def test_an_interrupted_training_goes_on_with_its_history(
    faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, native: object
) -> None:
    """Ctrl-C while an epoch's row is there, but its checkpoint is not."""
    options = ["--epochs", "4", *map(str, KNOWN), "--validation", "0.3", "--keep", "best"]
    arguments = ["train", str(faces), str(tmp_path / "a"), *options]
    assert cal.cli.main([*arguments[:2], str(tmp_path / "whole"), *options]) == 0
    save = cal.training.Trainer.save
    calls = 0

    def interrupted(trainer: cal.training.Trainer, path: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        if calls != 3:  # what the handler of Ctrl-C would write
            save(trainer, path)

    monkeypatch.setattr(cal.training.Trainer, "save", interrupted)
    assert cal.cli.main(arguments) == cal.cli.exits.INTERRUPTED
    assert [row["epoch"] for row in rows(tmp_path / "a")] == ["0", "1"]
    assert not (tmp_path / "a" / "report.html").exists()
    monkeypatch.undo()
    assert cal.cli.main([*arguments, "--resume"]) == 0
    found, whole = rows(tmp_path / "a"), rows(tmp_path / "whole")
    assert len(whole) == 4
    for row in (*found, *whole):
        del row["seconds"]
    assert found == whole
    models = [cal.Model.load(tmp_path / name / "model.cal").sha256 for name in ("a", "whole")]
    assert models[0] == models[1]


def test_train_starts_from_a_model(faces: Path, model_path: Path, tmp_path: Path) -> None:
    done = run(
        *("train", faces, tmp_path / "b", "--known", "alpha", "--unknown-k", "--epochs", 1),
        *("--prototypes", 7, "--init", model_path, "--batch", 8, "--recipe", "paper"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    model = cal.Model.load(tmp_path / "b" / "model.cal")
    assert 1 <= model.info.prototype_count <= 7
    parent = model.describe()["provenance"]["parent_sha256"]
    assert parent == cal.Model.load(model_path).sha256


# Options. -------------------------------------------------------------------------------------


def test_options_reach_the_trainer(
    faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setting of the reference networks on vae17, and everything else that has a number."""
    found = {}

    def trainer(*arguments: object, **options: object) -> object:
        found.update(options)
        raise KeyboardInterrupt

    monkeypatch.setattr(cal.cli.train, "Trainer", trainer)
    command = (
        "--network resnet18 --width 16 --size 64 --small-stem --recipe paper --epochs 30 "
        "--batch 32 --rate 1e-3 --weight-decay 1e-3 --decay-epochs 10 --decay-factor 0.2 "
        "--pseudo-epoch 3 --seed 1 --known alpha,beta --dropout 0 --gamma 0.8 --patience 4 "
        "--validation 0.5 --keep best --threads 1"
    )
    arguments = ["train", str(faces), str(tmp_path / "o"), *command.split()]
    assert cal.cli.main(arguments) == cal.cli.exits.INTERRUPTED
    held_out = found.pop("held_out")
    assert len(held_out) == 6  # of 6 and 6 labelled ones
    assert found == {
        "network": cal.training.Network("basic", (2, 2, 2, 2), 16, 64, True),
        "start": None,
        "prototypes": 3,
        "unknown_k": False,
        "recipe": "paper",
        "epochs": 30,
        "batch_size": 32,
        "pseudo_epoch": 3,
        "learning_rate": 1e-3,
        "weight_decay": 1e-3,
        "decay_epochs": 10,
        "decay_factor": 0.2,
        "dropout": 0.0,
        "gamma": 0.8,
        "patience": 4,
        "keep": "best",
        "seed": 1,
        "threads": 1,
    }


def test_what_a_recipe_chooses_is_left_to_it() -> None:
    chosen = cal.cli.parser().parse_args(["train", "faces", "o"])
    assert chosen.weight_decay is None


def test_validation_images_are_whole_groups(faces: Path) -> None:
    dataset = cal.data.split(faces, known=["alpha", "beta"], group=r"\w+/id\d", labelled=1)
    chosen = cal.cli.parser().parse_args(["train", str(faces), "o", "--validation", "0.5"])
    images = train_images.load_images(dataset, chosen)
    samples = [*dataset.labelled, *dataset.unlabelled]
    held_out = [samples[i] for i in images.held_out]
    assert [sum(s.label == label for s in held_out) for label in (0, 1)] == [4, 4]
    assert all(sample.split == "labelled" for sample in held_out)
    groups = {sample.group for sample in held_out}
    assert len(groups) == 4
    assert all(sample in held_out for sample in samples if sample.group in groups)
    other = cal.cli.parser().parse_args(
        ["train", str(faces), "o", "--validation", "0.5", "--seed", "5"]
    )
    assert train_images.load_images(dataset, other).held_out != images.held_out


def test_patience_ends_the_training(faces: Path, tmp_path: Path) -> None:
    out = tmp_path / "p"
    done = run(
        *("train", faces, out, *KNOWN, "--epochs", 40, "--validation", 0.34, "--patience", 2)
    )
    assert (done.returncode, done.stderr) == (0, "")
    accuracies = [float(row["validation_accuracy"]) for row in rows(out)]
    assert len(accuracies) < 40
    assert len(accuracies) - 1 - accuracies.index(max(accuracies)) == 2
    assert f"epoch {len(accuracies)} of 40: " in done.stdout
    assert f"validation {100 * accuracies[-1]:.1f} % (confidence 0." in done.stdout
    assert f"{len(accuracies)} of 40 epochs; validation ended it early" in Page(out).text


@pytest.mark.parametrize(
    ("options", "status", "sentence"),
    [
        ((), 1, "split.csv"),
        (("--known", "alpha", "--rate", "nan"), 64, "'nan' is not a number"),
        (("--known", "alpha", "--rate", 0), 64, "0 is not a number above 0"),
        (("--known", "alpha", "--rate", 2000), 1, "learning_rate is 2000.0"),
        (("--known", "alpha", "--weight-decay", -1), 64, "-1 is below 0"),
        (("--known", "alpha", "--decay-factor", 2), 1, "factor is 2.0, not 0.0 to 1.0"),
        (("--known", "alpha", "--dropout", 0.95), 1, "dropout is 0.95"),
        (("--known", "alpha", "--validation", 2), 64, "2 is not a share, 0 to 1"),
        (("--known", "alpha", "--validation", 0.01), 1, "validation is 0.01, which is none of the"),
        (("--known", "alpha", "--validation", 1), 1, "of 'alpha' none would be left to train on"),
        (("--known", "alpha", "--patience", 3), 1, "patience is 3, but no images are held out"),
        (("--known", "alpha", "--keep", "best"), 1, "no images are held out"),
    ],
)
def test_train_names_what_is_wrong(
    faces: Path, tmp_path: Path, options: tuple[object, ...], status: int, sentence: str
) -> None:
    done = run("train", faces, tmp_path / "c", *NETWORK, *options)
    assert done.returncode == status and sentence in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


# What is seen. --------------------------------------------------------------------------------


def test_the_bar_shows_losses_threshold_and_prototypes(
    faces: Path, tmp_path: Path, native: object
) -> None:
    done = run_on_terminal("train", faces, tmp_path / "d", *KNOWN, "--epochs", 2, columns=120)
    assert done.status == 0
    seen = done.seen.decode()
    assert re.search(
        r"epoch 2/2 \d/6 .* left, K 3 γₙ 0\.\d\d "
        r"loss \d\.\d\d: CE \d\.\d\d R \d\.\d\d CCR \d\.\d\d",
        seen,
    ), seen


def test_the_report_is_one_page_that_loads_nothing(faces: Path, tmp_path: Path) -> None:
    out = tmp_path / "e"
    folder = tmp_path / "<i>faces"
    folder.symlink_to(faces)
    done = run(
        *("train", folder, out, *KNOWN, "--epochs", 4, "--validation", 0.34, "--keep", "best"),
        *("--decay-epochs", 2, "--pseudo-epoch", 1, "--unknown-k"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    page = Page(out)
    assert not page.tags & {"script", "link", "iframe", "object", "i"}
    assert "<i>faces: training report" in page.text
    svg = "data:image/svg+xml;base64,"
    assert len(page.sources) == 8 and all(each.startswith(svg) for each in page.sources)
    for source in page.sources:
        figure = base64.b64decode(source.removeprefix(svg))
        root = ElementTree.fromstring(figure)
        assert root.tag.endswith("}svg")
        addresses = [
            value for node in root.iter() for name, value in node.items() if "href" in name
        ]
        assert all(address.startswith("#") for address in addresses)
    history = rows(out)
    accuracies = [float(row["validation_accuracy"]) for row in history]
    best = max(accuracies)
    assert (
        f"{100 * accuracies[-1]:.1f} % validation accuracy; best: {100 * best:.1f} % in epoch "
        f"{accuracies.index(best) + 1}" in page.text
    )
    for words in ("4 of 4 epochs", "γ is 0.9", "--decay-epochs 2", "--keep best", "held out to"):
        assert words in page.text, words
    model = cal.Model.load(out / "model.cal")
    assert model.sha256 in page.text
    assert f"{model.info.prototype_count} prototypes, K: 2 known" in page.text
    for row in history:
        assert any(
            f" {total} {supervised} " in page.text
            for total in rounded(row["total"])
            for supervised in rounded(row["supervised"])
        )


def rounded(text: str) -> set[str]:
    """What four decimals of a number may be that was cut to six digits itself."""
    return {f"{float(text) + shift:.4f}" for shift in (-5e-6, 0, 5e-6)}


def test_without_matplotlib_there_is_no_report(
    faces: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    native: object,
) -> None:
    monkeypatch.setattr(train_report.importlib.util, "find_spec", lambda name: None)
    out = tmp_path / "f"
    assert cal.cli.main(["train", str(faces), str(out), "--epochs", "1", *map(str, KNOWN)]) == 0
    assert "no report: it needs matplotlib and Jinja2" in capsys.readouterr().err
    assert (out / "model.cal").is_file() and not (out / "report.html").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("epoch,total\n0,1\n", "history.csv: its columns are not epoch,supervised,"),
        ("{head}\n0,1\n", "history.csv: line 2 is no epoch of a training"),
        ("{head}\n0,x,0,0,0,0,0,,3,1,1,,\n", "history.csv: line 2 is no epoch of a training"),
    ],
)
def test_a_history_that_is_none_is_refused(
    faces: Path, tmp_path: Path, text: str, sentence: str
) -> None:
    options = (*KNOWN, "--epochs", 1)
    assert run("train", faces, tmp_path / "g", *options).returncode == 0
    path = tmp_path / "g" / "history.csv"
    path.write_text(text.format(head=path.read_text().splitlines()[0]))
    done = run("train", faces, tmp_path / "g", *options, "--resume")
    assert done.returncode == 1 and sentence in done.stderr
