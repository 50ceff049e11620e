"""Skin, brows, mouth and beard: what is painted onto the head before light falls on it."""

from __future__ import annotations

import numpy as np

from .head import LIPS, Head
from .plane import Array, bump, inside, linear, noise, over, ramp, rgb, spot

TEETH = linear(214, 206, 190)
DARK = linear(34, 18, 16)


def complexion(head: Head, rng: np.random.Generator) -> Array:
    """The skin's own colour everywhere on the head."""
    person, s, t, side = head.person, head.s, head.t, head.side
    red = (
        0.5 * spot(side, t, 0.23, 0.19, 0.1, 0.08)
        + 0.5 * spot(s, t, 0, person.nose[0], 0.055, 0.04)
        + 0.25 * spot(s, t, 0, 0.52, 0.12, 0.05)
    )
    blotches = 1 + 0.035 * noise(rng, s.shape, 7) + 0.02 * noise(rng, s.shape, 20)
    skin = person.skin * blotches * (1 - red * rgb(-0.02, 0.16, 0.14))
    under = spot(side, t, person.eyes[0] - 0.02, 0.07, 0.06, 0.02) * (0.06 + 0.2 * person.age)
    skin = skin * (1 - under * rgb(0.8, 1, 0.85))
    if person.freckles:
        spots = ramp(noise(rng, s.shape, 30), 1.1, 1.9) * bump(t, 0.12, 0.12) * ramp(side, 0.4, 0.3)
        skin = skin * (1 - 0.42 * person.freckles * spots * rgb(0.6, 0.9, 1))
    return skin


def beard(head: Head, skin: Array, rng: np.random.Generator) -> Array:
    person, t, side = head.person, head.t, head.side
    if not (person.beard or person.moustache):
        return skin
    rough = np.clip(0.8 + 0.22 * noise(rng, t.shape, len(t) // 2), 0, 1)
    edge = 0.16 + 1.9 * np.maximum(side - 0.24, 0)
    chin = ramp(t + 0.25 * side, edge + 0.12, edge + 0.24) * ramp(t + side, 0.3, 0.44)
    bare = spot(side, t, 0, LIPS + 0.005, person.mouth[0] * 0.7, 0.04)
    hairs = person.beard * np.clip(chin - 1.1 * bare, 0, 1)
    lip = spot(side, t, 0.06, LIPS - 0.062, 0.062, 0.02)
    corner = spot(side, t, person.mouth[0] + 0.01, LIPS - 0.02, 0.02, 0.035)
    hairs = np.maximum(hairs, person.moustache * np.clip(1.2 * lip + 0.6 * corner, 0, 1))
    return over(skin, person.hair * 0.8 + 0.02 * person.skin, 0.88 * hairs * rough)


def brows(head: Head, skin: Array) -> Array:
    person, side = head.person, head.side
    rise, thick, arch = person.brows
    out = (side - person.eyes[0]) / 0.13
    line = -0.03 - rise - 0.01 * head.scene.smile + 0.012 * out - arch * (0.6 - (out - 0.2) ** 2)
    half = thick * ramp(out, 1.2, 0.1) * ramp(out, -1.3, -0.8)
    mask = inside(np.abs(head.t - line) - half, head.soft * 1.6) * ramp(half, 0, 0.3 * thick)
    return over(skin, person.hair * 0.55, mask * 0.85)


def mouth(head: Head, skin: Array) -> tuple[Array, Array]:
    """The skin with a mouth, and the relief of the lips."""
    person, scene, t = head.person, head.scene, head.t
    half = person.mouth[0] * (1 + 0.16 * scene.smile)
    full = person.mouth[1] * (1 - 0.14 * max(scene.smile, 0))
    q = np.clip(head.s / half, -1, 1)
    arc = 1 - q * q
    line = LIPS - 0.065 * scene.smile * (q * q - 0.25)
    gap = 0.06 * scene.open * arc
    upper = full * 0.8 * arc * (1 - 0.22 * bump(q, 0, 0.16))
    lower = full * 1.15 * np.sqrt(arc)
    top, bottom = line - gap * 0.4, line + gap * 0.6
    soft = head.soft * 1.3
    width = inside(head.side - half, soft)

    lips = inside(np.maximum(top - upper - t, t - bottom - lower), soft) * width
    skin = over(skin, person.lips, 0.85 * lips)
    parted = scene.open > 0.12
    if parted:
        skin = over(skin, DARK, inside(np.maximum(top - t, t - bottom), soft) * width)
        teeth = inside(np.maximum(top - t, t - top - 0.75 * gap), soft)
        skin = over(skin, TEETH, teeth * ramp(np.abs(q), 0.9, 0.6))
    else:
        skin = over(skin, DARK, 0.6 * bump(t - line, 0, 0.01) * ramp(np.abs(q), 1, 0.8))
    relief = 0.02 * bump(t - bottom - 0.5 * lower, 0, full * 0.5)
    return skin, (relief + 0.01 * bump(t - top + 0.4 * upper, 0, full * 0.4)) * arc
