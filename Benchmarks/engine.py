"""Times one engine in one process and prints a JSON object. Started by compare.py,
int8.py, bf16.py and regression.py.

usage: engine.py NAME FOLDER THREADS BATCH REPEATS SECONDS

libcal is timed from image buffer to ranked result, the peers from a ready float tensor to
logits: the peers' figure leaves out resizing, normalising, softmax and ranking.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from common import peak
from stopwatch import timed

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)

Run = Callable[[], np.ndarray]


def picture(size: int) -> np.ndarray:
    """A smooth seeded picture with some noise, as a decoded file would be."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:size, 0:size] / size
    planes = [np.sin(6 * x + 2 * i) * np.cos(5 * y - i) for i in range(3)]
    noisy = np.stack(planes, -1) * 90 + 128 + rng.normal(0, 8, (size, size, 3))
    return noisy.clip(0, 255).astype(np.uint8)


def tensor(image: np.ndarray, batch: int) -> np.ndarray:
    values = (image.astype(np.float32) / np.float32(255) - MEAN) / DEVIATION
    return np.repeat(values.transpose(2, 0, 1)[None], batch, 0).copy()


def libcal(
    folder: Path, threads: int, batch: int, image: np.ndarray, precision: str | None = None
) -> Run:
    import cal

    model = cal.Model.load(folder / "model.cal")
    # An older library, for regression.py, knows of one precision only.
    session = model.session(threads=threads, **({"precision": precision} if precision else {}))
    images = [image] * batch

    def run() -> np.ndarray:
        results = session.attribute_batch(images, batch=batch, top=None, pixel_digest=False)
        ranked = sorted(results[0].ranked, key=lambda score: score.id)
        return np.array([score.logit for score in ranked])

    return run


def onnxruntime(folder: Path, threads: int, batch: int, image: np.ndarray) -> Run:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    path = str(folder / f"model_{batch}.onnx")
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {"image": tensor(image, batch)}
    return lambda: session.run(None, feed)[0][0]


def openvino(
    folder: Path, threads: int, batch: int, image: np.ndarray, precision: str = "f32"
) -> Run:
    import openvino as ov

    hints = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": precision,
    }
    core = ov.Core()
    model = core.compile_model(folder / f"model_{batch}.onnx", "CPU", hints)
    request = model.create_infer_request()
    feed = {0: tensor(image, batch)}
    return lambda: request.infer(feed)[0][0].copy()


ENGINES = {
    "libcal": libcal,
    "libcal-int8": partial(libcal, precision="int8"),
    "libcal-bf16": partial(libcal, precision="bf16"),
    "onnxruntime": onnxruntime,
    "openvino": openvino,
    "openvino-bf16": partial(openvino, precision="bf16"),
}


def main() -> None:
    name, folder, threads, batch, repeats, seconds = sys.argv[1:]
    image = picture(256)
    package = name.partition("-")[0]
    __import__({"libcal": "cal"}.get(package, package))
    before = peak()
    start, processor = time.perf_counter(), time.process_time()
    run = ENGINES[name](Path(folder), int(threads), int(batch), image)
    load, load_cpu = time.perf_counter() - start, time.process_time() - processor
    logits = run()
    times = timed(run, int(repeats), float(seconds))
    print(
        json.dumps(
            {
                "ms": times.ms / int(batch),
                "cpu_ms": times.cpu_ms / int(batch),
                "least_cpu_ms": times.least_cpu_ms / int(batch),
                "load_s": load,
                "load_cpu_s": load_cpu,
                "memory_mb": peak() - before,
                "logits": [float(value) for value in logits],
            }
        )
    )


if __name__ == "__main__":
    main()
