"""Decoding: RGB arrays in order, whatever the threads; what cannot be read is listed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cal


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of 20 and 12 images in several modes, three files of each damaged."""
    root = tmp_path_factory.mktemp("images")
    chance = np.random.default_rng(5)
    for name, count in (("a", 20), ("b", 12)):
        (root / name).mkdir()
        for i in range(count):
            pixels = chance.integers(0, 256, (8 + i, 9, 3), np.uint8)
            Image.fromarray(pixels).convert(["RGB", "L", "RGBA", "P"][i % 4]).save(
                root / name / f"{i:02}.png"
            )
        for i, broken in enumerate(
            [b"", b"no picture", (root / name / "00.png").read_bytes()[:90]]
        ):
            (root / name / f"{i * 5:02}.broken.png").write_bytes(broken)
    return root


def test_unreadable_images_are_found_and_replaced(root: Path) -> None:
    seen: list[tuple[int, int]] = []
    found: list[cal.data.Unreadable] = []
    dataset = cal.data.split(
        root, known=["a"], progress=lambda *counts: seen.append(counts), found=found.append
    )
    broken = [f"{name}/{i:02}.broken.png" for name in "ab" for i in (0, 5, 10)]
    assert sorted(one.path for one in found) == broken
    assert [sample.path for sample in dataset.unreadable] == broken
    reasons = {one.path: one.reason for one in found}
    assert reasons["a/00.broken.png"] == "not an image that Pillow can read"
    assert "damaged" in reasons["a/10.broken.png"] or "truncated" in reasons["a/10.broken.png"]
    assert seen == [(done, 38) for done in range(1, 39)]
    assert len(dataset.of("labelled", "unlabelled", "test")) == 32
    assert cal.data.open(root, known=["a"]) == dataset
    # The good ones are split as if the others were not there.
    assert dataset.counts()["a"] == {"labelled": 12, "unlabelled": 4, "test": 4, "unreadable": 3}
    # With a cap, just enough is decoded.
    seen.clear()
    few = cal.data.split(root, known=["a"], cap=4, progress=lambda *counts: seen.append(counts))
    assert [sum(few.counts()[name][s] for s in ("labelled", "unlabelled", "test"))
            for name in "ab"] == [4, 4]  # fmt: skip
    assert seen[-1][0] == seen[-1][1] == 8 + len(few.unreadable)
    assert set(few.test) <= set(dataset.test)


@pytest.mark.parametrize("decoders", [0, 1, 3])
def test_pictures(root: Path, decoders: int) -> None:
    dataset = cal.data.split(root, known=["a"], check=False)
    pictures = dataset.pictures(dataset.samples, decoders=decoders)
    for _ in range(2):  # it can be gone through again
        given = list(pictures)
        assert [one.sample for one in given] == [
            s for s in dataset.samples if "broken" not in s.path
        ]
        assert [one.path for one in pictures.unreadable] == [
            s.path for s in dataset.samples if "broken" in s.path
        ]
    for sample, pixels in given:
        with Image.open(dataset.file(sample)) as image:
            right = np.asarray(image)[..., :3] if image.mode == "RGBA" else image.convert("RGB")
        assert pixels.dtype == np.uint8
        assert np.array_equal(pixels, np.asarray(right)), sample.path


def test_pictures_are_read_ahead_within_bounds(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cal.data import loader

    monkeypatch.setattr(loader, "AHEAD", 4)
    dataset = cal.data.split(root, known=["a"], check=False)
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield dataset.samples[taken % 2]

    pictures = iter(dataset.pictures(endless()))
    next(pictures)
    assert 1 <= taken <= 6
    pictures.close()


@pytest.mark.parametrize("decoders", [-1, 1 << 20])
def test_decoders_out_of_range(root: Path, decoders: int) -> None:
    dataset = cal.data.split(root, known=["a"], check=False)
    with pytest.raises(cal.CalArgumentError, match=f"decoders {decoders} must be"):
        dataset.pictures(dataset.samples, decoders=decoders)
    with pytest.raises(cal.CalArgumentError, match=f"decoders {decoders} must be"):
        cal.data.split(root, known=["a"], decoders=decoders)


def test_pictures_attribute_like_their_files(root: Path, model: cal.Model) -> None:
    dataset = cal.data.split(root, known=["a"])
    for sample, pixels in dataset.pictures(dataset.test):
        assert model.attribute(pixels).ranked == model.attribute(dataset.file(sample)).ranked
