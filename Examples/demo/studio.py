"""Photographs of numbered people: picture 7 of person 12 is always the same, made alone or not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from forgeries.shot import Shot
from portraits.camera import jpeg, load, photograph
from portraits.person import meet
from portraits.plane import Array
from portraits.portrait import locate, paint
from portraits.scene import arrange

SHARED_QUALITY = (88, 98)
"""Of the JPEG file in which every picture is passed on, forged or not: that a file was saved twice
says nothing."""


class Draw(IntEnum):
    """What is drawn at random: each has numbers of its own, so that none disturbs another."""

    PERSON = 0
    PICTURE = 1
    FORGERY = 2
    SHARING = 3
    LEARNING = 4


@dataclass(frozen=True)
class Studio:
    seed: int
    size: int

    def random(self, draw: Draw, *numbers: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, draw, *numbers])

    def shot(self, person: int, picture: int, donor: int) -> Shot:
        """Takes the picture; a forger who asks gets one of the person `donor`."""
        sitter = meet(self.random(Draw.PERSON, person))
        random = self.random(Draw.PICTURE, person, picture)
        scene = arrange(random)
        light = paint(sitter, scene, self.size)
        pixels = photograph(light, load(random), random)
        face = locate(sitter, scene, self.size)
        return Shot(pixels, face, lambda: self.shot(donor, picture, person))

    def shared(self, pixels: Array, *numbers: int) -> Array:
        quality = self.random(Draw.SHARING, *numbers).integers(*SHARED_QUALITY)
        return jpeg(pixels, int(quality))
