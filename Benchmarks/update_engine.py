"""Times an updater on synthetic features in one process, and prints a JSON object. Started by
update.py and regression.py.

usage: update_engine.py observe|commit PROTOTYPES FEATURES IMAGES [TIMES]

With TIMES, it is done so often, and figures are the least.

Methods are clouds of normal features around random directions; the model knows nine tenths of its
prototypes' methods, and the rest are novel ones. Its network is tiny, because it is not run.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cal
import numpy as np
from common import peak

sys.path.append(str(Path(__file__).parents[1] / "Tests/Fixtures"))
import make_model as fixture

BATCH = 256
NEW_METHODS = 20
LENGTH = 12.0  # of a prototype; features of its method have about 1 along it
NOISE = 1.0  # length of an image's own part

Stream = Iterator[tuple[np.ndarray, list[bytes]]]


def tiny_model(prototypes: np.ndarray) -> bytes:
    width = prototypes.shape[1]
    stem, inner = 16, 16
    rng = np.random.default_rng(0)
    tensors: list[bytes] = []

    def convolution(name: str, out: int, into: int, kernel: int) -> None:
        values = rng.standard_normal(out * into * kernel * kernel) * 0.1
        shape = [out, into, kernel, kernel]
        tensors.append(fixture.tensor(f"{name}.weight", shape, values.tolist()))

    def norm(name: str, channels: int) -> None:
        rows = {"weight": 1.0, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0}
        for row, value in rows.items():
            tensors.append(fixture.tensor(f"{name}.{row}", [channels], [value] * channels))

    convolution("backbone.conv1", stem, 3, 3)
    norm("backbone.bn1", stem)
    block = "backbone.layer1.0"
    layers = [("conv1", inner, stem, 1), ("conv2", inner, inner, 3), ("conv3", width, inner, 1)]
    for number, (name, out, into, kernel) in enumerate(layers, 1):
        convolution(f"{block}.{name}", out, into, kernel)
        norm(f"{block}.bn{number}", out)
    convolution(f"{block}.downsample.0", width, stem, 1)
    norm(f"{block}.downsample.1", width)

    network = fixture.message(
        _1=fixture.BOTTLENECK,
        _2=fixture.message(_1=3, _2=1, _3=stem),
        _3=[fixture.message(_1=1, _2=inner, _3=width, _4=2)],
        _5=fixture.message(_1=1),
        _6=1e-5,
    )
    known = len(prototypes) * 9 // 10
    bank = [
        fixture.prototype(id, fixture.KNOWN, f"method {id}", (LENGTH * row).tolist())
        if id < known
        else fixture.prototype(id, fixture.NOVEL, "", (LENGTH * row).tolist())
        for id, row in enumerate(prototypes)
    ]
    return fixture.model(32, network, bank, tensors, epoch=1)


def directions(count: int, width: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def batches(centres: np.ndarray, images: int, seed: int) -> Stream:
    """Images of these methods in turn."""
    rng = np.random.default_rng(seed)
    width = centres.shape[1]
    for first in range(0, images, BATCH):
        count = min(BATCH, images - first)
        noise = rng.standard_normal((count, width), np.float32) * np.float32(NOISE / width**0.5)
        own = centres[(first + np.arange(count)) % len(centres)]
        yield own + noise, [rng.bytes(32) for _ in range(count)]


def timed(updater: cal.Updater, stream: Stream) -> tuple[float, float]:
    """Microseconds per image, on the clock and of the processor: the medians over calls."""
    clock, processor = [], []
    for features, keys in stream:
        start, own = time.perf_counter(), time.thread_time()
        updater.observe_features(features, keys)
        clock.append((time.perf_counter() - start) / len(keys) * 1e6)
        processor.append((time.thread_time() - own) / len(keys) * 1e6)
    return statistics.median(clock), statistics.median(processor)


def observe(model: cal.Model, known: np.ndarray, new: np.ndarray, images: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, sync in (("", False), ("_synced", True)):
        with (
            tempfile.TemporaryDirectory() as folder,
            cal.Updater.create(model, folder, sync=sync) as updater,
        ):
            filling = timed(updater, batches(new, 8192, 1))
            timed(updater, batches(known, 2 * 64 * len(known), 2))
            timed(updater, batches(new, 8192, 3))
            explained = timed(updater, batches(known, images, 4))
            unexplained = timed(updater, batches(new, images, 5))
            for key, times in (
                ("filling", filling),
                ("explained", explained),
                ("unexplained", unexplained),
            ):
                found[key + name], found[f"{key}{name}_cpu"] = times
    return found


def commit(model: cal.Model, known: np.ndarray, new: np.ndarray, images: int) -> dict[str, float]:
    """`images` cached ones, of which a prototype has 64 at most."""
    sampled = 64 * len(known)
    with (
        tempfile.TemporaryDirectory() as folder,
        cal.Updater.create(model, folder, sync=False, reservoir=images - sampled) as updater,
    ):
        # Twice as many as are sampled, so that every sample is full.
        timed(updater, batches(known, 2 * sampled, 1))
        timed(updater, batches(new, images - sampled, 2))
        updater.sync()
        start, own = time.perf_counter(), time.thread_time()
        updater.preview()
        middle, own_middle = time.perf_counter(), time.thread_time()
        report = updater.commit()
        end, own_end = time.perf_counter(), time.thread_time()
        files = sum(path.stat().st_size for path in Path(folder).iterdir())
        return {
            "preview_s": middle - start,
            "preview_cpu_s": own_middle - own,
            "commit_s": end - middle,
            "commit_cpu_s": own_end - own_middle,
            "born": len(report["born"]),
            "folder_mb": files / 2**20,
            "peak_mb": peak(),
        }


def main() -> None:
    task = {"observe": observe, "commit": commit}[sys.argv[1]]
    prototypes, width, images, times = map(int, [*sys.argv[2:], "1"][:4])
    rows = directions(prototypes + NEW_METHODS, width, 0)
    known, new = rows[:prototypes], rows[prototypes:]
    with cal.Model.from_bytes(tiny_model(known)) as model:
        found = [task(model, known, new, images) for _ in range(times)]
    print(json.dumps({key: min(each[key] for each in found) for key in found[0]}))


if __name__ == "__main__":
    main()
