"""The place behind a person, out of focus and so without sharp edges."""

from __future__ import annotations

import numpy as np

from .plane import Array, bump, ellipse, inside, linear, noise, over, ramp, rounded
from .scene import Scene

SKY, CLOUD, WINDOW = linear(176, 204, 232), linear(240, 240, 236), linear(226, 232, 240)
GREENS = [(70, 96, 44), (104, 112, 58), (52, 80, 52), (128, 96, 48)]


def place(scene: Scene, x: Array, y: Array) -> Array:
    rng = np.random.default_rng(scene.texture)
    base = linear(*rng.integers(50, 190, 3))
    base = 0.45 * base + 0.55 * base.mean()  # rooms are seldom bright in colour
    return _PLACES[scene.backdrop](rng, base, x, y) * (scene.key * 0.6 + scene.fill * 0.8)


def _studio(rng: np.random.Generator, base: Array, x: Array, y: Array) -> Array:
    cx, cy = rng.uniform(-0.6, 0.6), rng.uniform(-0.6, 0.2)
    glow = rounded(np.exp, ((x - cx) ** 2 + (y - cy) ** 2) / -rng.uniform(0.6, 2))
    return base * ((0.5 + 0.9 * glow) * (1 + 0.05 * noise(rng, x.shape, 5)))


def _lights(rng: np.random.Generator, base: Array, x: Array, y: Array) -> Array:
    picture = base * (0.25 - 0.08 * y)
    for _ in range(rng.integers(7, 14)):
        colour = linear(*rng.integers(120, 256, 3)) * rng.uniform(0.3, 0.8)
        radius = rng.uniform(0.06, 0.2)
        disc = ellipse(x, y, rng.uniform(-1.1, 1.1), rng.uniform(-1.1, 0.8), radius, radius)
        picture = over(picture, colour, 0.7 * inside(disc, 0.06))
    return picture


def _room(rng: np.random.Generator, base: Array, x: Array, y: Array) -> Array:
    left, width = rng.uniform(-1.3, 0.7), rng.uniform(0.35, 0.9)
    right = left + width
    window = ramp(x, left, left + 0.1) * ramp(x, right + 0.1, right) * ramp(y, 0.5, 0.35)
    window = window * (1 - 0.6 * bump(x, left + width / 2, 0.04))
    dark_side = 1 if rng.random() < 0.5 else -1
    wall = base * (0.75 + 0.25 * ramp(dark_side * x, -1, 1))
    picture = over(wall, WINDOW * rng.uniform(0.5, 1), 0.85 * window)
    rail = rng.uniform(0.2, 0.7)
    return picture * (1 - 0.25 * ramp(y, rail, rail + 0.08))


def _outdoors(rng: np.random.Generator, base: Array, x: Array, y: Array) -> Array:
    sky = SKY + (CLOUD - SKY) * rng.random()
    leaves = rounded(np.exp, 0.45 * noise(rng, x.shape, 9) + 0.35 * noise(rng, x.shape, 17))
    horizon = rng.uniform(-0.9, 0.2) + 0.12 * noise(rng, x.shape, 6)
    return over(sky, linear(*rng.choice(GREENS)) * leaves, ramp(y - horizon, -0.1, 0.1))


def _shelves(rng: np.random.Generator, base: Array, x: Array, y: Array) -> Array:
    """Books stand side by side, so a row of them is found along x alone."""
    picture = base * np.full_like(x, 0.3)
    step, top = rng.uniform(0.5, 0.8), -1 - rng.uniform(0, 0.5)
    while top < 1:
        edges = np.cumsum(rng.uniform(0.14, 0.28, 18)) - 1.1
        book = np.minimum(np.searchsorted(edges, x[0]), len(edges) - 2)
        colours = base.mean() + 0.4 * rng.random((3, 1, len(edges)), dtype=np.float32) ** 2
        heights = (top + step * rng.uniform(0.1, 0.35, len(edges)).astype(np.float32))[book]
        middle = (edges[book - 1] + edges[book]).astype(np.float32) / 2
        reach = (edges[book] - edges[book - 1]).astype(np.float32) / 2
        spine = ramp(np.abs(x[0] - middle) - reach, 0.01, -0.06)
        mask = spine * ramp(y - heights, 0, 0.05) * ramp(y, top + step, top + step - 0.06)
        picture = over(picture, colours[..., book], 0.9 * mask)
        top += step
    return picture


_PLACES = {"studio": _studio, "lights": _lights, "room": _room, "outdoors": _outdoors,
           "shelves": _shelves}  # fmt: skip
