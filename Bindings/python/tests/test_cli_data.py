"""`cal split` and `cal eval` as their users meet them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import cal
import cal.cli
from cal.cli import eval as eval_command
from terminal import run, run_on_terminal

# split. ---------------------------------------------------------------------------------------


def test_split(faces: Path, tmp_path: Path) -> None:
    out = tmp_path / "split.csv"
    done = run("split", faces, "--out", out, "--known", "alpha,beta", "--seed", 3, "--test", 0.3)
    assert (done.returncode, done.stderr) == (0, "")
    right = cal.data.split(faces, known=["alpha", "beta"], seed=3, test=0.3)
    assert cal.data.open(faces, out) == right
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines == [
        ["class", "labelled", "unlabelled", "test"],
        ["alpha", "known", "5", "2", "3"],
        ["beta", "known", "5", "2", "3"],
        ["gamma", "novel", "0", "7", "3"],
        ["2", "known,", "1", "novel", "10", "11", "9"],
        ["wrote", f"{out},", "30", "images"],
    ]


def test_split_options(faces: Path, tmp_path: Path) -> None:
    (tmp_path / "names").write_text("gamma\n")
    done = run(
        *("split", faces, "--out", tmp_path / "a.csv", "--known", tmp_path / "names"),
        *("--cap", "novel=6", "--cap", "beta=4", "--labelled", 0.5, "--group", r"(id\d)_"),
        *("--no-check", "--decoders", 0),
    )
    assert (done.returncode, done.stderr) == (0, "")
    right = cal.data.split(
        faces, known=["gamma"], cap={"novel": 6, "beta": 4}, labelled=0.5, group=r"(id\d)_"
    )
    assert cal.data.open(faces, tmp_path / "a.csv") == right
    listing = "path,method,person\n" + "".join(
        f"{s.path},{s.method},{s.group}\n" for s in right.samples
    )
    (faces / "listing.csv").write_text(listing)
    done = run(
        *("split", faces / "listing.csv", "--out", tmp_path / "b.csv", "--known", "gamma"),
        *("--cap", 5, "--group-column", "person"),
    )
    assert done.returncode == 0, done.stderr
    again = cal.data.split(faces / "listing.csv", known=["gamma"], cap=5, group_column="person")
    assert cal.data.open(faces, tmp_path / "b.csv") == again


def test_split_lists_what_cannot_be_read(faces: Path, tmp_path: Path) -> None:
    for each in faces.iterdir():
        (tmp_path / each.name).symlink_to(each)
    (tmp_path / "x\x7f").mkdir()
    (tmp_path / "delta").mkdir()
    (tmp_path / "delta" / "bad.png").write_bytes(b"none")
    done = run("split", tmp_path, "--out", tmp_path / "o.csv", "--known", "alpha")
    assert done.returncode == 2
    assert done.stderr == (
        "cal: delta/bad.png: not an image that Pillow can read\ncal: 1 images cannot be read\n"
    )
    assert "delta/bad.png,2,delta,unreadable\n" in (tmp_path / "o.csv").read_text()


def test_bars_are_for_terminals_only(
    model_path: Path, faces: Path, tmp_path: Path, native: object
) -> None:
    """The tests above see none of it."""
    split = run_on_terminal("split", faces, "--out", tmp_path / "split.csv", "--known", "alpha")
    evaluation = run_on_terminal("eval", model_path, faces, "--split", "all")
    for done in (split, evaluation):
        assert done.status == 0
        assert b"30/30" in done.seen and b"images" in done.seen
        assert b"alpha" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["--known", "alpha"], 64, "required: --out"),
        (["--out", "o.csv"], 1, "cal: which classes are known? Give either"),
        (["--out", "o.csv", "--known", "omega"], 1, "no class is called 'omega'; there are 'al"),
        (["--out", "o.csv", "--known", "alpha", "--protocol", "owdfa-p1"], 64, "not allowed with"),
        (["--out", "o.csv", "--protocol", "owdfa-p9"], 64, "owdfa40-p1"),
        (["--out", "o.csv", "--protocol", "owdfa-p1"], 1, "is not named <index>_<type>_<method>"),
        (["--out", "o.csv", "--known", "alpha", "--cap", "=5"], 64, "names no class"),
        (["--out", "o.csv", "--known", "alpha", "--cap", "x"], 64, "'x' is not a whole number"),
        (["--out", "o.csv", "--known", "alpha", "--test", "2"], 64, "2 is not a share, 0 to 1"),
        (
            ["--out", "o.csv", "--known", "alpha", "--group", "("],
            64,
            "'(' is no regular expression",
        ),
        (["--out", "/no/o.csv", "--known", "alpha"], 1, "No such file or directory"),
    ],
)
def test_split_refusals(
    faces: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    status: int,
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("split", faces, *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert sentence in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "o.csv").exists()


# eval. ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def manifest(faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("manifest") / "split.csv"
    cal.data.split(faces, known=["alpha", "beta"], test=0.5).write(path)
    return path


def test_eval(colour_model_path: Path, faces: Path, manifest: Path, tmp_path: Path) -> None:
    model_path = colour_model_path
    with cal.Model.load(model_path) as model:
        right = cal.evaluate(model, cal.data.open(faces, manifest))
    assert right.metrics.predicted_ids > 2  # or nothing is shown
    done = run("eval", model_path, faces, "--manifest", manifest)
    assert (done.returncode, done.stderr) == (0, "")
    measured = right.metrics
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0][:4] == ["15", "images,", "split", "test:"]
    rows = {line[0]: line[1:] for line in reversed(lines) if line}  # the first of a name
    for name in ("all", "known"):
        found = getattr(measured, name)
        assert rows[name.title()] == [f"{100 * x:.1f}" for x in (found.acc, found.nmi, found.ari)]
    assert rows["strict"] == ["ACC", f"{100 * measured.strict_novel_acc:.1f}"]
    assert rows["joint"][1] == f"{100 * measured.all.acc:.1f}"
    assert rows["K"][0] == str(measured.predicted_ids)
    for each in right.classes:
        assert rows[each.name][:3] == [each.kind, "5", f"{100 * each.acc:.1f}"]

    done = run(
        *("eval", model_path, faces, "--manifest", manifest, "--json", "--out", tmp_path / "out"),
        *("--threads", 1, "--decoders", 0, "--batch", 4),
    )
    assert done.returncode == 0
    assert json.loads(done.stdout) == right.to_dict()
    names = ["evaluation.json", "confusion.csv", "split.csv", "confusion.png", "reliability.png"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    assert done.stderr == "".join(f"wrote {tmp_path / 'out' / name}\n" for name in names)
    assert (tmp_path / "out/split.csv").read_bytes() == manifest.read_bytes()


def test_eval_of_a_folder_that_nobody_split(model_path: Path, faces: Path, native: object) -> None:
    done = run("eval", model_path, faces)
    assert done.returncode == 1
    assert "has no split.csv: give a manifest, or split it first" in done.stderr
    done = run("eval", model_path, faces, "--split", "all")
    assert done.returncode == 0
    assert done.stdout.startswith("30 images, split all: 20 of known classes, 10 of novel ones\n")


def test_eval_maps_names(
    model_path: Path, faces: Path, manifest: Path, tmp_path: Path, native: object
) -> None:
    arguments = ["eval", model_path, faces, "--manifest", manifest, "--json"]
    (tmp_path / "names").write_text("alpha = beta\n\nbeta = alpha\n")
    turned = json.loads(run(*arguments, "--map", tmp_path / "names").stdout)
    assert [each["prototype"]["name"] for each in turned["classes"][:2]] == ["beta", "alpha"]
    fewer = json.loads(run(*arguments, "--map", "alpha=", "--map", "gamma=alpha").stdout)
    assert [each["kind"] for each in fewer["classes"]] == ["novel", "known", "known"]
    for text, status, sentence in [
        ("omega=alpha", 1, "map 'omega': the data have no such class, but 'alpha', 'beta', 'ga"),
        ("omega", 64, "'omega' is neither CLASS=NAME nor a file"),
        ("=alpha", 64, "'=alpha' is not CLASS=NAME"),
    ]:
        done = run(*arguments, "--map", text)
        assert done.returncode == status and sentence in done.stderr


def test_eval_of_classes_that_the_model_does_not_know(
    model_path: Path, faces: Path, tmp_path: Path, native: object
) -> None:
    cal.data.split(faces, known=["beta", "gamma"]).write(tmp_path / "split.csv")
    arguments = ["eval", model_path, faces, "--manifest", tmp_path / "split.csv"]
    done = run(*arguments)
    assert done.returncode == 1
    assert "labelled images of 'gamma', which the model does not know by name" in done.stderr
    assert "it knows 'alpha', 'beta'" in done.stderr
    assert run(*arguments, "--map", "gamma=").returncode == 0


def test_eval_lists_what_cannot_be_read(
    model_path: Path, faces: Path, tmp_path: Path, native: object
) -> None:
    for name in ("alpha", "gamma"):
        (tmp_path / name).symlink_to(faces / name)
    (tmp_path / "beta").mkdir()
    (tmp_path / "beta" / "bad.png").write_bytes(b"none")
    done = run("eval", model_path, tmp_path, "--split", "all")
    assert done.returncode == 2
    assert "cal: beta/bad.png: not an image that Pillow can read (CAL_ERR_IM" in done.stderr
    assert done.stderr.endswith("cal: 1 images were left out\n")
    assert done.stdout.startswith("20 images")
    assert "not in the data" not in done.stdout  # the class is there, only its images are not


def test_eval_without_matplotlib(
    model_path: Path,
    faces: Path,
    tmp_path: Path,
    native: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(eval_command.importlib.util, "find_spec", lambda name: None)
    arguments = ["eval", model_path, faces, "--split", "all", "--out", tmp_path]
    assert cal.cli.main([str(each) for each in arguments]) == 0
    assert "cal: no figures: they need matplotlib" in capsys.readouterr().err
    names = ["confusion.csv", "evaluation.json", "split.csv"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
