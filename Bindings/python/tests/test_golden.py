"""Real checkpoints of real networks, and the answers that PyTorch gave."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import cal
from cal.importer import import_checkpoint

GOLDEN = {"basic": (64, 3, 9), "bottleneck": (96, 4, 12)}  # size, known, prototypes


def imported(checkpoint: Path, tmp_path: Path, **options: object) -> cal.Model:
    import_checkpoint(checkpoint, tmp_path / "model.cal", **options)
    return cal.Model.load(tmp_path / "model.cal")


@pytest.mark.parametrize("suffix", ["safetensors", "ckpt"])
@pytest.mark.parametrize("name", GOLDEN)
def test_golden_images(
    native: object, shared: Path, tmp_path: Path, name: str, suffix: str
) -> None:
    size, known, prototypes = GOLDEN[name]
    expected = json.loads((shared / f"golden/{name}.images.json").read_text())["images"]
    checkpoint = shared / f"golden/{name}.{suffix}"
    with imported(checkpoint, tmp_path, size=size, known=known) as model:
        assert model.info.prototype_count == prototypes
        paths = [shared / "golden" / each["image"] for each in expected]
        results = model.attribute(paths, top=None, features=True)
    for result, each in zip(results, expected, strict=True):
        ranked = sorted(result.ranked, key=lambda score: score.id)
        for found, right in [
            ([score.logit for score in ranked], each["logits"]),
            ([score.probability for score in ranked], each["probabilities"]),
            (result.features, each["features"]),
        ]:
            assert worst(found, right) < 1e-4, each["image"]


def worst(found: object, right: object) -> float:
    """The largest error, relative to the largest number of the vector."""
    found, right = np.asarray(found, np.float64), np.asarray(right, np.float64)
    return float(np.abs(found - right).max() / np.abs(right).max())


@pytest.mark.parametrize(("name", "prototypes"), [("known_k", 17), ("unknown_k", 11)])
def test_the_reference_networks(
    native: object, shared: Path, tmp_path: Path, name: str, prototypes: int
) -> None:
    outputs = json.loads((shared / f"models/vae17_{name}.outputs.json").read_text())
    checkpoint = shared / f"models/vae17_{name}.ckpt"
    options = {"known": outputs["known"]} if name == "known_k" else {}
    with imported(checkpoint, tmp_path, **options) as model:
        assert (model.info.known_count, model.info.prototype_count) == (9, prototypes)
        paths = [shared / "data/vae17" / each["path"] for each in outputs["images"]]
        results = model.attribute(paths, top=None, threads=2, decoders=1)
    assert len(results) == len(outputs["images"])
    largest = 0.0
    for result, each in zip(results, outputs["images"], strict=True):
        assert result.ranked[0].id == each["top1"], each["path"]
        found = np.array([s.logit for s in sorted(result.ranked, key=lambda score: score.id)])
        largest = max(largest, float(np.abs(found - each["logits"]).max()))
    print(f"{name}: {len(results)} images, largest difference of a logit {largest:.2g}")
    assert largest < 1e-3
