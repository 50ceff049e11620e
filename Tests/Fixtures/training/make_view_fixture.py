"""Writes views.json: what torchvision and Pillow make of generated pictures, for CALTrainingTests.

Needs torchvision, Pillow and numpy; the file is of torchvision 0.28.0 and Pillow 13.0.0. The
pictures are a formula (the Swift test states the same one), so that only the answers are stored:
the R, G, B bytes of a view before it is normalised, rows from the top. A part is given as it lies
in the picture before the flip.
"""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import torchvision
from PIL import Image
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms import functional as F

AREA, ASPECT = (0.5, 1.0), (3 / 4, 4 / 3)


def picture(seed: int, width: int, height: int) -> Image.Image:
    y, x, colour = np.indices((height, width, 3))
    return Image.fromarray(((7 * x + 3 * y + 50 * colour + seed * x * y) & 255).astype(np.uint8))


def view(case: dict[str, Any]) -> bytes:
    """dataset/transforms.py of the published code, with its random choices made."""
    image = picture(case["seed"], case["width"], case["height"])
    size = case["size"]
    if case["isMirrored"]:
        image = F.hflip(image)
    if case["isStrong"]:
        side = int(256 / 224 * size)
        if part := case["part"]:
            x, y, width, height = part
            left = case["width"] - x - width if case["isMirrored"] else x
            image = F.resized_crop(image, y, left, height, width, [side, side])
        else:
            image = F.resize(image, side)
        for name, factor in case["jitter"]:
            change = {"brightness": F.adjust_brightness, "contrast": F.adjust_contrast}[name]
            image = change(image, factor)
    return F.resize(image, [size, size]).tobytes()


def jitter(chance: random.Random) -> list[tuple[str, float]]:
    names = chance.sample(["brightness", "contrast"], 2)
    return [(name, float(np.float32(chance.uniform(0.6, 1.4)))) for name in names]


def cases() -> list[dict[str, Any]]:
    chance = random.Random(20260214)
    shapes = [
        (1, 1, 8), (1, 5, 7), (5, 1, 7), (16, 16, 16), (14, 14, 14), (16, 16, 14), (20, 20, 16),
        (64, 64, 20), (90, 40, 16), (40, 90, 16), (160, 20, 12), (20, 160, 12), (33, 57, 24),
        (300, 200, 18), (31, 300, 17), (8, 8, 28),
    ]  # fmt: skip
    listed = []
    for number, (width, height, size) in enumerate(shapes * 2):
        strong = chance.random() < 0.75
        part = None
        if strong and chance.random() < 0.5:
            w, h = chance.randint(1, width), chance.randint(1, height)
            part = (chance.randint(0, width - w), chance.randint(0, height - h), w, h)
        changes = jitter(chance) if strong and chance.random() < 0.7 else []
        listed.append(
            {
                "seed": number, "width": width, "height": height, "size": size,
                "isStrong": strong, "isMirrored": chance.random() < 0.5, "part": part,
                "jitter": changes,
            }
        )  # fmt: skip
    return listed


def central_part(width: int, height: int) -> dict[str, int]:
    """Of pictures that no part of an allowed shape fits into."""
    image = Image.new("RGB", (width, height))
    y, x, h, w = RandomResizedCrop.get_params(image, list(AREA), list(ASPECT))
    return {"imageWidth": width, "imageHeight": height, "x": x, "y": y, "width": w, "height": h}


def main() -> None:
    listed = cases()
    for case in listed:
        case["pixels"] = base64.b64encode(view(case)).decode()
    long = [(1, 9), (9, 1), (100, 3), (3, 100), (7, 22), (22, 7), (64, 200), (1001, 90), (90, 1001)]
    fixture = {"views": listed, "central": [central_part(*shape) for shape in long]}
    path = Path(__file__).with_name("views.json")
    path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
    versions = f"torchvision {torchvision.__version__}, Pillow {PIL.__version__}"
    print(f"{path.name}: {len(listed)} views, {path.stat().st_size} bytes, {versions}")


if __name__ == "__main__":
    main()
