"""What is in a folder, which folders are one class, and the published protocols."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import cal
from cal.data import PROTOCOLS
from cal.data.classes import Class, classify, find
from test_data_split import tree

# Codes of OWDFA-40 and its folders' indices.
CODES = {"REAL": 0, "R12": 40, "E6": 38, "G12": 39}
for letter, first, last, index in [
    ("S", 1, 5, 1),
    ("S", 6, 10, 21),
    ("R", 1, 5, 6),
    ("R", 6, 11, 26),
    ("E", 1, 5, 11),
    ("G", 1, 5, 16),
    ("G", 6, 11, 32),
]:
    CODES |= {f"{letter}{n}": index + n - first for n in range(first, last + 1)}

P1 = "REAL S1,3,6,8,10 R1,3,7,9,11 E1,4 G2,4,7,9,11,12"
P2 = "REAL S1,3,6,8,10 R1,3,7,9,11 E1,4"
P3 = "REAL S1,3,5,6,8,9,10 R1,2,3,5,6,7,9,11 E1,3,4,6 G2,3,4,5,7,9,10,11,12"
TYPES = {"S": "Swap", "R": "Reenact", "E": "Edit", "G": "Generate"}


def indices(codes: str) -> set[int]:
    found = set()
    for word in codes.split():
        letter, numbers = re.fullmatch(r"([A-Z]+)([\d,]*)", word).groups()
        found |= {CODES[f"{letter}{number}"] for number in numbers.split(",")}
    return found


@pytest.fixture(scope="module")
def owdfa40(tmp_path_factory: pytest.TempPathFactory) -> Path:
    names = [f"0_Real_{source}/{i:04}.png" for source in ("CelebDF", "FF++") for i in range(10)]
    for code, index in CODES.items():
        if index:
            folder = f"{index}_{TYPES[code[0]]}_method{code}"
            names += [f"{folder}/{i:04}.png" for i in range(10)]
    return tree(tmp_path_factory.mktemp("owdfa40"), names)


@pytest.mark.parametrize(
    ("name", "codes", "known", "novel"),
    [("owdfa40-p1", P1, 19, 22), ("owdfa40-p2", P2, 13, 28), ("owdfa40-p3", P3, 29, 12)],
)
def test_owdfa40(owdfa40: Path, name: str, codes: str, known: int, novel: int) -> None:
    assert set(PROTOCOLS[name].known) == indices(codes)
    dataset = cal.data.split(owdfa40, protocol=name, check=False)
    assert (dataset.known, len(dataset.classes)) == (known, known + novel)
    assert dataset.classes[0] == "Real"
    title = {index: f"method{code}" for code, index in CODES.items()} | {0: "Real"}
    assert list(dataset.known_classes) == [title[index] for index in sorted(indices(codes))]
    others = sorted(set(range(41)) - indices(codes))
    assert list(dataset.novel_classes) == [title[index] for index in others]
    assert dataset.counts()["Real"] == {
        "labelled": 12,
        "unlabelled": 4,
        "test": 4,
        "unreadable": 0,
    }


def test_owdfa(owdfa40: Path) -> None:
    fakes = cal.data.split(owdfa40, protocol="owdfa-p1", check=False)
    assert (fakes.known, len(fakes.classes)) == (8, 20)
    assert not any(sample.path.startswith("0_Real") for sample in fakes.samples)
    real = cal.data.split(owdfa40, protocol="owdfa-p2", check=False)
    assert (real.known, len(real.classes)) == (9, 22)
    assert real.classes[0] == "FF++" and real.classes[9] == "CelebDF"
    # Deepfakes, DeepFaceLab; Face2Face, FOMM; MaskGAN, FaceAPP; StyleGAN, CycleGAN.
    codes = "S1 S3 R1 R3 E1 E4 G2 G4".split()
    assert list(real.classes[1:9]) == [f"method{code}" for code in codes]
    assert fakes.known_classes == real.known_classes[1:]


def test_the_protocols_caps(owdfa40: Path) -> None:
    """Numbers as published; the caller's count before them, class by class."""
    assert PROTOCOLS["owdfa40-p3"].cap == {"known": 2000, "novel": 1500, 0: 20000}
    assert PROTOCOLS["owdfa-p2"].cap == {
        "known": 2000,
        "novel": 1500,
        "FF++": 20000,
        "CelebDF": 5000,
    }
    cap = {"known": 4, "0": 6, "novel": 5, "methodS1": 8}
    dataset = cal.data.split(owdfa40, protocol="owdfa40-p1", cap=cap, check=False)
    sizes = {name: sum(counts.values()) for name, counts in dataset.counts().items()}
    assert (sizes["Real"], sizes["methodS1"], sizes["methodS3"], sizes["methodS2"]) == (6, 8, 4, 5)
    # Half of each source.
    real = [sample.path for sample in dataset.samples if sample.method == "Real"]
    assert sum("CelebDF" in path for path in real) == 3


