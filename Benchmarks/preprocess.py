"""Resizing a photo to the network's input: libcal beside Pillow and OpenCV.

Every figure is the median over rounds, in milliseconds of processor time of one thread, and every
ratio that of the rounds' ratios; in a round each engine runs in a process of its own. libcal's is
what attributing the photo costs more than attributing a picture that has the network's size
already, without the digest, so that normalisation and a tiny network are left out. Pillow's
BILINEAR is the resize that libcal computes, byte for byte; a reducing gap, BOX and OpenCV's
INTER_AREA give other pictures.

usage: preprocess.py [--rounds 5] [--repeats 20] [--photos 4000x3000,1920x1080] [--sizes 256,64]
                     [-o FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
from common import numbers
from rounds import Round, interleaved, measure, middle, ratio
from stopwatch import timed
from tables import Bar, add_output, publish, table

ENGINES = {
    "libcal": "libcal",
    "bilinear": "Pillow BILINEAR",
    "gap": "Pillow BILINEAR, reducing_gap 2",
    "box": "Pillow BOX",
    "area": "OpenCV INTER_AREA",
}

OURS, *PEERS = ENGINES

Shape = tuple[int, int]
Setting = tuple[Shape, int]
"""A photo and the network's size."""


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


def engine(name: str, shape: Shape, size: int, repeats: int) -> dict[str, float]:
    """Milliseconds of the processor: the median, and the least."""

    def cost(work: Callable[[], object]) -> dict[str, float]:
        times = timed(work, repeats, 0)
        return {"cpu_ms": times.cpu_ms, "least_cpu_ms": times.least_cpu_ms}

    pixels = photo(*shape)
    if name == "libcal":
        whole, rest = cost(libcal(pixels, size)), cost(libcal(photo(size, size), size))
        return {key: whole[key] - rest[key] for key in whole}
    if name == "area":
        return cost(opencv(pixels, size))
    filter, gap = {"bilinear": ("BILINEAR", None), "gap": ("BILINEAR", 2.0), "box": ("BOX", None)}[
        name
    ]
    return cost(pillow(pixels, size, filter, gap))


def row(setting: Setting, rounds: list[Round]) -> list[str]:
    (width, height), size = setting
    cells = [f"{width} x {height}", str(size), f"{middle(rounds, OURS, 'cpu_ms'):.2f}"]
    for peer in PEERS:
        over = ratio(rounds, peer, OURS, "cpu_ms").middle
        cells.append(f"{middle(rounds, peer, 'cpu_ms'):.2f} ({over:.1f})")
    return cells


def bars(results: dict[Setting, list[Round]]) -> list[Bar]:
    found = []
    for ((width, height), size), rounds in results.items():
        label = f"{width} x {height} to {size}"
        for peer in PEERS:
            over = ratio(rounds, peer, OURS, "cpu_ms")
            found.append(Bar(label, ENGINES[peer], "processor time", over))
    return found


def shapes(text: str) -> list[Shape]:
    found = [each.split("x") for each in text.split(",")]
    return [(int(width), int(height)) for width, height in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--photos", type=shapes, default=[(4000, 3000), (1920, 1080)])
    parser.add_argument("--sizes", type=numbers, default=[256, 64])
    parser.add_argument("--engine", type=json.loads, help=argparse.SUPPRESS)
    add_output(parser)
    chosen = parser.parse_args()
    if chosen.engine:
        print(json.dumps(engine(*chosen.engine)))
        return

    from conditions import Conditions  # not in a peer's process

    conditions = Conditions()
    settings = [(shape, size) for shape in chosen.photos for size in chosen.sizes]

    def one(setting: Setting, name: str) -> dict[str, float]:
        return measure(Path(__file__), "--engine", json.dumps([name, *setting, chosen.repeats]))

    results = interleaved(settings, list(ENGINES), chosen.rounds, one)
    header = ["photo", "input", "libcal ms", *(f"{ENGINES[peer]} ms (/ libcal)" for peer in PEERS)]
    peers = ", ".join(f"{name} {version(name)}" for name in ("Pillow", "opencv-python-headless"))
    text = f"{conditions} Peers: {peers}. "
    text += f"RGB8, one thread; {chosen.rounds} rounds of {chosen.repeats}.\n\n"
    text += table(header, (row(*each) for each in results.items()))
    publish(text, chosen.output, bars(results))


if __name__ == "__main__":
    main()
