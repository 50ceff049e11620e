"""Writes pillow_bilinear.bin: what Pillow makes of generated pictures, for CALImageTests.

Needs numpy and Pillow 13 or newer; test_pillow_bilinear.py checks that the file is what the
installed one gives. The pictures are formulas (the Swift test states the same ones), so that
only Pillow's answers are stored. All numbers are little-endian int32:

    count, then for each case
    kind, seed, format, width, height, row padding, crop x, y, width, height, size,
    followed by size * size * 3 bytes: R, G, B of each pixel, rows from the top
"""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

Bytes = npt.NDArray[np.uint8]

PATH = Path(__file__).with_name("pillow_bilinear.bin")
NOISE, STARK, RAMP = 0, 1, 2
GRAY8 = 5


def picture(kind: int, seed: int, width: int, height: int) -> Bytes:
    """Height x width x 3; grey pictures use the first channel."""
    y, x, c = np.indices((height, width, 3), dtype=np.uint32)
    if kind == RAMP:
        return ((x * 7 + y * 3 + c * 50 + np.uint32(seed)) & 255).astype(np.uint8)
    hashed = x * np.uint32(0x9E3779B1) ^ y * np.uint32(0x85EBCA77) ^ c * np.uint32(0xC2B2AE3D)
    hashed ^= np.uint32(seed * 0x27D4EB2F & 0xFFFFFFFF)
    hashed ^= hashed >> np.uint32(15)
    hashed *= np.uint32(0x2C1B3C6D)
    hashed ^= hashed >> np.uint32(12)
    hashed *= np.uint32(0x297A2D39)
    hashed ^= hashed >> np.uint32(15)
    values = (hashed & 255).astype(np.uint8)
    return values if kind == NOISE else np.where(values < 128, 0, 255).astype(np.uint8)


def resized(pixels: Bytes, grey: bool, box: tuple[int, int, int, int], size: int) -> bytes:
    x, y, width, height = box
    image = Image.fromarray(np.ascontiguousarray(pixels[:, :, 0]) if grey else pixels)
    image = image.crop((x, y, x + width, y + height))
    return image.resize((size, size), Image.Resampling.BILINEAR).convert("RGB").tobytes()


def cases() -> list[tuple[int, int, tuple[int, int, int, int] | None, int]]:
    """Width, height, crop and size of each case."""
    sides = [
        (1, 1, 1), (1, 1, 7), (1, 1, 32), (1, 9, 8), (9, 1, 8), (2, 2, 1), (2, 3, 5), (3, 2, 64),
        (16, 16, 16), (16, 40, 16), (40, 16, 16), (15, 17, 16), (17, 15, 16), (5, 5, 48),
        (64, 48, 33), (63, 65, 64), (100, 75, 31), (129, 257, 24), (500, 30, 24), (7, 400, 24),
        (1000, 3, 12), (3, 1000, 12), (4099, 2, 5), (2, 4099, 5), (32768, 1, 3), (1, 32768, 3),
        (641, 479, 20), (1280, 720, 16), (320, 200, 96), (90, 110, 112),
    ]  # fmt: skip
    whole = [(width, height, None, size) for width, height, size in sides]
    chance = random.Random(20260214)
    cropped = []
    for _ in range(40):
        width, height = chance.randint(1, 150), chance.randint(1, 150)
        x, y = chance.randrange(width), chance.randrange(height)
        box = (x, y, chance.randint(1, width - x), chance.randint(1, height - y))
        cropped.append((width, height, box, chance.randint(1, 40)))
    return whole + cropped


def content() -> bytes:
    out = bytearray()
    listed = cases()
    out += struct.pack("<i", len(listed))
    for number, (width, height, crop, size) in enumerate(listed):
        kind, pixel_format = number % 3, number % 5 + 1
        padding = (number * 5) % 17 if number % 2 else 0
        box = crop or (0, 0, width, height)
        fields = (kind, number, pixel_format, width, height, padding, *box, size)
        out += struct.pack("<11i", *fields)
        pixels = picture(kind, number, width, height)
        out += resized(pixels, pixel_format == GRAY8, box, size)
    return bytes(out)


if __name__ == "__main__":
    PATH.write_bytes(content())
    print(f"{PATH.name}: {PATH.stat().st_size} bytes, Pillow {Image.__version__}")
