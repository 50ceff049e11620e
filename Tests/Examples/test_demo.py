"""The demo as `make demo` runs it, on a small set; and the model that it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import cal
import pytest
from demo import MODEL
from support import ROOT, check_run

DEMO = ROOT / "Examples" / "demo"
KNOWN = [
    "Real", "TransposedConvolution", "BlendedFace", "LanczosEnlarged", "MeshWarp",
    "PatchCodebook", "Beautify",
]  # fmt: skip
EPOCHS = 2
PER_CLASS, TEST_IMAGES = 10, 2


def program(name: str, *arguments: str | Path) -> list[str]:
    return [sys.executable, str(DEMO / name), *map(str, arguments)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made with another seed than the demo's: the model has seen none of these people."""
    folder = tmp_path_factory.mktemp("demo") / "world"
    check_run(program("generate.py", folder, "--per-class", str(PER_CLASS), "--seed", "77"))
    return folder


def test_demo(world: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shown = check_run(program("demo.py", world, out, "--epochs", str(EPOCHS))).stdout

    images = TEST_IMAGES * 12
    assert f"\n{images} images, split test: {TEST_IMAGES * 7} of known classes" in shown
    for measure in ("All", "Known", "strict ACC", "K "):
        assert re.search(rf"^{measure} .*\d", shown, re.MULTILINE), measure
    (verdicts,) = re.findall(r"^verdicts: (.*)$", shown, re.MULTILINE)
    assert sum(map(int, re.findall(r"\d+", verdicts))) == images

    epochs = re.findall(
        r"^epoch (\d) of \d: loss [\d.]+, held-out known ACC [\d.]+, strict novel ACC [\d.]+, "
        r"K (\d+), \d+ s$", shown, re.MULTILINE,
    )  # fmt: skip
    assert [int(epoch) for epoch, _ in epochs] == list(range(1, EPOCHS + 1))
    assert all(int(k) >= len(KNOWN) for _, k in epochs)

    for when in ("before", "after"):
        (called,) = re.findall(
            rf"^{when}: known ACC [\d.]+; {TEST_IMAGES} test images of it are called (.*)$", shown,
            re.MULTILINE,
        )  # fmt: skip
        assert sum(map(int, re.findall(r"(?:^|, )(\d+) ", called))) == TEST_IMAGES
    (births,) = re.findall(r"^commit: (\d+) new methods$", shown, re.MULTILINE)
    founded = re.findall(r"^  novel prototype \d+: \d+ images, by", shown, re.MULTILINE)
    assert len(founded) == int(births)

    page = (out / "index.html").read_text()
    assert f"{images} images:" in page and verdicts in page
    assert page.count('alt="face"') == page.count('alt="evidence"') == images


def test_demo_without_a_world(tmp_path: Path) -> None:
    done = subprocess.run(
        program("demo.py", tmp_path / "none", tmp_path), capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("demo.py: ") and "none" in done.stderr


def test_model_is_small_and_says_where_it_is_from() -> None:
    assert MODEL.stat().st_size < 4_000_000
    with cal.Model.load(MODEL) as model:
        assert [each.name for each in model.prototypes if each.kind == "known"] == KNOWN
        assert any(each.kind == "novel" for each in model.prototypes)
        assert "world/faces" in str(model.describe()["provenance"])


def test_model_knows_its_methods(world: Path) -> None:
    """Chance is one in seven."""
    dataset = cal.data.open(world / "faces")
    with cal.Model.load(MODEL) as model:
        measured = cal.evaluate(model, dataset, split="all", threads=2).metrics
    assert measured.known_count == PER_CLASS * len(KNOWN)
    assert measured.known.acc > 0.6
