"""The demo's data set: the same from the same seed, nobody in two splits, each method a method."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from forgeries.shot import face_frame
from openworld import Entry, OpenWorld
from PIL import Image
from portraits.person import meet
from portraits.portrait import locate, paint
from portraits.scene import arrange
from studio import Studio
from support import ROOT, check_run

SIZE, PER_CLASS = 32, 10
PEOPLE = {"labelled": 6, "unlabelled": 8, "test": 2}
"""How 10 images of a class, the fewest there may be, are shared out: a fifth for testing, three
quarters of the rest of a known class labelled, all the rest of any other class not."""


@pytest.fixture(scope="module")
def world() -> OpenWorld:
    return OpenWorld(seed=3, size=SIZE, per_class=PER_CLASS)


@pytest.fixture(scope="module")
def folder(world: OpenWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("world")
    world.write(out)
    return out


def manifest(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        rows = csv.DictReader(file)
        assert rows.fieldnames == ["path", "label", "method", "split"]
        return list(rows)


def entries_of(world: OpenWorld, name: str) -> list[Entry]:
    return [entry for entry in world.entries() if entry.method.name == name]


NAMES = [
    "TransposedConvolution", "BlendedFace", "LanczosEnlarged", "MeshWarp", "PatchCodebook",
    "Beautify", "PatchAutoencoder", "SpectralPeaks", "BilinearDouble", "Diffusion", "VideoFrame",
    "DitheredPalette",
]  # fmt: skip


def test_methods(world: OpenWorld) -> None:
    assert [method.name for method in world.methods] == ["Real", *NAMES]
    assert [method.index for method in world.methods] == list(range(13))
    roles = Counter(method.role for method in world.methods)
    assert roles == {"known": 7, "novel": 5, "late": 1}


def test_same_seed_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = OpenWorld(seed=3, size=SIZE, per_class=PER_CLASS)
    again.write(tmp_path / "again", processes=2)

    def contents(root: Path) -> dict[Path, bytes]:
        files = (path for path in root.rglob("*") if path.is_file())
        return {path.relative_to(root): path.read_bytes() for path in files}

    assert contents(tmp_path / "again") == contents(folder)


def test_image_does_not_depend_on_the_others(world: OpenWorld, folder: Path) -> None:
    for entry in list(world.entries())[::-29]:
        part = "late" if entry.method.role == "late" else "faces"
        with Image.open(folder / part / entry.path) as written:
            assert np.array_equal(world.image(entry), np.asarray(written)), entry.path


def test_other_seed_other_people() -> None:
    pictures = [Studio(seed, SIZE).shot(1, 0, 2).pixels.astype(int) for seed in (1, 2)]
    assert np.abs(pictures[0] - pictures[1]).mean() > 10


def test_same_person_other_picture() -> None:
    studio = Studio(1, SIZE)
    first, second = studio.shot(1, 0, 2), studio.shot(1, 1, 2)
    assert np.abs(first.pixels.astype(int) - second.pixels).mean() > 5


@pytest.mark.parametrize("size", [32, 64, 200])
def test_face_lies_where_it_is_said_to(size: int) -> None:
    """Another expression changes pixels on both sides of the ellipse's axis, few outside it."""
    for number in range(10):
        random = np.random.default_rng(number)
        person, scene = replace(meet(random), glasses=""), arrange(random)
        other = replace(scene, smile=1 - scene.smile, open=1 - scene.open, blink=0.6)
        before, after = paint(person, scene, size), paint(person, other, size)
        changed = np.abs(before - after).max(axis=0) > 0.03
        u, v = (part[changed] for part in face_frame(locate(person, scene, size), size))
        assert abs(u.mean()) < 0.3, number
        assert (u * u + v * v < 1).mean() > 0.75, number


def test_real_is_the_photograph(world: OpenWorld) -> None:
    for entry in entries_of(world, "Real")[:3]:
        assert np.array_equal(entry.method.forge(world.shot(entry), None), world.shot(entry).pixels)


