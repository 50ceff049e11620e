"""How often a stream without a new method gives birth to one, and how much the order of arrival
matters, on synthetic features from seeds.

Features of a method: a strength, uniform from a least one to 1, times its direction, and noise of
length 1 in all. With a least strength of 0.1, a quarter of all images is too weak to be explained,
and says little of its method; with 0.4 hardly one is. Shapes of the noise:

normal      the same in all directions
elongated   four directions, other ones for each method, have a third of its square
heavy       Student's t with three degrees of freedom
two-lobed   normal, around one of two directions that have a cosine of about 0.8

With --stored the model holds images of each method, 32 of them, as a trained one does: then what it
explains is looked at as well.

usage: update_streams.py [--stored] [--streams 20] [--images 4000] [--orders 8]
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cal
import numpy as np
from update_engine import directions, fixture, tiny_model

WIDTH, METHODS, NEW = 256, 40, 4
SHAPES = ("normal", "elongated", "heavy", "two-lobed")
LEAST = (0.4, 0.1)  # strengths
PARTS = 4  # of a stream, with a commit behind each

Images = tuple[np.ndarray, list[bytes]]


def features(
    centres: np.ndarray, images: int, shape: str, least: float, seed: int, draw: int = 0
) -> tuple[np.ndarray, Images]:
    """Methods of images, and images, in random order. Methods are as the seed has them; another
    draw, other images."""
    rng = np.random.default_rng([seed, draw] if draw else seed)
    width = centres.shape[1]
    method = rng.integers(len(centres), size=images)
    own = centres[method]
    noise = rng.standard_normal((images, width))
    if shape == "elongated":
        axes = directions(4 * len(centres), width, seed + 1).reshape(len(centres), 4, width)
        along = rng.standard_normal((images, 4)) * (width / 4) ** 0.5
        long = np.einsum("ij,ijk->ik", along, axes[method])
        noise = (2 / 3) ** 0.5 * noise + (1 / 3) ** 0.5 * long
    elif shape == "heavy":
        noise = rng.standard_t(3, (images, width)) / 3**0.5
    elif shape == "two-lobed":
        side = np.where(rng.random(images) < 0.5, 1, -1)[:, None]
        own = own + 0.33 * side * directions(len(centres), width, seed + 2)[method]
    strength = rng.uniform(least, 1, (images, 1))
    rows = strength * own + noise / width**0.5
    return method, (rows.astype(np.float32), [rng.bytes(32) for _ in range(images)])


def holding(model: cal.Model, known: np.ndarray, shape: str, least: float, seed: int) -> cal.Model:
    """The model with images of its methods."""
    method, (rows, _) = features(known, 60 * len(known), shape, least, seed, draw=1)
    chosen = np.concatenate([np.flatnonzero(method == own)[:32] for own in range(len(known))])
    return model.calibrate(rows[chosen], method[chosen])


def observe(updater: cal.Updater, images: Images, which: np.ndarray) -> None:
    for first in range(0, len(which), 1024):
        part = which[first : first + 1024]
        updater.observe_features(images[0][part], [images[1][i] for i in part])


def updater(model: cal.Model, folder: str) -> cal.Updater:
    return cal.Updater.create(model, folder, sync=False)


def false_births(
    model: cal.Model,
    known: np.ndarray,
    shape: str,
    least: float,
    streams: int,
    images: int,
    stored: bool,
) -> str:
    births, streams_with, unexplained = 0, 0, 0
    for seed in range(streams):
        _, stream = features(known, images, shape, least, 1000 + seed)
        own = holding(model, known, shape, least, 1000 + seed) if stored else model
        with tempfile.TemporaryDirectory() as folder, updater(own, folder) as state:
            found = 0
            for part in np.array_split(np.arange(images), PARTS):
                observe(state, stream, part)
                report = state.commit()
                found += len(report["born"])
                unexplained += report["unexplained"]
            births += found
            streams_with += found > 0
    commits = streams * PARTS
    return (
        f"| {shape} | {least} | {streams} | {commits} | {unexplained / streams / images:.2f} "
        f"| {births} | {streams_with} |"
    )


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protobuf message: number, and the value of a varint or the bytes."""
    place = 0

    def varint() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while place < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
            continue
        size = {1: 8, 5: 4}.get(key & 7) or varint()
        yield key >> 3, message[place : place + size]
        place += size


def answers(model: cal.Model, rows: np.ndarray) -> np.ndarray:
    """The prototype in use with the largest logit, by the vectors in the model file."""
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder, "model.cal"))
        [bank] = [v for n, v in fields(Path(folder, "model.cal").read_bytes()) if n == 5]
    prototypes = [dict(fields(value)) for number, value in fields(bank) if number == 3]
    used = [p for p in prototypes if p[2] != fixture.RETIRED]
    vectors = np.array([np.frombuffer(p[4], "<f4") for p in used])
    return np.array([p.get(1, 0) for p in used])[np.argmax(rows @ vectors.T, axis=1)]


def order(
    model: cal.Model,
    known: np.ndarray,
    new: np.ndarray,
    shape: str,
    least: float,
    orders: int,
    images: int,
    stored: bool,
) -> str:
    """One stream with new methods, in different orders, with a commit behind each quarter."""
    centres = np.concatenate([known, new])
    _, stream = features(centres, images, shape, least, 7)
    method, (test, _) = features(new, 2000, shape, least, 8)
    born, right, pairs = [], [], []
    before = max(p.id for p in model.prototypes)
    own = holding(model, known, shape, least, 7) if stored else model
    for seed in range(orders):
        shuffled = np.random.default_rng(seed).permutation(images)
        with tempfile.TemporaryDirectory() as folder, updater(own, folder) as state:
            for part in np.array_split(shuffled, PARTS):
                observe(state, stream, part)
                state.commit()
            found = answers(state.model, test)
        ids = sorted({id for id in found if id > before})
        born.append(len(ids))
        # The method that each birth answers most often for.
        means = {id: Counter(method[found == id]).most_common(1)[0][0] for id in ids}
        named = np.array([means.get(id, -1) for id in found])
        right.append(np.mean(named == method))
        pairs.append(named)
    same = [np.mean(a == b) for i, a in enumerate(pairs) for b in pairs[:i]]
    return (
        f"| {shape} | {least} | {orders} | {min(born)} to {max(born)} "
        f"| {min(right):.3f} to {max(right):.3f} "
        f"| {min(same):.3f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streams", type=int, default=20, help="for each shape")
    parser.add_argument("--images", type=int, default=4000, help="of a stream")
    parser.add_argument("--orders", type=int, default=8, help="of one stream")
    parser.add_argument("--stored", action="store_true", help="the model holds images")
    options = parser.parse_args()
    rows = directions(METHODS + NEW, WIDTH, 0)
    known, new = rows[:METHODS], rows[METHODS:]
    with cal.Model.from_bytes(tiny_model(known)) as model:
        cases = [(shape, least) for least in LEAST for shape in SHAPES]
        print("| shape | least | streams | commits | unexplained | births | with a birth |")
        print("|---|---|---|---|---|---|---|")
        for case in cases:
            print(
                false_births(model, known, *case, options.streams, options.images, options.stored)
            )
        print("\n| shape | least | orders | births of 4 | right method | least agreement |")
        print("|---|---|---|---|---|---|")
        for case in cases:
            print(order(model, known, new, *case, options.orders, options.images, options.stored))


if __name__ == "__main__":
    main()
