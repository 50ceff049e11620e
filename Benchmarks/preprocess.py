"""Resizing a photo to the network's input: libcal beside Pillow and OpenCV.

Every figure is the median over rounds, in milliseconds of processor time of one thread; in a
round each engine runs in a process of its own, one after the other, so that a machine that changes
its speed changes it for all. libcal's is what attributing the photo costs more than attributing a
picture that has the network's size already, without the digest, so that normalisation and a tiny
network are left out. Pillow's BILINEAR is the resize that libcal computes, byte for byte; a
reducing gap, BOX and OpenCV's INTER_AREA give other pictures.

usage: preprocess.py [--rounds 5] [--repeats 20] [--photos 4000x3000,1920x1080] [--sizes 256,64]
                     [-o FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from common import machine, numbers, publish

ENGINES = {
    "libcal": "libcal",
    "bilinear": "Pillow BILINEAR",
    "gap": "Pillow BILINEAR, reducing_gap 2",
    "box": "Pillow BOX",
    "area": "OpenCV INTER_AREA",
}

Shape = tuple[int, int]


def photo(width: int, height: int) -> np.ndarray:
    rng = np.random.default_rng(5)
    return rng.integers(0, 256, (height, width, 3), np.uint8)


def libcal(pixels: np.ndarray, size: int) -> Callable[[], object]:
    import cal

    sys.path.append(str(Path(__file__).parents[1] / "Tests/Fixtures"))
    import make_model

    session = cal.Model.from_bytes(make_model.colours(size, thinned=True)).session()
    return lambda: session.attribute(pixels, pixel_digest=False)


def pillow(pixels: np.ndarray, size: int, filter: str, gap: float | None) -> Callable[[], object]:
    from PIL import Image

    image = Image.fromarray(pixels)
    resample = Image.Resampling[filter]
    return lambda: image.resize((size, size), resample, reducing_gap=gap)


def opencv(pixels: np.ndarray, size: int) -> Callable[[], object]:
    import cv2

    cv2.setNumThreads(1)
    return lambda: cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA)


def median_ms(work: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats + 1):
        begin = time.process_time_ns()
        work()
        times.append((time.process_time_ns() - begin) / 1e6)
    return statistics.median(times[1:])


def engine(name: str, shape: Shape, size: int, repeats: int) -> float:
    pixels = photo(*shape)
    if name == "libcal":
        rest = libcal(photo(size, size), size)
        return median_ms(libcal(pixels, size), repeats) - median_ms(rest, repeats)
    if name == "area":
        return median_ms(opencv(pixels, size), repeats)
    filter, gap = {"bilinear": ("BILINEAR", None), "gap": ("BILINEAR", 2.0), "box": ("BOX", None)}[
        name
    ]
    return median_ms(pillow(pixels, size, filter, gap), repeats)


def measure(shape: Shape, size: int, rounds: int, repeats: int) -> dict[str, float]:
    found: dict[str, list[float]] = {name: [] for name in ENGINES}
    for _ in range(rounds):
        for name, times in found.items():
            task = json.dumps([name, shape, size, repeats])
            command = [sys.executable, __file__, "--engine", task]
            times.append(float(subprocess.run(command, check=True, capture_output=True).stdout))
    return {name: statistics.median(times) for name, times in found.items()}


def shapes(text: str) -> list[Shape]:
    found = [each.split("x") for each in text.split(",")]
    return [(int(width), int(height)) for width, height in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--photos", type=shapes, default=[(4000, 3000), (1920, 1080)])
    parser.add_argument("--sizes", type=numbers, default=[256, 64])
    parser.add_argument("-o", "--output", type=Path, help="write the table to this file too")
    parser.add_argument("--engine", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        print(engine(*options.engine))
        return
    lines = [
        f"Machine: {machine()}. RGB8, one thread; {options.rounds} rounds of {options.repeats}.",
        "",
        "| photo | input | " + " | ".join(f"{label} ms" for label in ENGINES.values()) + " |",
        "|---" * (2 + len(ENGINES)) + "|",
    ]
    for shape in options.photos:
        for size in options.sizes:
            found = measure(shape, size, options.rounds, options.repeats)
            cells = [f"{found[name]:.2f}" for name in ENGINES]
            lines.append(f"| {shape[0]} x {shape[1]} | {size} | " + " | ".join(cells) + " |")
    publish("\n".join(lines) + "\n", options.output)


if __name__ == "__main__":
    main()
