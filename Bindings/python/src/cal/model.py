"""Models: what `cal.Model.load` gives."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from . import _checks as checks
from . import _structs as s
from . import images as image_inputs
from ._arrays import FLOAT, UINT64, Input
from ._buffer import Pinned
from ._handle import Handle
from ._native import library
from ._progress import Progress, Relay
from ._quantizing import quantized
from .errors import CalModelError, Status, error
from .results import ModelInfo, Prototype
from .session import BATCH, Session

if TYPE_CHECKING:
    from typing import Self, Unpack

    import numpy
    import PIL.Image

    from ._arrays import Integers, Matrix
    from ._options import Options
    from .images import Face
    from .results import Attribution

    OneImage = (
        str
        | os.PathLike[str]
        | bytes
        | bytearray
        | memoryview
        | PIL.Image.Image
        | numpy.ndarray[Any, Any]
    )


class Model(Handle):
    """A loaded model. Immutable: any number of threads may use it at once."""

    def __init__(self, pointer: int) -> None:
        super().__init__(library(), pointer, "cal_model_free")
        self._idle: dict[tuple[int, str, str], list[Session]] = {}
        self._lock = threading.Lock()

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        size_limit: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        """Loads a model file. `progress(done, total)` counts bytes; raising in it cancels."""
        where = (checks.path(path),)
        try:
            return cls._load("cal_model_load_file", where, size_limit, progress)
        except CalModelError as problem:
            detail = f"{image_inputs.source_name(path)}: {problem.detail}"
            raise error(problem.status, detail) from None

    @classmethod
    def from_bytes(
        cls,
        data: bytes | bytearray | memoryview,
        *,
        size_limit: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        """Loads a model from memory; data is copied."""
        view = memoryview(data)
        pinned = Pinned(view if view.c_contiguous else view.tobytes())
        try:
            where = (pinned.address, view.nbytes)
            return cls._load("cal_model_load_memory", where, size_limit, progress)
        finally:
            pinned.release()

    @classmethod
    def _load(
        cls, symbol: str, origin: tuple[Any, ...], size_limit: int, progress: Progress | None
    ) -> Self:
        native = library()
        relay = Relay(progress)
        options = s.LoadOptions(size_limit=size_limit, progress=relay.callback)
        return cls(native.guarded_model(relay, symbol, *origin, ctypes.byref(options)))

    @cached_property
    def info(self) -> ModelInfo:
        """Counts, sizes and thresholds."""
        info = s.ModelInfo()
        self._library.call("cal_model_get_info", self._use(), ctypes.byref(info))
        return ModelInfo(**{name: getattr(info, name) for name in ModelInfo.__slots__})

    @cached_property
    def prototypes(self) -> tuple[Prototype, ...]:
        """The bank, in the order of the file."""
        return tuple(self._prototype(index) for index in range(self.info.prototype_count))

    def _prototype(self, index: int) -> Prototype:
        entry = s.Prototype()
        self._library.call("cal_model_get_prototype", self._use(), index, ctypes.byref(entry))
        return Prototype(
            id=entry.id,
            name=entry.name.decode("utf-8", "replace"),
            kind=s.KINDS[entry.kind],  # type: ignore[arg-type]
            usage=entry.usage,
            birth_epoch=entry.birth_epoch,
            merged_into=entry.merged_into,
        )

    @cached_property
    def sha256(self) -> str:
        """Hex digest of the model file."""
        digest = (ctypes.c_uint8 * s.DIGEST_SIZE)()
        self._library.call("cal_model_sha256", self._use(), digest)
        return bytes(digest).hex()

    def describe(self) -> dict[str, Any]:
        """Everything the model says of itself: preprocessing, network, bank, provenance."""
        description: dict[str, Any] = self._library.json("cal_model_describe", self._use())
        return description

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model file; path holds the old or the new one at any instant."""
        self._library.call("cal_model_save", self._use(), checks.path(path))

    def calibrate(self, features: Matrix, ids: Integers) -> Model:
        """A copy that holds features of images whose known method is known, which updates are held
        against. ids: of the known prototype of each row of features."""
        rows = Input(features, FLOAT, "features", columns=True)
        owners = Input(ids, UINT64, "ids")
        owners.check_length(len(rows), "ids", "features")
        if len(rows) and rows.shape[1] != self.info.feature_count:
            raise error(
                Status.ARGUMENT,
                f"features has {rows.shape[1]} columns, the model has {self.info.feature_count}",
            )
        pointer = ctypes.c_void_p()
        self._library.call(
            "cal_model_calibrate",
            self._use(),
            rows.address,
            owners.address,
            len(rows),
            ctypes.byref(pointer),
        )
        assert pointer.value is not None
        return Model(pointer.value)

    def quantize(
        self,
        images: Iterable[Any],
        *,
        default: bool = False,
        threads: int = 1,
        exif: bool = False,
        progress: Progress | None = None,
    ) -> Model:
        """A copy that can be computed in int8, with ranges from these images: a few hundred of
        those that it is for. All of them are held in memory. How many keep their top prototype
        stands in describe()["quantization"]. With `default`, sessions of the copy run in int8
        unless told otherwise; CalRefused if less than 99 % keep it. `progress(done, total)`
        counts every image twice."""
        flags = s.QUANTIZE_DEFAULT if default else 0
        return Model(quantized(self._library, self._use(), images, exif, flags, threads, progress))

    def session(
        self,
        threads: int = 1,
        kernels: str = "auto",
        profile: bool = False,
        precision: str = "auto",
    ) -> Session:
        """Scratch memory for attribution: make one per thread of yours and keep it. With
        `profile` it takes the time of every stage, for Session.profile(). `precision` is "fp32",
        "int8" (of a model that quantize made), "bf16" or "auto", the model's default."""
        return Session(self, threads, kernels, profile, precision)

    @overload
    def attribute(  # type: ignore[overload-overlap]  # text is iterable too
        self,
        images: OneImage,
        *,
        threads: int = 1,
        kernels: str = "auto",
        precision: str = "auto",
        face: Face | None = None,
        **options: Unpack[Options],
    ) -> Attribution: ...

    @overload
    def attribute(
        self,
        images: Iterable[Any],
        *,
        threads: int = 1,
        kernels: str = "auto",
        precision: str = "auto",
        face: Iterable[Face | None] | None = None,
        batch: int = BATCH,
        decoders: int = 0,
        progress: Progress | None = None,
        **options: Unpack[Options],
    ) -> list[Attribution]: ...

    def attribute(
        self,
        images: Any,
        *,
        threads: int = 1,
        kernels: str = "auto",
        precision: str = "auto",
        face: Any = None,
        batch: int = BATCH,
        decoders: int = 0,
        progress: Progress | None = None,
        **options: Unpack[Options],
    ) -> Attribution | list[Attribution]:
        """Attributes one image, giving an Attribution, or an iterable of them, giving a list.

        `face` is a box (x, y, width, height), for many images an iterable of boxes or Nones.
        One bad image raises; among many it has its own status and error. Sessions are kept for
        the next call; threads that call this at once get one each.
        """
        with self._borrow(threads, kernels, precision) as session:
            if image_inputs.is_single(images):
                return session.attribute(images, face=face, **options)
            return session.attribute_batch(
                images,
                faces=face,
                batch=batch,
                decoders=decoders,
                progress=progress,
                **options,
            )

    @contextmanager
    def _borrow(self, threads: int, kernels: str, precision: str) -> Iterator[Session]:
        self._use()
        key = (threads, kernels, precision)
        with self._lock:
            kept = self._idle.setdefault(key, [])
            session = kept.pop() if kept else None
        if session is None:
            session = self.session(threads, kernels, precision=precision)
        try:
            yield session
        finally:
            with self._lock:
                if self.closed:
                    session.close()
                else:
                    kept.append(session)

    def close(self) -> None:
        with self._lock:
            kept = [session for sessions in self._idle.values() for session in sessions]
            self._idle.clear()
            super().close()
        for session in kept:
            session.close()

    def __repr__(self) -> str:
        return "<cal.Model closed>" if self.closed else f"<cal.Model sha256={self.sha256[:16]}>"
