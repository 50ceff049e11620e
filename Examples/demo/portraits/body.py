"""Ears, neck, shoulders and clothes: all that is painted before the face."""

from __future__ import annotations

import numpy as np

from .head import Head
from .plane import Array, ellipse, inside, over, ramp, rgb, rounded


def ears(head: Head, picture: Array) -> Array:
    """The head is painted over their inner halves; a turned head hides the far one."""
    person, (lx, _, lz) = head.person, head.scene.light
    for side in (-1, 1):
        turned = head.scene.yaw * side
        cx = side * (person.width + 0.005 - (0.3 if turned > 0 else -0.06) * abs(turned))
        ear = ellipse(head.u, head.v, cx, 0.07, 0.065, 0.13)
        lit = max(0.55 * lz + 0.5 * lx * side, 0.05) * (0.6 + 0.4 * ramp(-ear, 0, 0.04))
        light = head.scene.key * lit + head.scene.fill * 0.8
        picture = over(picture, person.skin * rgb(1, 0.84, 0.82) * light, inside(ear, head.soft))
    return picture


def body(head: Head, picture: Array, x: Array, y: Array) -> Array:
    """Neck and shoulders; they do not turn with the head."""
    scene = head.scene
    u, v = (x - scene.centre[0] * 0.8) / scene.scale, (y - scene.centre[1]) / scene.scale
    picture = over(picture, *_neck(head, u, v))
    lx, ly, lz = scene.light
    facing = np.clip(0.6 * lz + 0.5 * lx * u - 0.35 * ly * (1.4 - v), 0.06, 1.1)
    folds = 1 + 0.06 * rounded(np.sin, 7 * u + 5 * v + 3 * rounded(np.sin, 4 * u))
    along = v if scene.texture % 2 else u
    pattern = 1 + scene.stripes * np.sign(rounded(np.sin, along * 42))
    cloth = scene.clothes * (scene.key * facing + scene.fill * 0.8) * pattern * folds
    shoulders = ellipse(u, v, 0, 1.42, 1.02, 0.72)
    mask = inside(np.maximum(shoulders, _opening(scene.collar, u, v)), head.soft * 1.3)
    picture = over(picture, cloth, mask)
    if scene.collar == "shirt":
        flap = np.abs(np.abs(u) - 0.13 - 0.55 * (0.86 - v)) - 0.055
        flap = np.maximum(flap, np.abs(v - 0.84) - 0.11)
        picture = over(picture, np.minimum(cloth * 1.5 + 0.02, 0.9), inside(flap, head.soft * 1.5))
    return picture


def _neck(head: Head, u: Array, v: Array) -> tuple[Array, Array]:
    """Colour and mask; the chin keeps most of the light away."""
    scene, person = head.scene, head.person
    lx, ly, lz = scene.light
    facing = np.clip(0.55 * lz + 3.6 * lx * u - 0.3 * ly, 0.08, 1) * 0.75
    lit = facing * (1 - 0.75 * ramp(v, 0.86, 0.5 - 0.1 * ly))
    half = 0.27 + 0.1 * (person.width - 0.46) + 0.13 * ramp(v, 0.6, 0.95)
    mask = inside(np.maximum(np.abs(u) - half, 0.2 - v), head.soft * 1.3)
    return person.skin * (scene.key * lit + scene.fill * 0.75), mask


def _opening(collar: str, u: Array, v: Array) -> Array:
    """Negative where cloth covers the breast, positive where the neck shows."""
    if collar == "round":
        return -ellipse(u, v, 0, 0.7, 0.31, 0.17)
    depth = 1.02 if collar == "v" else 0.96
    return 0.62 * (depth - v) - np.abs(u)
