"""Sessions: scratch memory and threads for attribution with one model."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TYPE_CHECKING, Any

from . import _structs as s
from . import images as image_inputs
from ._ahead import check_decoders
from ._batch import run
from ._checks import one_of
from ._handle import Handle
from ._options import Settings
from ._progress import Progress, Relay
from ._stream import batches, load_item
from .errors import CalError, Status, error
from .images import Face, Pixels
from .results import Attribution, Evidence

if TYPE_CHECKING:
    from typing import Unpack

    from ._options import Many, Options
    from .model import Model

BATCH = 16
"""Images per C call unless told: enough to keep the threads busy, and soon interrupted."""


class Session(Handle):
    """Made by Model.session. One thread at a time; any thread. Keeps its model alive."""

    def __init__(
        self,
        model: Model,
        threads: int = 1,
        kernels: str = "auto",
        profile: bool = False,
        precision: str = "auto",
    ) -> None:
        if not 0 <= threads <= s.THREADS_MAX:
            raise error(Status.ARGUMENT, f"threads {threads} must be 1 to {s.THREADS_MAX}")
        options = s.SessionOptions(
            threads=threads,
            kernels=one_of("kernels", kernels, s.KERNELS),
            flags=s.SESSION_PROFILE if profile else 0,
            precision=one_of("precision", precision, s.PRECISIONS),
        )
        pointer = ctypes.c_void_p()
        library = model._library
        library.call(
            "cal_session_create", model._use(), ctypes.byref(options), ctypes.byref(pointer)
        )
        assert pointer.value is not None
        super().__init__(library, pointer.value, "cal_session_free")
        self._info = model.info
        self._prototypes = model.prototypes

    @property
    def kernels(self) -> str:
        """The instruction set in use: "avx512", "avx2", "portable" or "reference"."""
        return str(self._library.c.cal_session_kernels(self._use()).decode())

    @property
    def precision(self) -> str:
        """What the network is computed in: "fp32", "int8" or "bf16"."""
        return str(self._library.c.cal_session_precision(self._use()).decode())

    def profile(self) -> dict[str, int]:
        """Nanoseconds that went to each stage of all images so far, of all threads together;
        "whole" is what they add up to, or a bit more. For sessions made with profile=True."""
        count = ctypes.c_size_t()
        times = (s.StageTime * len(s.STAGES))()
        self._library.call(
            "cal_session_profile", self._use(), times, len(times), ctypes.byref(count)
        )
        known = times[: min(count.value, len(times))]
        return {s.STAGES[time.stage]: time.nanoseconds for time in known}

    def attribute(
        self, image: Any, *, face: Face | None = None, **options: Unpack[Options]
    ) -> Attribution:
        """Attributes one image; raises if it cannot be used."""
        settings = Settings(**options)
        item = load_item(image, face, settings)
        if isinstance(item[0], CalError):
            raise _named(item[0].status, item[0].detail, item[1])
        [result] = self._run([item], settings, Relay(None))
        if not result.ok:
            raise _named(result.status, result.error, result.source)
        return result

    def attribute_batch(self, images: Iterable[Any], **options: Unpack[Many]) -> list[Attribution]:
        """Attributes many, with the options of `stream`. A bad image does not raise: its result
        has status and error."""
        return list(self.stream(images, **options))

    def stream(
        self,
        images: Iterable[Any],
        *,
        faces: Iterable[Face | None] | None = None,
        batch: int = BATCH,
        decoders: int = 0,
        progress: Progress | None = None,
        **options: Unpack[Options],
    ) -> Iterator[Attribution]:
        """attribute_batch, one result at a time: for more images than fit into memory.

        `decoders` threads read and decode files ahead of the network. `progress(done, total)`
        is called after each image, with total 0 if `images` has no length; what it raises stops
        the work.
        """
        return self._observed(None, images, faces, batch, decoders, progress, Settings(**options))

    def _observed(
        self,
        updater: Callable[[], int] | None,
        images: Iterable[Any],
        faces: Iterable[Face | None] | None,
        batch: int,
        decoders: int,
        progress: Progress | None,
        settings: Settings,
    ) -> Iterator[Attribution]:
        """`stream`; an updater, if there is one, takes in what is attributed. It is asked for its
        pointer at each batch, as it may be closed between them."""
        if not 1 <= batch <= s.BATCH_MAX:
            raise error(Status.ARGUMENT, f"batch {batch} must be 1 to {s.BATCH_MAX}")
        check_decoders(decoders)
        total = len(images) if isinstance(images, Sized) else 0
        work = _pair(images, faces)
        return self._stream(work, settings, batch, decoders, progress, total, updater)

    def _stream(
        self,
        work: Iterator[tuple[Any, Face | None]],
        settings: Settings,
        batch: int,
        decoders: int,
        progress: Progress | None,
        total: int,
        updater: Callable[[], int] | None,
    ) -> Iterator[Attribution]:
        done = 0
        for items in batches(work, settings, batch, decoders):
            # Images that could not be loaded count as done before the others run.
            failed = sum(isinstance(loaded, CalError) for loaded, _ in items)
            relay = Relay(progress, before=done + failed, total=total)
            yield from self._run(items, settings, relay, updater() if updater else None)
            done += len(items)

    def _run(
        self, items: list[Any], settings: Settings, relay: Relay, updater: int | None = None
    ) -> list[Attribution]:
        in_use = self._info.prototype_count - self._info.retired_count
        top = in_use if settings.top is None else min(settings.top, in_use)
        return run(
            self._library,
            self._use(),
            items,
            settings,
            top,
            self._info.feature_count,
            lambda index: self._prototypes[index].name,
            relay,
            updater,
        )

    def features(
        self, image: Any, *, face: Face | None = None, **options: Unpack[Options]
    ) -> tuple[float, ...]:
        """The vector that the prototypes are compared with."""
        pixels = self._pixels(image, face, Settings(**options))
        count = self._info.feature_count
        vector = (ctypes.c_float * count)()
        try:
            self._library.call(
                "cal_session_features", self._use(), ctypes.byref(pixels.image), vector, count
            )
        finally:
            pixels.release()
        return tuple(vector)

    def evidence(
        self, image: Any, prototype: int, *, face: Face | None = None, **options: Unpack[Options]
    ) -> Evidence:
        """Where in the image the logit of the prototype with this id comes from."""
        if not 0 <= prototype < 1 << 64:
            raise error(Status.NOT_FOUND, f"no prototype has the id {prototype}")
        pixels = self._pixels(image, face, Settings(**options))
        height, width = self._info.map_height, self._info.map_width
        values = (ctypes.c_float * (height * width))()
        logit = ctypes.c_float()
        try:
            self._library.call(
                "cal_session_evidence",
                self._use(),
                ctypes.byref(pixels.image),
                prototype,
                values,
                height * width,
                ctypes.byref(logit),
            )
        finally:
            pixels.release()
        return Evidence(prototype, logit.value, height, width, tuple(values))

    def _pixels(self, image: Any, face: Face | None, settings: Settings) -> Pixels:
        loaded, source = load_item(image, face, settings)
        if isinstance(loaded, CalError):
            raise _named(loaded.status, loaded.detail, source)
        return loaded

    def cancel(self) -> None:
        """Stops the call that runs on another thread, at its next image: CalCancelled there."""
        self._library.call("cal_session_cancel", self._use())

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"process {os.getpid()}"
        return f"<cal.Session {state}>"


def _named(status: int, sentence: str, source: str | None) -> CalError:
    """In a batch the result says which image it is; an exception must say so itself."""
    return error(status, f"{source}: {sentence}" if source else sentence)


def _pair(
    images: Iterable[Any], faces: Iterable[Face | None] | None
) -> Iterator[tuple[Any, Face | None]]:
    if image_inputs.is_single(images):
        raise TypeError("one image given where many are expected: put it in a list")
    if faces is None:
        return ((image, None) for image in images)
    return zip(images, faces, strict=True)
