"""Manifests: what is written is read, what contradicts itself is refused with its place."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cal
from cal.data.sample import has_controls
from test_data_split import NAMES, tree

HEAD = "path,label,method,split\n"
GOOD = HEAD + "a/1.png,0,A,labelled\na/2.png,0,A,test\nb/1.png,1,B,unlabelled\n"


def opened(tmp_path: Path, text: str | bytes) -> cal.data.Dataset:
    (tmp_path / "a").mkdir(exist_ok=True)
    (tmp_path / "a" / "1.png").touch()
    data = text.encode() if isinstance(text, str) else text
    (tmp_path / "split.csv").write_bytes(data)
    return cal.data.open(tmp_path)


def test_round_trip(tmp_path: Path) -> None:
    root = tree(tmp_path / "images", NAMES)
    for options in ({}, {"group": r"^(.*)/", "seed": 3}, {"cap": {"c é": 4}}):
        dataset = cal.data.split(root, known=["b", "c é"], check=False, **options)
        dataset.write(tmp_path / "split.csv")
        assert cal.data.open(root, tmp_path / "split.csv") == dataset
        first = (tmp_path / "split.csv").read_text(encoding="utf-8").splitlines()[0]
        assert first == HEAD.strip() + (",group" if "group" in options else "")


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(
    lambda name: not has_controls(name) and "/" not in name and name not in (".", "..")
)


@given(st.lists(names, min_size=1, max_size=6, unique=True), st.lists(names, max_size=6))
def test_any_names_round_trip(
    tmp_path_factory: pytest.TempPathFactory, paths: list[str], groups: list[str]
) -> None:
    root = tmp_path_factory.mktemp("any")
    groups += [""] * len(paths)
    samples = [
        cal.data.Sample(path, 0, f"{path},", "labelled", group)
        for path, group in zip([paths[0]], groups, strict=False)
    ]
    samples += [
        cal.data.Sample(path, label, path, "unlabelled", f"{group}{label}" if group else "")
        for label, (path, group) in enumerate(zip(paths[1:], groups[1:], strict=False), 1)
    ]
    samples.sort(key=lambda sample: cal.data.sample.canonical(sample.path))
    for sample in samples:
        (root / sample.path).touch()
    classes = tuple(s.method for s in sorted(samples, key=lambda sample: sample.label))
    dataset = cal.data.Dataset(root, classes, 1, tuple(samples))
    dataset.write(root / ".manifest")
    assert cal.data.open(root, root / ".manifest") == dataset


def test_the_splits(tmp_path: Path) -> None:
    dataset = opened(tmp_path, GOOD + "b/2.png,1,B,unreadable\n")
    assert (dataset.classes, dataset.known) == (("A", "B"), 1)
    assert dataset.known_classes == ("A",) and dataset.novel_classes == ("B",)
    assert dataset.labelled == (cal.data.Sample("a/1.png", 0, "A", "labelled"),)
    assert [sample.path for sample in dataset.test] == ["a/2.png"]
    assert [sample.path for sample in dataset.unlabelled] == ["b/1.png"]
    assert [sample.path for sample in dataset.unreadable] == ["b/2.png"]


def test_tolerance(tmp_path: Path) -> None:
    """Other columns, another order of rows and columns, CRLF, a byte order mark."""
    plain = opened(tmp_path, GOOD)
    lines = [line.split(",") for line in GOOD.splitlines()]
    turned = [",".join([row[3], "more", *row[:3]]) for row in [lines[0], *reversed(lines[1:])]]
    assert opened(tmp_path, "\r\n".join(turned).encode("utf-8-sig")) == plain


def test_a_manifest_of_test_images_knows_nobody(tmp_path: Path) -> None:
    dataset = opened(tmp_path, HEAD + "a/1.png,0,A,test\n")
    assert dataset.known == 0 and len(dataset.test) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"split\.csv: no column 'path' in its first line, but nothing"),
        ("path,label,split\n", "no column 'method' in its first line, but 'path', 'label'"),
        (HEAD, r"split\.csv: no images"),
        (GOOD + "/etc/a.png,0,A,test\n", r"line 5: path '/etc/a\.png' does not lead below"),
        (GOOD + "a/../../a.png,0,A,test\n", r"line 5: path .* does not lead below"),
        (GOOD + ",0,A,test\n", "line 5: path '' does not lead below"),
        (GOOD + "a/1.png,0,A,test\n", r"line 5: path 'a/1\.png' was there before"),
        (GOOD + "a/3.png,x,A,test\n", "line 5: label 'x' is not a whole number"),
        (GOOD + "a/3.png,-1,A,test\n", "line 5: label '-1' is not a whole number"),
        (GOOD + "a/3.png,9999999999,A,test\n", "line 5: label '9999999999' is not"),
        (GOOD + "a/3.png,0,,test\n", "line 5: method ''"),
        (GOOD + 'a/3.png,0,"A\nA",test\n', r"line 6: method 'A\\nA'"),
        (GOOD + "a/3.png,0,A,labeled\n", "line 5: split 'labeled' is none of labelled, unlab"),
        (GOOD + "a/3.png,0\n", "line 5: method ''"),
        (GOOD + "a/3.png,0,B,test\n", "label 0 is 'A' and 'B'"),
        (GOOD + "a/3.png,2,A,test\n", "method 'A' has the labels 0 and 2"),
        (GOOD + "a/3.png,3,C,test\n", "3 classes, but none has the label 2"),
        (GOOD + "c/3.png,2,C,labelled\n", r"'B' \(label 1\) has no labelled images, but 'C'"),
        (GOOD + 'a/3.png,0,"A', "after line|line 5"),
        (GOOD.encode() + b"a/\xff.png,0,A,test\n", "split.csv, after line"),
        (GOOD + "x" * 200000 + ",0,A,test\n", "field larger than"),
    ],
)
def test_bad_manifests_are_placed(tmp_path: Path, text: str | bytes, sentence: str) -> None:
    opened(tmp_path, GOOD)
    with pytest.raises(cal.data.DataError, match=sentence):
        opened(tmp_path, text)


@pytest.mark.parametrize(
    ("rows", "torn"),
    [
        ("a/1.png,0,A,labelled,v\na/2.png,0,A,test,v\n", True),
        ("a/1.png,0,A,labelled,v\nb/2.png,1,B,test,v\n", True),
        ("a/1.png,0,A,labelled,v\na/2.png,0,A,unlabelled,v\n", True),
        ("a/1.png,0,A,labelled,v\nb/2.png,1,B,unlabelled,v\n", False),
        ("a/1.png,0,A,labelled,v\na/2.png,0,A,unreadable,v\n", False),
        ("a/1.png,0,A,labelled,\na/2.png,0,A,test,\n", False),
    ],
)
def test_torn_groups(tmp_path: Path, rows: str, torn: bool) -> None:
    text = "path,label,method,split,group\n" + rows
    if torn:
        with pytest.raises(cal.data.DataError, match=r"group 'v' is in two splits: 'a/1\.png' is"):
            opened(tmp_path, text)
    else:
        assert len(opened(tmp_path, text).samples) == 2


def test_which_manifest(tmp_path: Path) -> None:
    root = tree(tmp_path / "images", NAMES)
    with pytest.raises(cal.data.DataError, match=r"images has no split\.csv: give a manifest"):
        cal.data.open(root)
    with pytest.raises(FileNotFoundError):
        cal.data.open(tmp_path / "none")
    split = cal.data.split(root, known=["a"], seed=1, check=False)
    split.write(tmp_path / "beside.csv")
    assert cal.data.open(root, tmp_path / "beside.csv") == split
    with pytest.raises(cal.data.DataError, match=r"first image, 'a/0/0\.png', is not in"):
        cal.data.open(tmp_path / "beside.csv")
    with pytest.raises(cal.data.DataError, match=r"beside\.csv says how .* is split: seed cannot"):
        cal.data.open(root, tmp_path / "beside.csv", seed=2)
    split.write(root / "split.csv")
    assert cal.data.open(root) == cal.data.open(root / "split.csv") == split
    with pytest.raises(cal.data.DataError, match=r"split\.csv says how .*: known, seed cannot"):
        cal.data.open(root, known=["a"], seed=2)


def test_the_error_is_one_of_the_librarys() -> None:
    problem = cal.data.DataError("line 5")
    assert isinstance(problem, cal.CalError) and isinstance(problem, ValueError)
    again = pickle.loads(pickle.dumps(problem))
    assert (str(again), again.name) == ("line 5", "CAL_ERR_ARGUMENT")


def test_vae17(shared: Path) -> None:
    dataset = cal.data.open(shared / "data/vae17")
    assert (dataset.known, len(dataset.classes), len(dataset.samples)) == (9, 17, 3984)
    assert (len(dataset.labelled), len(dataset.unlabelled), len(dataset.test)) == (1296, 1891, 797)
    assert dataset.classes[0] == "Real" and dataset.classes[16] == "VQVAE"
    assert all(sample.label < 9 for sample in dataset.labelled)
