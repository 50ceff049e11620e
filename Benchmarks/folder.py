"""`cal attribute` over a folder of many photos: pace, use of the cores, and growth of memory.

Makes a folder of JPEGs (PICTURES different ones, each under many names), runs the command on it in
a process of its own, and watches that: images a second, its processor time as a share of all cores,
the same with the time that its threads were ready to run while others had the cores, milliseconds
of processor per image, and the peak of its memory when a quarter of the images is done and at the
end. What differs between those is what grows with the number of images.

usage: folder.py [--images 10000] [--size 640x480] [--model FILE] [--decoders 1,default]
                 [--rounds 1] [-o FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from common import cores, peak
from conditions import Conditions
from PIL import Image
from tables import add_output, publish, table

MODEL = Path(__file__).parents[1] / "Examples/demo/model.cal"
PICTURES = 64
QUALITY = 90
HEADER = ["decoders", "images/s", "cores used", "used or waited for", "CPU ms an image"]
HEADER += ["peak MB at 1/4", "at the end"]


class Run(NamedTuple):
    wall: float
    cpu: float
    ready: float
    """Seconds that its threads ran or waited for a core."""
    quarter_mb: float
    peak_mb: float


def photo(width: int, height: int, seed: int) -> Image.Image:
    """Structure of all sizes, as a photo has, and a sensor's noise."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.float32)
    for step, strength in ((2, 60), (6, 40), (24, 20), (96, 10)):
        coarse = rng.normal(0, 1, (step, step, 3)).astype(np.float32)
        for channel in range(3):
            layer = Image.fromarray(coarse[..., channel])
            picture[..., channel] += strength * np.asarray(
                layer.resize((width, height), Image.Resampling.BICUBIC)
            )
    picture += 128 + rng.normal(0, 4, picture.shape)
    return Image.fromarray(picture.clip(0, 255).astype(np.uint8))


def fill(folder: Path, images: int, width: int, height: int) -> None:
    """Hard links after the first PICTURES files: each is opened, read and decoded anew."""
    for number in range(images):
        path = folder / f"{number:06}.jpg"
        if number < PICTURES:
            photo(width, height, number).save(path, quality=QUALITY)
        else:
            os.link(folder / f"{number % PICTURES:06}.jpg", path)


def ready_of(process: int) -> float:
    """Seconds; threads that have ended are not in it."""
    total = 0
    for task in Path(f"/proc/{process}/task").iterdir():
        with contextlib.suppress(OSError):
            ran, waited, _ = (task / "schedstat").read_text().split()
            total += int(ran) + int(waited)
    return total / 1e9


def attribute(model: Path, folder: Path, out: Path, images: int, decoders: str) -> Run:
    more = [] if decoders == "default" else ["--decoders", decoders]
    command = [sys.executable, "-m", "cal", "attribute", model, folder, "--csv", "-o", out, *more]
    out.unlink(missing_ok=True)
    begin = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    quarter = last = ready = 0.0
    size = lines = 0
    while True:
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        with contextlib.suppress(OSError):  # it may have just ended
            last = max(last, peak(process.pid))
        ready = max(ready, ready_of(process.pid))
        if not quarter and out.exists():
            with out.open("rb") as file:
                file.seek(size)
                new = file.read()
            size, lines = size + len(new), lines + new.count(b"\n")
            quarter = last if lines > images // 4 else 0.0
        time.sleep(0.05)
    wall = time.perf_counter() - begin
    written = out.read_bytes().count(b"\n") - 1
    if os.waitstatus_to_exitcode(status) != 0 or written != images:
        raise SystemExit(f"{' '.join(map(str, command))}: {written} of {images} images")
    return Run(wall, used.ru_utime + used.ru_stime, ready, quarter or last, last)


def size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


def row(decoders: str, run: Run, images: int) -> list[str]:
    whole = run.wall * cores()
    return [
        decoders,
        f"{images / run.wall:.0f}",
        f"{run.cpu / whole:.0%}",
        f"{run.ready / whole:.0%}",
        f"{1000 * run.cpu / images:.2f}",
        f"{run.quarter_mb:.0f}",
        f"{run.peak_mb:.0f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=10000)
    parser.add_argument("--size", type=size, default=(640, 480))
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--decoders", type=lambda text: text.split(","), default=["1", "default"])
    parser.add_argument("--rounds", type=int, default=1, help="of all numbers of decoders in turn")
    add_output(parser)
    chosen = parser.parse_args()
    conditions = Conditions()
    width, height = chosen.size
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder, out = Path(temporary, "photos"), Path(temporary, "out.csv")
        folder.mkdir()
        fill(folder, chosen.images, width, height)
        for decoders in chosen.rounds * chosen.decoders:
            run = attribute(chosen.model, folder, out, chosen.images, decoders)
            rows.append(row(decoders, run, chosen.images))
    heading = (
        f"{conditions} {chosen.images} JPEGs of {width} x {height}, quality {QUALITY}; "
        f"model {chosen.model.name}.\n\n"
    )
    publish(heading + table(HEADER, rows), chosen.output)


if __name__ == "__main__":
    main()
