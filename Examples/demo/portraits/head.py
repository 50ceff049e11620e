"""The head as a solid: where it lies in the picture, how it is turned, and how light falls on it.

Features are placed in turned coordinates (s, t): s = 0 is the middle of the face and t = 0 the
line of the eyes, however the head is held. Light comes from the slope of a relief, an ellipsoid
with a nose, sockets, lips and so on, so that it agrees with the pose.
"""

from __future__ import annotations

import math
from copy import copy

import numpy as np

from .person import HEIGHT, Person
from .plane import Array, bump, inside, norm, ramp, rgb, slope, spot
from .scene import Scene

LIPS = 0.385
"""t of the line between the lips."""


class Head:
    def __init__(self, person: Person, scene: Scene, x: Array, y: Array) -> None:
        self.person, self.scene = person, scene
        dx, dy = (x - scene.centre[0]) / scene.scale, (y - scene.centre[1]) / scene.scale
        cos, sin = math.cos(scene.roll), math.sin(scene.roll)
        self.u, self.v = cos * dx + sin * dy, cos * dy - sin * dx
        self.soft = 2 / len(x) / scene.scale
        """A pixel, in the units of u and v."""
        self.radius = self._outline()
        right, down = slope(self.radius, self.soft)
        self.distance = (self.radius - 1) / np.maximum(norm(right, down), 0.5)
        self.mask = inside(self.distance, self.soft)
        self.s = _turn(self.u, person.width * 1.04, scene.yaw)
        self.t = _turn(self.v, HEIGHT * 1.04, scene.pitch) - 0.02
        self.side = np.abs(self.s)

    def part(self, rows: slice, columns: slice) -> Head:
        """The same head, seen through a window."""
        window = copy(self)
        for name in ("u", "v", "radius", "distance", "mask", "s", "t", "side"):
            setattr(window, name, getattr(self, name)[rows, columns])
        return window

    def light(self, lips: Array) -> tuple[Array, Array]:
        """The light that the face gets, and how glossy each place is."""
        depth = 0.46 * np.sqrt(np.maximum(1 - self.radius * self.radius, 0))
        right, down = slope(depth + self._relief() + lips, self.soft)
        steep = 1 / np.sqrt(right * right + down * down + 1)
        lx, ly, lz = self.scene.light
        towards = (lz - right * lx - down * ly) * steep
        lit = np.maximum(towards + 0.18, 0) * (1 - self._shadow()) / 1.18
        open_to_all = 1 - 0.35 * ramp(steep, 0.75, 0.3) - self._hollows()
        # Half way between the lamp and the viewer is where gloss shows.
        across = math.sqrt(2 + 2 * lz)
        mirrored = np.maximum((lz + 1 - right * lx - down * ly) * steep / across, 0)
        gloss = mirrored * mirrored * mirrored  # to the power of 24
        for _ in range(3):
            gloss = gloss * gloss
        # Skin is lit from within as well: the edge of a shadow turns red.
        glow = rgb(0.05, 0.012, 0) * bump(towards, 0, 0.25)
        return self.scene.key * lit + self.scene.fill * open_to_all + glow, gloss

    def _outline(self) -> Array:
        """1 on the edge of the head, less inside: an ellipse that narrows towards the chin."""
        narrow = 0.14 + 0.2 * self.person.jaw
        taper = 1 - narrow * ramp(self.v, 0.05, 0.72) - 0.05 * ramp(self.v, -0.1, -0.62)
        across = np.abs(self.u) / (self.person.width * taper)
        along = np.abs(self.v) / HEIGHT
        return np.sqrt(_power(across) + _power(along))

    def _relief(self) -> Array:
        s, t, side, person = self.s, self.t, self.side, self.person
        length, wing = person.nose
        eye = person.eyes[0]
        ridge = 0.055 * bump(s, 0, 0.038) * ramp(t, -0.1, length) * ramp(t, length + 0.07, length)
        tip = 0.06 * spot(s, t, 0, length - 0.01, 0.05, 0.04)
        wings = 0.028 * spot(side, t, wing * 0.75, length + 0.01, 0.026, 0.026)
        sockets = -0.032 * spot(side, t, eye - 0.02, -0.025, 0.085, 0.05)
        brow = 0.013 * spot(side, t, eye, -0.12, 0.13, 0.03)
        cheeks = 0.028 * spot(side, t, 0.22, 0.17, 0.09, 0.09)
        chin = 0.03 * spot(s, t, 0, 0.53, 0.09, 0.05)
        under = -0.014 * spot(s, t, 0, LIPS + 0.08, 0.09, 0.022)
        return ridge + tip + wings + sockets + brow + cheeks + chin + under + self._folds()

    def _folds(self) -> Array:
        """From the nose to the corners of the mouth."""
        length = self.person.nose[0]
        deep = 0.002 + 0.009 * self.person.age + 0.005 * max(self.scene.smile, 0)
        line = bump(self.side - 0.105 - 0.5 * (self.t - length), 0, 0.02)
        return -deep * line * ramp(self.t, length - 0.02, length + 0.04) * ramp(self.t, 0.42, 0.34)

    def _shadow(self) -> Array:
        """What nose and brows keep the key light from."""
        lx, ly, _ = self.scene.light
        length = self.person.nose[0]
        nose = 0.5 * spot(self.s, self.t, -0.07 * lx, length + 0.03 - 0.05 * ly, 0.045, 0.024)
        eye = self.person.eyes[0] - 0.01
        brow = -0.35 * ly * spot(self.side, self.t, eye, -0.05, 0.075, 0.025)
        return np.clip(nose + brow, 0, 0.8)

    def _hollows(self) -> Array:
        """Places that little light reaches from anywhere."""
        corner = 0.2 * spot(self.side, self.t, 0.085, -0.015, 0.03, 0.035)
        nose = 0.3 * spot(self.side, self.t, 0.03, self.person.nose[0] + 0.04, 0.034, 0.014)
        return corner + nose


def _power(value: Array) -> Array:
    """value ** 2.25: between an ellipse and a box."""
    return value * value * np.sqrt(np.sqrt(value))


def _turn(position: Array, half: float, angle: float) -> Array:
    """Where on a turned ball of half width `half` one looks at, seen from the front."""
    sine = np.minimum(np.maximum(position * (1 / half), -1), 1)
    return half * (sine * math.cos(angle) - np.sqrt(1 - sine * sine) * math.sin(angle))
