"""A person in a scene, painted: light at every pixel, before any camera."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from . import features
from .backdrop import place
from .body import body, ears
from .eyes import eyes, glasses
from .hair import Hair
from .head import Head
from .person import HEIGHT, Person
from .plane import Array, extent, grid, over
from .scene import Scene


@dataclass(frozen=True)
class Face:
    """Where the face is, in pixels: an ellipse from brow to chin, turned by `roll`."""

    x: float
    y: float
    half_width: float
    half_height: float
    roll: float


def paint(person: Person, scene: Scene, size: int) -> Array:
    """Linear light, (3, size, size)."""
    x, y = grid(size)
    head = Head(person, scene, x, y)
    hair = Hair(head)
    picture = hair.behind(place(scene, x, y))
    picture = ears(head, body(head, picture, x, y))
    rows, columns = extent(head.mask)
    face, part = head.part(rows, columns), picture[:, rows, columns]
    picture[:, rows, columns] = over(part, _face(face), face.mask)
    picture = hair.over(eyes(head, picture))
    return glasses(head, picture)


def locate(person: Person, scene: Scene, size: int) -> Face:
    """The face that `paint` paints, for tools that need to know where it is."""
    across, down = 0.75 * person.width * math.sin(scene.yaw), 0.13
    cos, sin = math.cos(scene.roll), math.sin(scene.roll)
    cx = scene.centre[0] + scene.scale * (cos * across - sin * down)
    cy = scene.centre[1] + scene.scale * (sin * across + cos * down)
    unit = size / 2
    return Face(
        x=(cx + 1) * unit,
        y=(cy + 1) * unit,
        half_width=0.72 * person.width * scene.scale * unit,
        half_height=0.66 * HEIGHT * scene.scale * unit,
        roll=scene.roll,
    )


def _face(head: Head) -> Array:
    rng = np.random.default_rng(head.person.texture)
    skin = features.complexion(head, rng)
    skin = features.beard(head, skin, rng)
    skin = features.brows(head, skin)
    skin, lips = features.mouth(head, skin)
    light, gloss = head.light(lips)
    return skin * light + 0.09 * (1 - 0.5 * head.person.beard) * head.scene.key * gloss
