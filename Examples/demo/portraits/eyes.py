"""Eyes and glasses: painted over the lit face, for what they show is mostly reflections."""

from __future__ import annotations

import numpy as np

from .features import DARK
from .head import Head
from .plane import Array, bump, ellipse, extent, inside, linear, norm, over, ramp, spot

WHITE = linear(216, 206, 200)
GLINT = linear(255, 255, 255)
IRIS, PUPIL = 0.046, 0.02


def eyes(head: Head, picture: Array) -> Array:
    picture = picture.copy()
    apart, half, _ = head.person.eyes
    for side in (-1, 1):
        near = (np.abs(head.s - side * apart) < 1.3 * half) & (np.abs(head.t) < 0.11)
        rows, columns = extent(near)
        part = picture[:, rows, columns]
        s, t = head.s[rows, columns] - side * apart, head.t[rows, columns]
        picture[:, rows, columns] = over(part, _eye(head, part, s, t, side), near[rows, columns])
    return picture


def _eye(head: Head, picture: Array, s: Array, t: Array, side: int) -> Array:
    """One eye; s is 0 in its middle."""
    person, scene = head.person, head.scene
    _, half, tall = person.eyes
    tall = tall * scene.blink * (1 - 0.12 * max(scene.smile, 0))
    q = s / half
    wide = np.abs(q)
    slant = -person.slant * side * q
    upper = slant - tall * (1 - wide * wide)
    lower = slant + 0.62 * tall * (1 - q * q)
    soft = head.soft * 1.2
    light = _light(head, side)

    open = inside(np.maximum(upper - t, t - lower), soft) * ramp(wide, 1.1, 0.95)
    picture = over(picture, WHITE * light * (0.55 + 0.35 * ramp(t, -0.7 * tall, 0.2 * tall)), open)
    gx, gy = 0.4 * half * scene.gaze[0], 0.012 * scene.gaze[1] - 0.004
    ball = ellipse(s, t, gx, gy, IRIS, IRIS)
    iris = open * inside(ball, soft)
    picture = over(picture, 1.3 * person.iris * light * (0.45 + 0.55 * ramp(-ball, 0, 0.014)), iris)
    pupil = inside(ellipse(s, t, gx, gy, PUPIL, PUPIL), soft)
    picture = over(picture, DARK * 0.3, open * pupil)
    lx, ly, _ = scene.light
    glint = spot(s, t, gx + 0.02 * lx, gy + 0.018 * ly, 0.009, 0.009)
    picture = over(picture, GLINT, np.clip(glint * 1.2, 0, 0.9) * iris)

    lash = bump(t - upper, -0.003, 0.009) * ramp(wide, 1.15, 0.9)
    crease = bump(t - upper, -0.03, 0.009) * ramp(wide, 1.1, 0.6)
    below = bump(t - lower, 0.004, 0.007) * ramp(wide, 1.05, 0.7)
    dark = np.clip(0.85 * lash + 0.25 * crease + 0.2 * below, 0, 0.9)
    return over(picture, person.hair * 0.25 * light, dark)


def _light(head: Head, side: int) -> Array:
    """About one eye: less on the side away from the lamp."""
    lx, _, lz = head.scene.light
    return head.scene.key * (0.75 * max(lz * 0.9 + 0.35 * lx * side, 0.1)) + head.scene.fill


def glasses(head: Head, picture: Array) -> Array:
    person, side, t = head.person, head.side, head.t
    if not person.glasses:
        return picture
    apart = person.eyes[0] + 0.005
    if person.glasses == "round":
        lens = ellipse(side, t, apart, 0.012, 0.13, 0.115)
    else:
        lens = _box(side - apart, t - 0.01, 0.1, 0.06, 0.035)
    tint = 0.9 if person.glasses == "dark" else 0.04
    picture = over(picture, DARK, tint * inside(lens, head.soft))
    streak = bump(head.s + t, 0.1 * head.scene.light[0], 0.035) * inside(lens, head.soft)
    picture = over(picture, head.scene.key, 0.1 * streak)

    bridge = np.maximum(np.abs(t + 0.025) - 0.01, side - apart + 0.12)
    arm = np.maximum(np.abs(t + 0.03) - 0.01, np.maximum(apart + 0.13 - side, head.distance))
    rim = np.minimum(np.abs(lens) - 0.012, np.minimum(bridge, arm))
    light = head.scene.key * 0.5 + head.scene.fill
    return over(picture, person.frame * light, inside(rim, head.soft * 1.2))


def _box(x: Array, y: Array, a: float, b: float, corner: float) -> Array:
    """Distance to a rectangle with round corners."""
    dx, dy = np.abs(x) - a, np.abs(y) - b
    return norm(np.maximum(dx, 0), np.maximum(dy, 0)) - corner
