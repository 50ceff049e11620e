"""From light to the pixels of a file, as a camera does it: lens, colour filters, noise,
demosaicing, white balance, tone, sharpening, JPEG. These leave the traces by which a photograph
is known."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from .plane import Array, rgb

LUMA = rgb(0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Camera:
    exposure: float
    gains: Array
    """Error of the white balance, one factor per channel."""
    electrons: float
    """At full scale: fewer give more noise."""
    read_noise: float
    phase: tuple[int, int]
    """Where the mosaic's red pixels begin."""
    sharpening: float
    contrast: float
    quality: int


def load(rng: np.random.Generator) -> Camera:
    """A camera and its settings, drawn at random."""
    return Camera(
        exposure=rng.uniform(0.9, 1.25),
        gains=rgb(*rng.uniform(0.95, 1.05, 3)),
        electrons=math.exp(rng.uniform(math.log(1000), math.log(5000))),
        read_noise=rng.uniform(0.0005, 0.002),
        phase=(int(rng.integers(2)), int(rng.integers(2))),
        sharpening=rng.uniform(0.3, 0.9),
        contrast=rng.uniform(0.0, 0.35),
        quality=int(rng.integers(90, 98)),
    )


def photograph(light: Array, camera: Camera, rng: np.random.Generator) -> Array:
    """8-bit sRGB, (size, size, 3), of linear light, (3, size, size)."""
    seen = blur(light, 0.25) * (camera.exposure * _vignette(light.shape[-1]))
    raw = _expose(seen, camera, rng)
    colour = np.clip(_demosaic(raw, camera.phase) * camera.gains, 0, 1)
    picture = _tone(colour, camera.contrast)
    luma = (picture * LUMA).sum(axis=0)
    picture = luma + blur(picture - luma, 0.5)  # colour noise and fringes are smoothed away
    picture = picture + camera.sharpening * (luma - blur(luma, 0.4))
    return jpeg(to_bytes(picture * 255), camera.quality)


def jpeg(pixels: Array, quality: int) -> Array:
    """The pixels after a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=0)
    with Image.open(file, formats=["JPEG"]) as image:
        return np.asarray(image)


def to_bytes(picture: Array) -> Array:
    """(3, rows, columns) of any number as (rows, columns, 3) of 8 bits."""
    rounded = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(rounded.transpose(1, 2, 0))


def blur(picture: Array, share: float) -> Array:
    """Each pixel gives `share` of itself to its neighbours, along rows and along columns.

    The border is mirrored without repeating its pixels, so that a mosaic keeps its phase."""
    for _ in range(2):
        mixed = (1 - share) * picture
        mixed[..., 1:] += share / 2 * picture[..., :-1]
        mixed[..., :-1] += share / 2 * picture[..., 1:]
        mixed[..., 0] += share / 2 * picture[..., 1]
        mixed[..., -1] += share / 2 * picture[..., -2]
        picture = mixed.swapaxes(-1, -2)
    return picture


def _vignette(size: int) -> Array:
    line = np.linspace(-1, 1, size, dtype=np.float32) ** 2
    return 1 - 0.08 * (line[:, None] + line)


def _expose(light: Array, camera: Camera, rng: np.random.Generator) -> Array:
    """One channel per pixel, with shot and read noise."""
    raw = np.empty(light.shape[1:], np.float32)
    for (row, column), channel in _mosaic(camera.phase):
        raw[row::2, column::2] = light[channel, row::2, column::2]
    spread = np.sqrt(raw / camera.electrons + camera.read_noise**2)
    return np.clip(raw + spread * rng.standard_normal(raw.shape, dtype=np.float32), 0, 1)


def _mosaic(phase: tuple[int, int]) -> list[tuple[tuple[int, int], int]]:
    """Which channel the four pixels of a Bayer cell see."""
    row, column = phase
    return [((row, column), 0), ((row, 1 - column), 1), ((1 - row, column), 1),
            ((1 - row, 1 - column), 2)]  # fmt: skip


def _demosaic(raw: Array, phase: tuple[int, int]) -> Array:
    """Green first, by its neighbours and the curvature of what the pixel itself has seen; red and
    blue by how they differ from green, which changes slowly."""
    wide = np.pad(raw, 2, mode="reflect")
    near = wide[1:-3, 2:-2] + wide[3:-1, 2:-2] + wide[2:-2, 1:-3] + wide[2:-2, 3:-1]
    far = wide[:-4, 2:-2] + wide[4:, 2:-2] + wide[2:-2, :-4] + wide[2:-2, 4:]
    green = near / 4 + (raw - far / 4) / 2
    difference = np.zeros((3, *raw.shape), np.float32)
    for (row, column), channel in _mosaic(phase):
        at = (slice(row, None, 2), slice(column, None, 2))
        if channel == 1:
            green[at] = raw[at]
        else:
            difference[channel][at] = raw[at] - green[at]
    return green + blur(difference, 0.5) * 4


def _tone(light: Array, contrast: float) -> Array:
    """sRGB's curve, but for the darkest tones, out of square roots; and a mild S on top."""
    root = np.sqrt(light)
    fourth = np.sqrt(root)
    curve = 0.662 * root + 0.68412 * fourth - 0.323584 * np.sqrt(fourth) - 0.022541 * light
    value = np.maximum(curve, 0)
    return value + contrast * value * (1 - value) * (2 * value - 1)
