"""One C call for several images: buffers in, Attribution values out."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from . import _structs as s
from ._options import Settings
from ._progress import Relay
from .errors import CalError, Status
from .images import Pixels
from .results import Attribution, Score

if TYPE_CHECKING:
    from ._native import Library

Names = Callable[[int], str]
"""Bank index -> name."""

Item = tuple["Pixels | CalError", "str | None"]
"""Loaded pixels, or why there are none; and what the report calls the image."""


class Buffers:
    """The result structs of a batch and the memory they point to."""

    def __init__(self, count: int, top: int, features: int) -> None:
        self.results = (s.Result * count)()
        self._scores = (s.Score * (count * top))()
        self._features = (ctypes.c_float * (count * features))()
        for number, result in enumerate(self.results):
            result.struct_size = ctypes.sizeof(s.Result)
            if top:
                offset = number * top * ctypes.sizeof(s.Score)
                result.ranked = ctypes.cast(
                    ctypes.byref(self._scores, offset), ctypes.POINTER(s.Score)
                )
                result.ranked_capacity = top
            if features:
                offset = number * features * ctypes.sizeof(ctypes.c_float)
                result.features = ctypes.cast(
                    ctypes.byref(self._features, offset), ctypes.POINTER(ctypes.c_float)
                )
                result.feature_capacity = features


def run(
    library: Library,
    session: int,
    items: Sequence[Item],
    settings: Settings,
    top: int,
    feature_count: int,
    names: Names,
    relay: Relay,
    updater: int | None = None,
) -> list[Attribution]:
    """Attributes the items that have pixels; the others become results with their error. An
    updater takes in what is attributed."""
    pixels = [pixels for pixels, _ in items if isinstance(pixels, Pixels)]
    images = (s.Image * len(pixels))(*[each.image for each in pixels])
    buffers = Buffers(len(pixels), top, feature_count if settings.features else 0)
    options = settings.native()
    options.progress = relay.callback
    try:
        call = (session, images, len(pixels), ctypes.byref(options), buffers.results)
        if updater is None:
            library.guarded(relay, "cal_session_attribute_batch", *call)
        else:
            library.guarded(relay, "cal_updater_observe", updater, *call)
    finally:
        for each in pixels:
            each.release()

    done = iter(buffers.results)
    answers = []
    for loaded, source in items:
        result = next(done) if isinstance(loaded, Pixels) else _failed(loaded)
        answers.append(convert(library, session, result, source, settings, feature_count, names))
    return answers


def _failed(problem: CalError) -> s.Result:
    """The result of an image that never reached libcal, so that its report has the same form."""
    sentence = problem.detail.encode("utf-8", "backslashreplace")[:255]
    while sentence:  # cut between characters, not within one
        try:
            sentence.decode("utf-8")
            break
        except UnicodeDecodeError:
            sentence = sentence[:-1]
    return s.Result(status=problem.status, error=sentence)


def convert(
    library: Library,
    session: int,
    result: s.Result,
    source: str | None,
    settings: Settings,
    feature_count: int,
    names: Names,
) -> Attribution:
    ok = result.status == Status.OK
    digested = ok and settings.pixel_digest
    report = library.text(
        "cal_session_report",
        session,
        ctypes.byref(result),
        None if source is None else source.encode("utf-8"),
    )
    return Attribution(
        source=source,
        status=result.status,
        error=result.error.decode("utf-8", "replace"),
        verdict=s.VERDICTS[result.verdict] if ok else None,  # type: ignore[arg-type]
        ranked=tuple(_score(result.ranked[i], names) for i in range(result.ranked_count)),
        known_threshold=_threshold(result.known_threshold, ok),
        novel_threshold=_threshold(result.novel_threshold, ok),
        bank_epoch=result.bank_epoch,
        width=result.width,
        height=result.height,
        crop=(result.crop_x, result.crop_y, result.crop_width, result.crop_height),
        pixels_sha256=bytes(result.pixels_sha256).hex() if digested else None,
        features=_features(result, settings, feature_count) if ok else None,
        _json=report,
    )


def _threshold(value: float, ok: bool) -> float | None:
    return value if ok and value >= 0 else None


def _score(score: s.Score, names: Names) -> Score:
    return Score(
        id=score.id,
        name=names(score.index),
        kind=s.KINDS[score.kind],  # type: ignore[arg-type]
        logit=score.logit,
        probability=score.probability,
    )


def _features(result: s.Result, settings: Settings, count: int) -> Any:
    if not settings.features:
        return None
    if settings.features == "numpy":
        import numpy

        return numpy.ctypeslib.as_array(result.features, (count,)).copy()
    return tuple(result.features[:count])
