"""Hair and caps: what lies behind the head, and what lies over it."""

from __future__ import annotations

import numpy as np

from .head import Head
from .person import HEIGHT
from .plane import Array, bump, inside, linear, noise, norm, over, ramp, rounded, wave

# How far hair stands off the head, and down to which v it reaches behind it.
VOLUME = {"short": 0.05, "parted": 0.07, "fringe": 0.08, "long": 0.09, "curly": 0.15,
          "bun": 0.045, "cropped": 0.018}  # fmt: skip
LENGTH = {"fringe": 0.28, "long": 0.85, "curly": 0.34}
# Down to which t it covers the temples.
TEMPLES = {"short": 0.02, "parted": 0.02, "fringe": 0.26, "long": 0.5, "curly": 0.3, "bun": -0.02,
           "cropped": 0.06}  # fmt: skip


class Hair:
    def __init__(self, head: Head) -> None:
        self.head = head
        self.rng = np.random.default_rng(head.person.texture)
        self.style = head.person.style
        self.colour = self._colour()

    def behind(self, picture: Array) -> Array:
        """The hair that falls behind face and neck."""
        head = self.head
        if self.style == "bun":
            bun = norm(head.u, head.v + HEIGHT + 0.05) - 0.15
            picture = over(picture, self.colour, inside(bun, head.soft * 2))
        if self.style in LENGTH:
            picture = over(picture, self.colour * 0.62, self._fall())
        return picture

    def over(self, picture: Array) -> Array:
        """The hair on the head."""
        if self.style == "bald":
            return picture
        if self.style == "cap":
            return self._cap(picture)
        mask = self._crown()
        below = np.clip(np.roll(mask, max(1, len(mask) // 48), axis=0) - mask, 0, 1)
        return over(picture * (1 - 0.45 * below * self.head.mask), self.colour, mask)

    def _colour(self) -> Array:
        """Strands run away from the parting; a band of gloss crosses them."""
        head = self.head
        lx, ly, lz = head.scene.light
        away = norm(head.u, head.v + 0.3)
        strands = self._strands()
        facing = 0.45 + 0.5 * lz * ramp(head.radius, 1.5, 0.5) + 0.55 * (lx * head.u - 0.3 * ly)
        lit = np.clip(facing - 0.3 * ramp(away, 0.3, 1.2), 0.12, 1.4)
        lit = lit * np.clip(1 + strands, 0.25, 2)
        colour = head.person.hair * (head.scene.key * lit + head.scene.fill * 0.7) * 1.1
        if self.style == "cropped":
            return colour
        gloss = bump(away, 0.34 - 0.08 * ly, 0.07) * np.clip(1 + 2 * strands, 0, 2)
        return colour + 0.035 * lz * head.scene.key * gloss

    def _strands(self) -> Array:
        head, shape = self.head, self.head.u.shape
        if self.style == "curly":
            return 0.3 * noise(self.rng, shape, 18) + 0.25 * noise(self.rng, shape, 30)
        if self.style == "cropped":
            return 0.16 * noise(self.rng, shape, shape[0] // 2)
        across, down = head.u - 0.25 * head.person.parting, np.maximum(head.v + 0.9, 0.05)
        ray = across / (np.abs(across) + down)
        return 0.17 * wave(self.rng, ray, 90) + 0.16 * wave(self.rng, ray, 34)

    def _crown(self) -> Array:
        """Outside the hairline, inside the hair's own outline."""
        head = self.head
        volume = VOLUME[self.style]
        ray = head.u / (np.abs(head.u) + np.abs(head.v) + 1e-3)
        ragged = 0.05 * volume**0.6 * wave(self.rng, ray, 22)
        lift = volume * ramp(head.v, 0.35, -0.4) * (0.7 + 0.3 * ramp(np.abs(head.u), 0.5, 0.1))
        return inside(np.maximum(head.distance - lift - ragged, self._hairline()), head.soft * 1.8)

    def _hairline(self) -> Array:
        """Negative above and beside the face."""
        s, t, side, parting = self.head.s, self.head.t, self.head.side, self.head.person.parting
        jagged = 0.009 * wave(self.rng, 2 * s, 60)
        top = -0.36 - 0.05 * bump(s, 0, 0.2)
        if self.style == "parted":
            towards = 1 if parting < 0 else -1
            top = -0.36 + 0.34 * np.clip((s - 0.2 * parting) * towards, -0.2, 0.3)
        elif self.style == "fringe":
            top = -0.19 - 0.1 * bump(s, 0.3 * parting, 0.06)
        elif self.style in ("long", "curly"):
            top = -0.42 + 0.55 * np.clip(np.abs(s - 0.15 * parting) - 0.03, 0, 0.4)
        temples = 0.395 - 0.1 * ramp(t, -0.2, -0.45) - side + jagged
        return np.minimum(t - top - jagged, np.maximum(temples, t - TEMPLES[self.style]))

    def _fall(self) -> Array:
        """A broad shape from the crown down to LENGTH."""
        head = self.head
        half = head.person.width + VOLUME[self.style] + 0.05 * ramp(head.v, 0, 0.6)
        half = half + 0.02 * wave(self.rng, head.v, 16)
        dome = norm(head.u / half, np.minimum(head.v + 0.1, 0) / 0.6) - 1
        return inside(np.maximum(dome * half, head.v - LENGTH[self.style]), head.soft * 3)

    def _cap(self, picture: Array) -> Array:
        head = self.head
        lx, ly, _ = head.scene.light
        wool = 1 + 0.14 * rounded(np.sin, head.s * 130) * ramp(head.radius, 1.1, 0.9)
        relief = 0.75 + 0.5 * (lx * head.u + 0.25 * ly) - 0.25 * ramp(head.side, 0.1, 0.45)
        colour = linear(*self.rng.integers(20, 170, 3)) * (head.scene.key * 0.7 + head.scene.fill)
        colour = colour * relief * wool
        edge = -0.3 + 0.12 * head.s * head.s
        cap = np.maximum(head.distance - 0.05, head.t - edge)
        rim = np.maximum(np.abs(head.t - edge + 0.06) - 0.06, head.distance - 0.06)
        picture = picture * (1 - 0.3 * bump(head.t, -0.27, 0.03) * head.mask)
        picture = over(picture, colour, inside(cap, head.soft * 1.5))
        return over(picture, colour * 0.8, inside(rim, head.soft))
