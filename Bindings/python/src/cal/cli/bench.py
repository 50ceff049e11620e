"""`cal bench`: where the time of an image goes."""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import time
from collections.abc import Iterator
from typing import Any

from .. import _pillow
from .. import _structs as s
from ..errors import CalError, error
from ..model import Model
from ..session import Session
from . import accuracy, files
from .arguments import positive, positives, processors
from .exits import DONE

IMAGES = 64
"""Of more that are given, the first are taken: they are kept in memory, decoded."""
SIZE = (640, 480)
"""Of the made-up picture."""
TOP = 3

_CHANNELS = {s.FORMAT_GRAY8: 1, s.FORMAT_RGB8: 3, s.FORMAT_RGBA8: 4}


def register(commands: Any) -> None:
    parser = commands.add_parser(
        "bench",
        help="show where the time of an image goes",
        description="Attributes images with several numbers of threads and images per call, and "
        "shows the time of every stage.",
    )
    parser.add_argument("model", metavar="MODEL", help="model file")
    parser.add_argument(
        "images",
        metavar="IMAGE",
        nargs="*",
        help="image or folder; without one, a picture of {} x {} is made up".format(*SIZE),
    )
    every = sorted({1, processors()})
    parser.add_argument(
        "--threads", type=positives, default=every, metavar="N,N", help="(1, all processors)"
    )
    parser.add_argument(
        "--batch", type=positives, default=[1, 8], metavar="N,N", help="images a call (1,8)"
    )
    parser.add_argument("--repeats", type=positive, default=5, help="medians are of these (5)")
    parser.add_argument("--kernels", choices=sorted(s.KERNELS), default="auto")
    parser.add_argument("--precision", choices=list(s.PRECISIONS), default="auto")
    parser.add_argument(
        "--accuracy",
        action="store_true",
        help="no times: what the precision (all that the model has, unless told otherwise) does to "
        "the answers of all images, against fp32",
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(run=run, wrong_usage=parser.error)


def run(chosen: argparse.Namespace) -> int:
    if chosen.accuracy:
        return _accuracy(chosen)
    paths = files.some(chosen.images, False)[:IMAGES] if chosen.images else []
    decoding = _decoding(paths, chosen.repeats) if paths else None
    pictures = [_picture(*_decode(path)) for path in paths] or [_made_up()]
    with Model.load(chosen.model) as model:
        found = {
            "model": model.sha256,
            "input_size": model.info.input_size,
            "images": [[width, height] for height, width, _ in map(_shape, pictures)],
            "repeats": chosen.repeats,
            "decode_ms": decoding,
            **_measure(model, pictures, chosen),
        }
    print(json.dumps(found) if chosen.json else "\n".join(_table(found)))
    return DONE


def _accuracy(chosen: argparse.Namespace) -> int:
    if not chosen.images:
        chosen.wrong_usage("--accuracy needs images")
    paths = files.some(chosen.images, False)
    with Model.load(chosen.model) as model:
        precisions = [chosen.precision]
        if chosen.precision == "auto":
            precisions = accuracy.reduced(model)
        found = accuracy.compare(model, paths, precisions, chosen.kernels, max(chosen.threads))
    print(json.dumps(found) if chosen.json else "\n".join(accuracy.table(found)))
    return DONE


def _measure(
    model: Model, pictures: list[memoryview], chosen: argparse.Namespace
) -> dict[str, Any]:
    """All kinds of runs in turn, as often as there are repeats: if the machine's speed changes,
    it does so for all of them."""
    sessions = {
        n: model.session(n, chosen.kernels, profile=True, precision=chosen.precision)
        for n in chosen.threads
    }
    kinds = list(itertools.product(chosen.threads, chosen.batch))
    times: dict[tuple[int, int], list[dict[str, float]]] = {kind: [] for kind in kinds}
    try:
        for turn in range(-1, chosen.repeats):
            for threads, batch in kinds:
                # As many images later each time, so that all have their turn.
                start = max(turn, 0) * batch
                images = [pictures[(start + i) % len(pictures)] for i in range(batch)]
                one = _call(sessions[threads], images)
                if turn >= 0:  # the first warms caches and memory up
                    times[threads, batch].append(one)
        kernels = sessions[chosen.threads[0]].kernels
        precision = sessions[chosen.threads[0]].precision
    finally:
        for session in sessions.values():
            session.close()
    return {
        "kernels": kernels,
        "precision": precision,
        "runs": [_medians(*kind, repeats) for kind, repeats in times.items()],
    }


def _call(session: Session, images: list[memoryview]) -> dict[str, float]:
    """Milliseconds an image: of every stage, and on the clock."""
    before = session.profile()
    begin = time.perf_counter_ns()
    results = session.attribute_batch(images, batch=len(images), top=TOP)
    spent: dict[str, float] = {"clock": time.perf_counter_ns() - begin}
    spent |= {stage: after - before[stage] for stage, after in session.profile().items()}
    for result in results:
        if not result.ok:
            raise error(result.status, result.error)
    return {name: ns / len(images) / 1e6 for name, ns in spent.items()}


def _medians(threads: int, batch: int, repeats: list[dict[str, float]]) -> dict[str, Any]:
    median = {name: statistics.median(each[name] for each in repeats) for name in repeats[0]}
    clock, whole = median.pop("clock"), median.pop("whole")
    return {
        "threads": threads,
        "batch": batch,
        "stages_ms": median,
        "whole_ms": whole,
        "clock_ms": clock,
        "images_per_second": 1000 / clock,
    }


def _decoding(paths: list[str], repeats: int) -> float:
    """Median of reading and decoding a file on one thread, milliseconds."""
    times = []
    for path in repeats * paths:
        begin = time.perf_counter_ns()
        _decode(path)
        times.append((time.perf_counter_ns() - begin) / 1e6)
    return statistics.median(times)


def _decode(path: str) -> _pillow.Decoded:
    try:
        return _pillow.decode(path, exif=False)
    except CalError as problem:
        raise error(problem.status, f"{path}: {problem.detail}") from None


def _picture(format: int, width: int, height: int, data: bytes) -> memoryview:
    return memoryview(data).cast("B", (height, width, _CHANNELS[format]))


def _shape(picture: memoryview) -> tuple[int, ...]:
    assert picture.shape is not None  # no memoryview of ours is without
    return picture.shape


def _made_up() -> memoryview:
    width, height = SIZE
    pixels = random.Random(0).randbytes(3 * width * height)
    return _picture(s.FORMAT_RGB8, width, height, pixels)


def _table(found: dict[str, Any]) -> Iterator[str]:
    sizes = sorted({f"{width} x {height}" for width, height in found["images"]})
    shown = ", ".join(sizes[:3]) + (", ..." if len(sizes) > 3 else "")
    decoding = found["decode_ms"]
    yield f"model       {found['model']}, input {found['input_size']} x {found['input_size']}"
    yield f"kernels     {found['kernels']}, {found['precision']}"
    yield f"images      {'made up' if decoding is None else len(found['images'])}, {shown}"
    if decoding is not None:
        yield f"decoding    {decoding:.3f} ms a file, one thread"
    yield ""
    yield f"Milliseconds an image, medians of {found['repeats']}. Stages: all threads together."
    stages = list(found["runs"][0]["stages_ms"])
    names = ["threads", "batch", *stages, "whole", "clock", "images/s"]
    rows = [
        [str(run["threads"]), str(run["batch"])]
        + [f"{run['stages_ms'][stage]:.3f}" for stage in stages]
        + [f"{run['whole_ms']:.3f}", f"{run['clock_ms']:.3f}", f"{run['images_per_second']:.1f}"]
        for run in found["runs"]
    ]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    for row in [names, *rows]:
        yield "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
