"""The options of an attribution, in one place for every function that takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict

from . import _structs as s
from .errors import Status, error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._progress import Progress
    from .images import Face


class Options(TypedDict, total=False):
    """Keyword arguments of attribute, attribute_batch and stream."""

    top: int | None
    """How many prototypes to rank (default 5); None: all in use."""
    features: bool | Literal["numpy"]
    """Also return the feature vector, as a tuple of floats or as a float32 array."""
    known_threshold: float | None
    """None: the model's; 0: none; else up to 1."""
    novel_threshold: float | None
    face_margin: float | None
    """The face box grows by this factor; None: the published 1.2."""
    order: Literal["rgb", "bgr"]
    """Channel order of arrays."""
    exif: bool
    """Apply the EXIF orientation of files and PIL images; default no."""
    pixel_digest: bool
    """Put the SHA-256 of the pixels in the result; default yes."""


class Many(Options, total=False):
    """Those of a call for many images, which `stream` has with their defaults."""

    faces: Iterable[Face | None] | None
    batch: int
    decoders: int
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class Settings:
    """Options with their defaults filled in. Unknown names are a TypeError."""

    top: int | None = 5
    features: bool | str = False
    known_threshold: float | None = None
    novel_threshold: float | None = None
    face_margin: float | None = None
    order: str = "rgb"
    exif: bool = False
    pixel_digest: bool = True

    def __post_init__(self) -> None:
        if self.top is not None and not 0 <= self.top <= 0xFFFFFFFF:
            raise error(Status.ARGUMENT, f"top {self.top} must be 0 to {0xFFFFFFFF}")
        if self.features not in (True, False, "numpy"):
            raise error(Status.ARGUMENT, f"features {self.features!r} must be a bool or 'numpy'")
        if self.order not in ("rgb", "bgr"):
            raise error(Status.ARGUMENT, f"order {self.order!r} must be 'rgb' or 'bgr'")

    def native(self) -> s.AttributeOptions:
        return s.AttributeOptions(
            flags=0 if self.pixel_digest else s.ATTRIBUTE_NO_PIXEL_DIGEST,
            known_threshold=_threshold("known", self.known_threshold),
            novel_threshold=_threshold("novel", self.novel_threshold),
        )


def _threshold(name: str, value: float | None) -> float:
    """In C, 0 is the model's threshold and a negative number is none."""
    if value is None:
        return 0.0
    if not 0 <= value <= 1:
        raise error(Status.ARGUMENT, f"{name}_threshold {value!r} must be between 0 and 1")
    return value if value > 0 else -1.0


__all__ = ["Many", "Options", "Progress", "Settings"]
