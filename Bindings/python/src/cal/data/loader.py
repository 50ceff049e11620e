"""Images of a data set as RGB arrays, read ahead by threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from .. import _pillow
from .. import _structs as s
from .._ahead import ahead, check_decoders
from ..errors import CalError
from .sample import Sample

if TYPE_CHECKING:
    import numpy

    Pixels: TypeAlias = numpy.ndarray[Any, numpy.dtype[numpy.uint8]]

DECODERS = 2
AHEAD = 64
"""Images that may be decoded before they are asked for."""


class Picture(NamedTuple):
    """A decoded image."""

    sample: Sample
    pixels: Pixels
    """uint8, height x width x 3: red, green, blue."""


class Unreadable(NamedTuple):
    """An image that could not be used, and why."""

    path: str
    reason: str


class Pictures:
    """Iterates over decoded images in the order of the samples. Needs numpy.

    What cannot be read is skipped, and listed in `unreadable`. Files become pixels as for
    attribution (docs/PYTHON.md, "Images"); grey is repeated, alpha dropped.
    """

    def __init__(self, root: Path, samples: Iterable[Sample], decoders: int) -> None:
        check_decoders(decoders)
        self._root = root
        self._samples = samples
        self._decoders = decoders
        self.unreadable: list[Unreadable] = []
        """Of the latest iteration, so far."""

    def __iter__(self) -> Iterator[Picture]:
        self.unreadable = []
        loaded = ahead(self._samples, self._load, _size, most=AHEAD, threads=self._decoders)
        for one in loaded:
            if isinstance(one, Unreadable):
                self.unreadable.append(one)
            else:
                yield one

    def _load(self, sample: Sample) -> Picture | Unreadable:
        try:
            return Picture(sample, rgb(_pillow.decode(self._root / sample.path, exif=False)))
        except CalError as problem:
            return Unreadable(sample.path, problem.detail)


def rgb(decoded: _pillow.Decoded) -> Pixels:
    """Any of the layouts that files are decoded to, as height x width x 3."""
    import numpy

    format, width, height, data = decoded
    pixels = numpy.frombuffer(data, numpy.uint8).reshape(height, width, -1)
    if format == s.FORMAT_GRAY8:
        return pixels.repeat(3, axis=2)
    return numpy.ascontiguousarray(pixels[:, :, :3])


def _size(one: Picture | Unreadable) -> int:
    return one.pixels.nbytes if isinstance(one, Picture) else 0
