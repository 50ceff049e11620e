"""Who is portrayed: everything that stays the same from one picture of a person to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .plane import Array, linear, rgb

# From light to dark; a person's skin lies somewhere along this line.
SKIN = [linear(244, 208, 186), linear(231, 184, 155), linear(211, 158, 122),
        linear(180, 124, 88), linear(138, 90, 62), linear(92, 58, 42)]  # fmt: skip
HAIR = [linear(22, 18, 18), linear(46, 32, 25), linear(84, 56, 36), linear(124, 86, 52),
        linear(186, 146, 92), linear(150, 70, 36), linear(158, 154, 150)]  # fmt: skip
HAIR_SHARES = np.array([0.28, 0.24, 0.17, 0.1, 0.09, 0.05, 0.07])
IRIS = [linear(60, 36, 22), linear(88, 56, 30), linear(96, 88, 48), linear(72, 102, 128),
        linear(98, 116, 96)]  # fmt: skip
FRAMES = [linear(24, 22, 24), linear(92, 56, 34), linear(140, 120, 84), linear(52, 58, 84)]
STYLES = ("short", "parted", "fringe", "long", "curly", "bun", "cropped", "bald", "cap")
STYLE_SHARES = (0.2, 0.17, 0.13, 0.17, 0.1, 0.08, 0.07, 0.04, 0.04)

HEIGHT = 0.62
"""Half a head's height, in plane units at scale 1."""


@dataclass(frozen=True)
class Person:
    skin: Array
    """Colours are linear light."""
    hair: Array
    iris: Array
    style: str
    """One of STYLES."""
    parting: float
    """Where the hair parts or falls to, -1 to 1."""
    width: float
    """Half the head's width, in plane units at scale 1."""
    jaw: float
    """0: round, 1: pointed."""
    eyes: tuple[float, float, float]
    """Distance from the middle, half width, openness."""
    slant: float
    """How far the outer corner of the eye lies above the inner."""
    brows: tuple[float, float, float]
    """Height above the eye, thickness, arch."""
    nose: tuple[float, float]
    """Length, half width."""
    mouth: tuple[float, float]
    """Half width, fullness of the lips."""
    lips: Array
    beard: float
    """0: none; 0.4: stubble; 1: full."""
    moustache: float
    glasses: str
    """"", "round", "square" or "dark"."""
    frame: Array
    freckles: float
    age: float
    """0 to 1: folds and grey."""
    texture: int
    """Seed of freckles, strands and curls."""


def meet(rng: np.random.Generator) -> Person:
    """A person drawn at random."""
    tone = rng.uniform(0, len(SKIN) - 1)
    light = int(tone)
    skin = SKIN[light] + (SKIN[light + 1] - SKIN[light]) * (tone - light)
    skin = skin * rgb(1, rng.uniform(0.96, 1.05), rng.uniform(0.94, 1.12))
    age = rng.beta(1.6, 2.4)
    style = str(rng.choice(STYLES, p=STYLE_SHARES))
    bearded = style not in ("long", "bun", "fringe") and rng.random() < 0.55
    redness = rgb(1.02, rng.uniform(0.5, 0.72), rng.uniform(0.52, 0.75))
    return Person(
        skin=skin,
        hair=_hair(rng, tone, age),
        iris=IRIS[rng.integers(2 if tone > 2.6 else len(IRIS))] * rng.uniform(0.8, 1.3),
        style=style,
        parting=rng.uniform(-0.7, 0.7),
        width=rng.uniform(0.425, 0.495),
        jaw=rng.uniform(0.1, 0.8),
        eyes=(rng.uniform(0.178, 0.205), rng.uniform(0.096, 0.114), rng.uniform(0.036, 0.054)),
        slant=rng.uniform(-0.008, 0.02),
        brows=(rng.uniform(0.1, 0.135), rng.uniform(0.012, 0.028), rng.uniform(0.0, 0.03)),
        nose=(rng.uniform(0.2, 0.26), rng.uniform(0.06, 0.095)),
        mouth=(rng.uniform(0.125, 0.175), rng.uniform(0.026, 0.052)),
        lips=skin * redness * (1 if bearded else rng.uniform(0.75, 1.05)),
        beard=rng.uniform(0.25, 1) if bearded and rng.random() < 0.75 else 0.0,
        moustache=rng.uniform(0.3, 1) if bearded else 0.0,
        glasses=str(rng.choice(["", "round", "square", "dark"], p=[0.7, 0.13, 0.13, 0.04])),
        frame=FRAMES[rng.integers(len(FRAMES))],
        freckles=rng.uniform(0.3, 1) if tone < 2 and rng.random() < 0.25 else 0.0,
        age=age,
        texture=int(rng.integers(1 << 32)),
    )


def _hair(rng: np.random.Generator, tone: float, age: float) -> Array:
    """Darker skin comes with darker hair more often than not; grey comes with age."""
    shares = HAIR_SHARES * np.where([True, True, tone < 4, *[tone < 2.6] * 3, True], 1, 0.05)
    colour = HAIR[rng.choice(len(HAIR), p=shares / shares.sum())] * rng.uniform(0.8, 1.25)
    return colour + (HAIR[-1] - colour) * (min(max(age * 2 - 1.1, 0), 0.8) * rng.random())