@pytest.mark.parametrize("name", NAMES)
def test_method_leaves_a_trace_and_the_picture(world: OpenWorld, name: str) -> None:
    """It changes many pixels, but neither what is to be seen nor the picture's mean colour, by
    which a classifier could tell methods apart without looking at traces."""
    shifts = []
    for entry in entries_of(world, name):
        source = world.shot(entry).pixels.astype(float)
        forged = entry.method.forge(world.shot(entry), np.random.default_rng(entry.person))
        assert forged.shape == source.shape and forged.dtype == np.uint8
        assert (forged != source).any(axis=2).mean() > 0.1, entry.path
        assert np.abs(forged - source).mean() < 25, entry.path
        shifts.append((forged - source).mean(axis=(0, 1)))
    assert np.abs(np.mean(shifts, axis=0)).max() < 3


def test_forger_can_do_it_again_differently(world: OpenWorld) -> None:
    """Methods with settings draw them from the generator they are given."""
    (entry, *_) = entries_of(world, "VideoFrame")
    shot = world.shot(entry)
    same, again, other = (entry.method.forge(shot, np.random.default_rng(n)) for n in (1, 1, 2))
    assert np.array_equal(same, again) and not np.array_equal(same, other)


def test_swap_uses_the_donor(world: OpenWorld) -> None:
    """Changed inside the face, untouched outside it."""
    (entry, *_) = entries_of(world, "BlendedFace")
    shot = world.shot(entry)
    forged = entry.method.forge(shot, np.random.default_rng(0))
    radius = np.hypot(*face_frame(shot.face, SIZE))
    changed = np.abs(forged.astype(int) - shot.pixels).sum(axis=2)
    assert changed[radius < 0.8].mean() > 10
    assert not changed[radius > 1.2].any()


def test_manifest(folder: Path) -> None:
    for part in ("faces", "late"):
        root = folder / part
        rows = manifest(root / "split.csv")
        found = {str(path.relative_to(root)) for path in root.rglob("*.png")}
        assert sorted(row["path"] for row in rows) == sorted(found)
        for row in rows:
            index, kind, method = row["path"].split("/")[0].split("_")
            assert (index, method) == (row["label"], row["method"])
            assert kind in ("Real", "Swap", "Reenact", "Edit", "Generate")
            with Image.open(root / row["path"]) as image:
                assert (image.format, image.mode, image.size) == ("PNG", "RGB", (SIZE, SIZE))
        assert len({(root / name).stat().st_size for name in found}) == 1


def test_splits(folder: Path) -> None:
    rows = manifest(folder / "faces" / "split.csv") + manifest(folder / "late" / "split.csv")
    counts = Counter((int(row["label"]), row["split"]) for row in rows)
    for label in range(13):
        known = label < 7
        expected = {"labelled": 6, "unlabelled": 2} if known else {"unlabelled": 8}
        found = {split: count for (of, split), count in counts.items() if of == label}
        assert found == {**expected, "test": 2}
    assert {row["label"] for row in manifest(folder / "late" / "split.csv")} == {"12"}


def test_nobody_is_in_two_splits(world: OpenWorld, folder: Path) -> None:
    splits: dict[str, set[str]] = {}
    for part in ("faces", "late"):
        for row in manifest(folder / part / "split.csv"):
            person = re.search(r"/p(\d+)\.png$", row["path"])
            assert person
            splits.setdefault(person[1], set()).add(row["split"])
    assert all(len(found) == 1 for found in splits.values())
    assert Counter(split for (split,) in splits.values()) == PEOPLE

    # Nor by their face in a swap.
    for entry in world.entries():
        assert entry.donor != entry.person
        assert splits[f"{entry.donor:05}"] == {entry.split}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 60}, "size 60 "),
        ({"size": 24}, "size 24 "),
        ({"size": 1024}, "size 1024 "),
        ({"per_class": 9}, "9 images per class"),
        ({"seed": -1}, "seed -1 "),
    ],
)
def test_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        OpenWorld(**options)


def test_command(tmp_path: Path) -> None:
    script = str(ROOT / "Examples" / "demo" / "generate.py")
    out = tmp_path / "out"
    command = [sys.executable, script, str(out), "--size", "32", "--per-class", "10"]
    check_run(command)
    assert len(manifest(out / "faces" / "split.csv")) == 120
    assert len(manifest(out / "late" / "split.csv")) == 10

    again = subprocess.run(command, capture_output=True, text=True)
    assert (again.returncode, again.stderr) == (1, f"generate.py: {out} is not empty\n")
    command[command.index("32")] = "33"
    refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode == 1 and refused.stderr.startswith("generate.py: size 33 must")
