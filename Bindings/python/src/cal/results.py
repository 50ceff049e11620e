"""What comes back: frozen values, independent of the model and session that made them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .errors import Status

if TYPE_CHECKING:
    import numpy

Kind = Literal["known", "novel", "retired"]
Verdict = Literal["known", "novel", "undetermined"]


@dataclass(frozen=True, slots=True)
class Score:
    """One prototype of a ranking."""

    id: int
    """Never changes, never reused."""
    name: str
    """"" for a novel prototype that nobody has named."""
    kind: Kind
    logit: float
    probability: float
    """softmax(logits / temperature) over the prototypes in use."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Which method made one image. The rule behind `verdict` is in cal.h, "VERDICT"."""

    source: str | None
    """The path given, or the caller's name for the image."""
    status: int
    """A Status: OK, or why this image has no answer."""
    error: str
    """The sentence for status; "" if it is OK."""
    verdict: Verdict | None
    """None for a failed image."""
    ranked: tuple[Score, ...]
    """The best prototypes first, as many as `top` asked for."""
    known_threshold: float | None
    """The thresholds that the verdict was made with; None: none."""
    novel_threshold: float | None
    bank_epoch: int
    width: int
    """Pixels of the image that was given; 0 for a failed one."""
    height: int
    crop: tuple[int, int, int, int]
    """x, y, width, height of the pixels that were used."""
    pixels_sha256: str | None
    """Hex digest of the decoded image; None if it was not asked for."""
    features: tuple[float, ...] | numpy.ndarray[Any, Any] | None = field(
        default=None, compare=False, repr=False
    )
    """The feature vector, if it was asked for."""
    _json: str = field(default="", repr=False)

    @property
    def ok(self) -> bool:
        return self.status == Status.OK

    @property
    def top(self) -> Score | None:
        """The best prototype; None for a failed image."""
        return self.ranked[0] if self.ranked else None

    def to_json(self) -> str:
        """One line of JSON: the very bytes that cal_session_report gives to a C program."""
        return self._json

    def to_dict(self) -> dict[str, Any]:
        """to_json as a dictionary, keys in the same order."""
        value: dict[str, Any] = json.loads(self._json)
        return value


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where in the crop the logit of one prototype comes from: values sum to the logit."""

    prototype: int
    logit: float
    height: int
    width: int
    values: tuple[float, ...]
    """height * width shares of the logit, row by row from the top."""

    def rows(self) -> list[tuple[float, ...]]:
        step = self.width
        return [self.values[row * step : (row + 1) * step] for row in range(self.height)]


@dataclass(frozen=True, slots=True)
class Prototype:
    """One entry of a model's bank."""

    id: int
    name: str
    kind: Kind
    usage: int
    """Images counted for it when the bank was made or updated."""
    birth_epoch: int
    merged_into: int
    """Retired only: the id that took over its images; else its own id."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The numbers of a model: cal_model_info of cal.h."""

    format_version: int
    input_size: int
    feature_count: int
    map_height: int
    map_width: int
    prototype_count: int
    known_count: int
    novel_count: int
    retired_count: int
    bank_epoch: int
    parameter_count: int
    file_size: int
    known_threshold: float
    novel_threshold: float
    temperature: float
