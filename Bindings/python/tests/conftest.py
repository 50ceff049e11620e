"""What the tests share: places, the library, small models made on the spot."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

import cal
import cal._native

settings.register_profile("cal", deadline=None)  # other work on the machine is no failure
settings.load_profile("cal")

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("CAL_SHARED", ROOT.parent / "shared"))

# A shell that starts its tests in the background has them ignore Ctrl-C, and children inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)

sys.path.insert(0, str(Path(__file__).parent))

import networks  # noqa: E402
import torchfile  # noqa: E402
from cal.importer import import_checkpoint  # noqa: E402


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real checkpoints and recorded answers, which are not part of the repository."""
    if not SHARED.is_dir():
        pytest.skip(f"no shared test data at {SHARED}; set CAL_SHARED")
    return SHARED


@pytest.fixture(scope="session")
def shape() -> networks.Shape:
    return networks.Shape()


@pytest.fixture(scope="session")
def state(shape: networks.Shape) -> networks.State:
    return networks.make(shape)


@pytest.fixture(scope="session")
def model_path(state: networks.State, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with 2 known prototypes (alpha, beta) and 4 novel ones, input 32 x 32."""
    folder = tmp_path_factory.mktemp("model")
    checkpoint = torchfile.save(folder / "model.ckpt", {"state_dict": state})
    import_checkpoint(checkpoint, folder / "model.cal", size=32, classes=["alpha", "beta"])
    return folder / "model.cal"


@pytest.fixture(scope="session")
def pixels() -> np.ndarray:
    """A 32 x 32 colour picture: smooth, with some noise."""
    chance = np.random.default_rng(3)
    y, x = np.mgrid[0:32, 0:32]
    smooth = np.stack([x * 8, y * 8, (x + y) * 4], axis=2)
    return np.clip(smooth + chance.normal(0, 20, smooth.shape), 0, 255).astype(np.uint8)


def compiler() -> str:
    found = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if found is None:
        pytest.skip("no C compiler")
    return found


@pytest.fixture(scope="session")
def native() -> cal._native.Library:
    """libcal itself, for tests that need its functions rather than the package's."""
    try:
        return cal._native.library()
    except cal.CalLibraryError as problem:
        if os.environ.get("CAL_LIBRARY"):
            raise  # asked for by name: its absence is a failure
        pytest.skip(f"{problem}")


@pytest.fixture(scope="session")
def model(native: cal._native.Library, model_path: Path) -> Iterator[cal.Model]:
    with cal.Model.load(model_path) as model:
        yield model


@pytest.fixture(scope="session")
def colour_model_path(
    model: cal.Model, state: networks.State, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same network with prototypes that tell some of networks.picture's pictures apart."""
    chance = np.random.default_rng(6)
    pictures = [networks.picture(chance) for _ in range(40)]
    features = np.array([a.features for a in model.attribute(pictures, features=True)])
    mean = features.mean(0) / np.linalg.norm(features.mean(0))
    rows = features[: len(state["encoder.fc2"])]
    rows = rows - np.outer(rows @ mean, mean)  # what all features have in common decides nothing
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    folder = tmp_path_factory.mktemp("colours")
    changed = state | {"encoder.fc2": rows.astype(np.float32)}
    checkpoint = torchfile.save(folder / "model.ckpt", {"state_dict": changed})
    import_checkpoint(checkpoint, folder / "model.cal", size=32, classes=["alpha", "beta"])
    return folder / "model.cal"


@pytest.fixture(scope="session")
def picture(pixels: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`pixels` as a PNG file."""
    path = tmp_path_factory.mktemp("picture") / "picture.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pictures each of three classes, two of each face. `colour_model_path`'s model knows
    alpha and beta, and not gamma. A module may add files."""
    root = tmp_path_factory.mktemp("faces")
    chance = np.random.default_rng(2)
    for name in ("alpha", "beta", "gamma"):
        (root / name).mkdir()
        for i in range(10):
            Image.fromarray(networks.picture(chance)).save(root / name / f"id{i // 2}_{i}.png")
    return root
