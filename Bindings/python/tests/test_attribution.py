"""Answers: equal to the network worked out in numpy, whichever way they are asked for."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import cal
import networks
import torchfile
from cal.importer import import_checkpoint
from networks import Shape

SHAPES = {
    "basic, 7x7 stem": (Shape(), "7x7/2+pool"),
    "bottleneck": (Shape(bottleneck=True, depths=(2, 1)), "7x7/2+pool"),
    "3x3 stem": (Shape(kernel=3), "3x3/1"),
    "3x3 stem with pooling": (Shape(kernel=3), "3x3/2+pool"),
    "7x7 stem without": (Shape(), "7x7/1"),
    "no gate": (Shape(ffe=False), "7x7/2+pool"),
    "no neck": (Shape(neck=False), "7x7/2+pool"),
    "three stages, odd widths": (Shape(depths=(1, 1, 1), widths=(3, 5, 7)), "7x7/2"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_imported_networks_compute_what_they_should(
    native: object, tmp_path: Path, pixels: np.ndarray, name: str
) -> None:
    shape, stem = SHAPES[name]
    state = networks.make(shape, seed=9)
    torchfile.save(tmp_path / "a.ckpt", {"state_dict": state})
    import_checkpoint(tmp_path / "a.ckpt", tmp_path / "a.cal", size=32, known=2, stem=stem)
    expected = networks.logits(
        state, shape, networks.preprocess(pixels), "pool" in stem, int(stem[4])
    )
    with cal.Model.load(tmp_path / "a.cal") as model:
        result = model.attribute(pixels, top=None)
    found = {score.id: score.logit for score in result.ranked}
    assert [found[row] for row in range(shape.rows)] == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_a_result_says_everything(model: cal.Model, picture: Path) -> None:
    result = model.attribute(picture, top=None)
    assert result.ok
    assert result.status == cal.Status.OK == 0
    assert (result.error, result.source) == ("", str(picture))
    assert (result.width, result.height, result.crop) == (32, 32, (0, 0, 32, 32))
    assert len(result.ranked) == 6
    logits = [score.logit for score in result.ranked]
    assert logits == sorted(logits, reverse=True)
    total = sum(math.exp(logit - logits[0]) for logit in logits)
    for score in result.ranked:
        expected = math.exp(score.logit - logits[0]) / total
        assert score.probability == pytest.approx(expected, rel=1e-5)
        assert score.name == {0: "alpha", 1: "beta"}.get(score.id, "")
        assert score.kind == ("known" if score.id < 2 else "novel")
    assert result.top == result.ranked[0]
    assert (result.known_threshold, result.novel_threshold) == (0.5, 0.5)
    assert result.features is None


def test_the_verdict_follows_the_thresholds(model: cal.Model, pixels: np.ndarray) -> None:
    top = model.attribute(pixels).ranked[0]
    asked = "known_threshold" if top.kind == "known" else "novel_threshold"
    other = "novel_threshold" if top.kind == "known" else "known_threshold"
    above, below = min(1.0, top.probability + 0.01), max(1e-6, top.probability - 0.01)
    for value, verdict in [(above, "undetermined"), (below, top.kind), (0, top.kind)]:
        assert model.attribute(pixels, **{asked: value, other: 1}).verdict == verdict
    assert model.attribute(pixels, known_threshold=0).known_threshold is None
    for value in (-0.1, 1.1, math.nan):
        with pytest.raises(cal.CalArgumentError, match=f"{asked} {value} must be between 0 and 1"):
            model.attribute(pixels, **{asked: value})


@pytest.mark.parametrize(("top", "count"), [(0, 0), (1, 1), (6, 6), (7, 6), (None, 6), (10**6, 6)])
def test_top(model: cal.Model, pixels: np.ndarray, top: int | None, count: int) -> None:
    assert len(model.attribute(pixels, top=top).ranked) == count


def test_options_are_checked(model: cal.Model, pixels: np.ndarray) -> None:
    for options, sentence in [
        ({"top": -1}, "top -1"),
        ({"order": "gbr"}, "order 'gbr'"),
        ({"features": "torch"}, "features 'torch'"),
        ({"threads": -1}, "threads -1"),
        ({"threads": 257}, "threads 257"),
        ({"kernels": "sse9"}, "kernels 'sse9'"),
    ]:
        with pytest.raises(cal.CalArgumentError, match=sentence):
            model.attribute(pixels, **options)
    for options in ({"batch": 0}, {"batch": 1 << 21}, {"decoders": -1}):
        with pytest.raises(cal.CalArgumentError, match=next(iter(options))):
            model.attribute([pixels], **options)
    with pytest.raises(TypeError, match="topp"):
        model.attribute(pixels, topp=3)


def test_no_digest(model: cal.Model, pixels: np.ndarray) -> None:
    assert model.attribute(pixels, pixel_digest=False).pixels_sha256 is None


# Faces. ---------------------------------------------------------------------------------------


def test_a_face_box_is_a_crop(model: cal.Model, pixels: np.ndarray) -> None:
    inner = model.attribute(pixels, face=(8, 4, 10, 20), face_margin=1, features=True)
    assert inner.crop == (8, 4, 10, 20)
    assert inner.features == model.attribute(pixels[4:24, 8:18], features=True).features
    assert (inner.width, inner.height) == (32, 32)
    grown = model.attribute(pixels, face=(8, 4, 12, 18))
    assert grown.crop == (7, 3, 14, 20)  # a tenth more on each side, cut to whole pixels
    clipped = model.attribute(pixels, face=(-5, -5, 20, 20), face_margin=1)
    assert clipped.crop == (0, 0, 15, 15)


@pytest.mark.parametrize(
    ("face", "kind"),
    [
        ((0, 0, 0, 0), cal.CalImageError),
        ((0, 0, -1, 5), cal.CalImageError),
        ((0, 0, math.nan, 5), cal.CalImageError),
        ((math.inf, 0, 5, 5), cal.CalImageError),
        ((40, 40, 5, 5), cal.CalImageError),
        ((1, 2, 3), cal.CalArgumentError),
    ],
)
def test_impossible_faces(model: cal.Model, pixels: np.ndarray, face: tuple, kind: type) -> None:
    with pytest.raises(kind):
        model.attribute(pixels, face=face)


@pytest.mark.parametrize("margin", [0, -1, 10.5, math.nan, math.inf])
def test_impossible_margins(model: cal.Model, pixels: np.ndarray, margin: float) -> None:
    with pytest.raises(cal.CalError):
        model.attribute(pixels, face=(1, 1, 5, 5), face_margin=margin)


def test_faces_of_a_batch(model: cal.Model, pixels: np.ndarray) -> None:
    faces = [(8, 4, 10, 20), None]
    first, second = model.attribute([pixels, pixels], face=faces, face_margin=1)
    assert (first.crop, second.crop) == ((8, 4, 10, 20), (0, 0, 32, 32))
    with pytest.raises(ValueError, match="zip"):
        model.attribute([pixels, pixels], face=faces[:1])


# Batches. -------------------------------------------------------------------------------------


def varied(count: int) -> list[np.ndarray]:
    chance = np.random.default_rng(11)
    return [
        chance.integers(0, 256, (chance.integers(1, 80), chance.integers(1, 80), 3), np.uint8)
        for _ in range(count)
    ]


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("batch", [1, 4, 64])
def test_bits_do_not_depend_on_batch_or_threads(model: cal.Model, threads: int, batch: int) -> None:
    images = varied(9)
    alone = [model.attribute(image, features=True) for image in images]
    together = model.attribute(images, features=True, threads=threads, batch=batch)
    assert [result.features for result in together] == [result.features for result in alone]
    assert [result.to_json() for result in together] == [result.to_json() for result in alone]


def test_iterables_of_all_kinds(model: cal.Model, pixels: np.ndarray) -> None:
    assert model.attribute([]) == []
    one = model.attribute(pixels)
    assert model.attribute(np.stack([pixels] * 3)) == [one] * 3
    assert model.attribute(image for image in (pixels, pixels)) == [one] * 2
    assert model.attribute((pixels,)) == [one]
    with pytest.raises(TypeError, match="one image given where many are expected"):
        model.session().attribute_batch(pixels)


@pytest.mark.parametrize("decoders", [0, 1, 3])
def test_one_bad_image_does_not_fail_the_batch(
    model: cal.Model, pixels: np.ndarray, picture: Path, tmp_path: Path, decoders: int
) -> None:
    (tmp_path / "text.png").write_text("no picture")
    batch = [pixels, tmp_path / "none.png", picture, tmp_path / "text.png", pixels[:0], b"GIF89a"]
    results = model.attribute(batch, batch=4, decoders=decoders)
    statuses = [cal.Status(result.status).name for result in results]
    assert statuses == ["OK", "IO", "OK", "IMAGE_FORMAT", "IMAGE_SIZE", "IMAGE_FORMAT"]
    assert results[1].source == str(tmp_path / "none.png")
    assert results[1].error == "No such file or directory"
    for result in results:
        assert result.ok == (result.error == "")
        assert (result.verdict is None) == (not result.ok)
        assert bool(result.ranked) == result.ok
    assert results[0].ranked == results[2].ranked


def test_a_bad_single_image_raises_and_is_named(model: cal.Model, tmp_path: Path) -> None:
    with pytest.raises(cal.CalIOError, match=r"none\.png: No such file") as caught:
        model.attribute(tmp_path / "none.png")
    assert caught.value.status == cal.Status.IO
    assert caught.value.name == "CAL_ERR_IO"
    assert isinstance(caught.value, OSError)


def test_decoding_ahead_is_bounded(
    model: cal.Model, monkeypatch: pytest.MonkeyPatch, pixels: np.ndarray
) -> None:
    import cal._ahead

    monkeypatch.setattr(cal._ahead, "READY_BYTES", 3 * pixels.size)
    taken = 0

    def source():
        nonlocal taken
        for _ in range(40):
            taken += 1
            yield pixels

    stream = model.session().stream(source(), batch=8, decoders=2)
    next(stream)
    assert taken <= 3 + 2 * 8  # the first group closed at 3 images, not at 8
    assert len(list(stream)) == 39


# Features and evidence. -----------------------------------------------------------------------


def test_features(model: cal.Model, pixels: np.ndarray, state: networks.State) -> None:
    result = model.attribute(pixels, features=True, top=None)
    with model.session() as session:
        assert session.features(pixels) == result.features
    array = model.attribute(pixels, features="numpy").features
    assert array.dtype == np.float32
    assert tuple(array.tolist()) == result.features
    logits = state["encoder.fc2"].astype(float) @ np.array(result.features)
    for score in result.ranked:
        assert score.logit == pytest.approx(logits[score.id], rel=1e-5, abs=1e-5)


def test_evidence_sums_to_the_logit(model: cal.Model, pixels: np.ndarray) -> None:
    result = model.attribute(pixels, top=None)
    with model.session() as session:
        for score in result.ranked:
            evidence = session.evidence(pixels, score.id)
            assert evidence.logit == score.logit
            assert sum(evidence.values) == pytest.approx(score.logit, rel=1e-4, abs=1e-5)
            assert (evidence.height, evidence.width) == (model.info.map_height,) * 2
            assert [value for row in evidence.rows() for value in row] == list(evidence.values)
        for absent in (6, 2**64 - 1, -1, 2**64):
            with pytest.raises(cal.CalNotFoundError):
                session.evidence(pixels, absent)