def test_a_protocol_needs_its_folders(owdfa40: Path, tmp_path: Path) -> None:
    for folder in os.listdir(owdfa40):
        if not folder.startswith(("3_", "17_")):
            (tmp_path / folder).symlink_to(owdfa40 / folder)
    with pytest.raises(cal.data.DataError, match=r"folders with the indices 3, 17 too"):
        cal.data.split(tmp_path, protocol="owdfa40-p1", check=False)


def test_what_counts_in_a_folder(tmp_path: Path) -> None:
    tree(tmp_path / "elsewhere", ["1.png", "2.jpeg"])
    root = tree(
        tmp_path / "root",
        "a/1.png a/deep/er/2.PNG a/notes.txt beside.png .hidden/1.png empty/notes.txt b/1.webp "
        "b/2.png b/3.png".split(),
    )
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    (root / "a" / "not followed").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(root / "a" / "pipe.png")
    dataset = cal.data.split(root, known=["a"], check=False)
    assert [sample.path for sample in dataset.samples] == (
        "a/1.png a/deep/er/2.PNG b/1.webp b/2.png b/3.png linked/1.png linked/2.jpeg".split()
    )
    assert dataset.classes == ("a", "b", "linked")
    assert dataset.file(dataset.samples[0]) == root / "a/1.png"


@pytest.mark.parametrize("name", ["a\nb.png", os.fsdecode(b"\xff.png")])
def test_names_that_no_manifest_can_hold(tmp_path: Path, name: str) -> None:
    tree(tmp_path, [f"a/{name}"])
    with pytest.raises(cal.data.DataError, match="is no name for a manifest"):
        cal.data.split(tmp_path, known=["a"], check=False)


def test_nothing_there(tmp_path: Path) -> None:
    tree(tmp_path, ["1.png"])
    with pytest.raises(cal.data.DataError, match="no images, or none in a folder"):
        cal.data.split(tmp_path, known=["a"])
    with pytest.raises(FileNotFoundError):
        cal.data.split(tmp_path / "none", known=["a"])


def test_the_convention() -> None:
    found = classify(["10_Generate_SD2.1", "2_Swap_e4s_b", "0_Real_FF++", "0_Real_Celeb"])
    assert sorted(set(found.values())) == [Class(0, "Real"), Class(2, "e4s_b"), Class(10, "SD2.1")]
    assert found["0_Real_FF++"] == found["0_Real_Celeb"]
    apart = classify(["0_Real_FF++", "0_Real_Celeb"], merge=False)
    assert sorted(apart.values()) == [Class(0, "Celeb"), Class(0, "FF++")]
    # One folder of another kind, and names are just names.
    assert set(classify(["1_a_b", "c"]).values()) == {Class(-1, "1_a_b"), Class(-1, "c")}
    assert classify(["_a_b"]) == {"_a_b": Class(-1, "_a_b")}


def test_known_classes_by_name_folder_or_index() -> None:
    classes = classify(["10_Generate_3", "3_Swap_e4s"])
    assert find("e4s", classes) == find("3_Swap_e4s", classes) == {Class(3, "e4s")}
    assert find(10, classes) == find("3", classes) == {Class(10, "3")}  # a name before an index
    assert find("e4s", classify(["e4s"])) == {Class(-1, "e4s")}


@pytest.mark.parametrize(
    ("folders", "sentence"),
    [
        (["1_Swap_a", "1_Edit_b"], "index 1 are one class, but one is of type 'Edit'"),
        (["1_Swap_a", "2_Swap_a"], "'1_Swap_a' and '2_Swap_a' are two classes of one name"),
    ],
)
def test_ambiguous_folders(folders: list[str], sentence: str) -> None:
    with pytest.raises(cal.data.DataError, match=sentence):
        classify(folders)
