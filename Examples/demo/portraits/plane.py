"""The picture plane: coordinates, soft-edged shapes and smooth noise, all as arrays.

x runs from -1 (left) to 1 (right), y from -1 (top) to 1 (bottom), whatever the size in pixels:
a drawing is made of functions of (x, y), so that it can be had at any resolution.

Pictures are (3, rows, columns), colours (3, 1, 1), masks (rows, columns), all float32: they
combine without further ado, and several times faster than with the channels last.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

Array = np.ndarray


def rounded(function: np.ufunc, *values: Array | float) -> Array:
    """exp, sin, power and the like, in double precision and then rounded. numpy's own in single
    precision differ in the last bit from one kind of processor to the next, and so would, now and
    then, a pixel."""
    return function(*values, dtype=np.float64).astype(np.float32)


def rgb(red: float, green: float, blue: float) -> Array:
    """A colour, or one factor per channel."""
    return np.array([red, green, blue], np.float32).reshape(3, 1, 1)


def linear(red: int, green: int, blue: int) -> Array:
    """An 8-bit sRGB colour as linear light."""
    value = rgb(red, green, blue) / 255
    return np.where(
        value <= 0.04045, value / 12.92, rounded(np.power, (value + 0.055) / 1.055, 2.4)
    )


def grid(size: int) -> tuple[Array, Array]:
    """x and y of the pixel centres."""
    line = ((np.arange(size) + 0.5) * (2 / size) - 1).astype(np.float32)
    x, y = np.meshgrid(line, line)
    return x, y


def ramp(value: Array, start: float, end: float) -> Array:
    """0 before start, 1 behind end, smooth between; start may lie behind end."""
    t = np.minimum(np.maximum((value - start) * (1 / (end - start)), 0), 1)
    return t * t * (3 - 2 * t)


def bump(value: Array, centre: float, width: float) -> Array:
    """A bell of height 1 with the standard deviation `width`."""
    t = (value - centre) * (1 / width)
    return _bell(t * t)


def spot(x: Array, y: Array, cx: float, cy: float, width: float, height: float) -> Array:
    """A bell in two directions."""
    dx, dy = (x - cx) * (1 / width), (y - cy) * (1 / height)
    return _bell(dx * dx + dy * dy)


def _bell(square: Array) -> Array:
    """Nearly exp(-square / 2), quicker, and 0 beyond four standard deviations."""
    value = np.maximum(1 - square * (1 / 16), 0)
    for _ in range(3):
        value = value * value
    return value


def inside(distance: Array, soft: float) -> Array:
    """1 where distance is negative, 0 where it is positive, an edge `soft` wide between."""
    return np.minimum(np.maximum(0.5 - distance * (1 / soft), 0), 1)


def norm(x: Array, y: Array) -> Array:
    """np.hypot, without its care for overflow and several times faster."""
    return np.sqrt(x * x + y * y)


def ellipse(x: Array, y: Array, cx: float, cy: float, a: float, b: float) -> Array:
    """Signed distance to an ellipse, exact on its edge, in plane units."""
    dx, dy = (x - cx) * (1 / a), (y - cy) * (1 / b)
    radius = norm(dx, dy)
    slope = norm(dx * (1 / a), dy * (1 / b))
    return radius * (radius - 1) / np.maximum(slope, 1e-6)


def slope(surface: Array, step: float) -> tuple[Array, Array]:
    """How much it rises to the right and downwards, at distances of `step`; np.gradient does
    nearly the same, slower."""
    right, down = np.empty_like(surface), np.empty_like(surface)
    right[:, 1:-1] = (surface[:, 2:] - surface[:, :-2]) * (0.5 / step)
    right[:, 0], right[:, -1] = right[:, 1], right[:, -2]
    down[1:-1] = (surface[2:] - surface[:-2]) * (0.5 / step)
    down[0], down[-1] = down[1], down[-2]
    return right, down


def over(picture: Array, colour: Array, mask: Array) -> Array:
    """The picture with a colour (or another picture) painted over it."""
    return picture + (colour - picture) * mask


def extent(mask: Array) -> tuple[slice, slice]:
    """Rows and columns that hold all of it."""
    return _span(mask.any(axis=1)), _span(mask.any(axis=0))


def _span(found: Array) -> slice:
    places = np.flatnonzero(found)
    return slice(places[0], places[-1] + 1) if len(places) else slice(0, 0)


def noise(rng: np.random.Generator, shape: tuple[int, int], knots: int) -> Array:
    """Smooth noise of about unit variance, from `knots` random values in each direction."""
    values = rng.standard_normal((knots, knots), dtype=np.float32)
    rows, columns = shape
    return np.asarray(Image.fromarray(values).resize((columns, rows), Image.Resampling.BICUBIC))


def wave(rng: np.random.Generator, place: Array, knots: int) -> Array:
    """Noise along a line: `knots` random values from -1 to 1, straight between them. Places
    beyond get the value of the nearer end."""
    values = rng.standard_normal(knots + 1, dtype=np.float32)
    at = np.minimum(np.maximum((place + 1) * ((knots - 1) / 2), 0), knots - 1)
    left = at.astype(np.intp)
    return values[left] + (values[left + 1] - values[left]) * (at - left.astype(np.float32))
