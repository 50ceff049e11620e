"""What changes from one picture of a person to the next: pose, expression, light, clothes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .plane import Array, linear, rgb

CLOTHES = [
    (36, 40, 52), (62, 74, 104), (150, 44, 44), (44, 92, 74), (196, 190, 178), (222, 222, 226),
    (118, 88, 62), (178, 136, 60), (96, 66, 110), (70, 120, 150), (30, 30, 32), (186, 120, 120),
]  # fmt: skip
BACKDROPS = ("studio", "lights", "room", "outdoors", "shelves")


@dataclass(frozen=True)
class Scene:
    centre: tuple[float, float]
    """Of the head, in plane units."""
    scale: float
    roll: float
    """Radians, like yaw and pitch."""
    yaw: float
    pitch: float
    smile: float
    """-0.3 to 1."""
    open: float
    """How far the mouth is open, 0 to 1."""
    blink: float
    """What is left of the eyes' openness."""
    gaze: tuple[float, float]
    light: tuple[float, float, float]
    """Unit vector towards the key light: x right, y down, z towards the viewer."""
    key: Array
    """Colour of the key light."""
    fill: Array
    """Colour of the light from all sides."""
    clothes: Array
    collar: str
    """"round", "v" or "shirt"."""
    stripes: float
    """Contrast of the cloth's pattern; 0 is plain."""
    backdrop: str
    """One of BACKDROPS."""
    texture: int
    """Seed of the backdrop and the pattern."""


def arrange(rng: np.random.Generator) -> Scene:
    """A scene drawn at random."""
    warmth = rng.uniform(-1, 1)
    azimuth, height = rng.uniform(-1.1, 1.1), rng.uniform(0.1, 0.9)
    level = math.cos(height)
    return Scene(
        centre=(rng.normal(0, 0.035), rng.normal(-0.05, 0.03)),
        scale=rng.uniform(1.05, 1.28),
        roll=rng.normal(0, 0.07),
        yaw=_limited(rng.normal(0, 0.2), -0.45, 0.45),
        pitch=_limited(rng.normal(0, 0.07), -0.18, 0.18),
        smile=_limited(rng.normal(0.45, 0.38), -0.25, 1),
        open=_limited(rng.normal(0.05, 0.45), 0, 1),
        blink=_limited(rng.normal(0.97, 0.1), 0.6, 1.1),
        gaze=(_limited(rng.normal(0, 0.3), -0.7, 0.7), rng.uniform(-0.25, 0.25)),
        light=(math.sin(azimuth) * level, -math.sin(height), math.cos(azimuth) * level),
        key=rng.uniform(0.75, 1.15) * rgb(1 + 0.08 * warmth, 1, 1 - 0.1 * warmth),
        fill=rng.uniform(0.16, 0.42) * rgb(1 - 0.05 * warmth, 1, 1 + 0.08 * warmth),
        clothes=linear(*rng.choice(CLOTHES)) * rng.uniform(0.7, 1.2),
        collar=str(rng.choice(["round", "v", "shirt"])),
        stripes=_limited(rng.normal(-0.05, 0.2), 0, 0.4),
        backdrop=str(rng.choice(BACKDROPS)),
        texture=int(rng.integers(1 << 32)),
    )


def _limited(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)
