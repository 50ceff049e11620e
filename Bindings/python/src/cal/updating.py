"""Field updates: new epochs of a model's prototypes out of what the model is shown."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from . import _checks as checks
from . import _structs as s
from . import _structs_updating as structs
from ._arrays import FLOAT, Input
from ._handle import Handle
from ._native import Library, library
from ._options import Settings
from ._progress import Progress, Relay
from .errors import Status, error
from .model import Model
from .session import BATCH

if TYPE_CHECKING:
    from typing import Self, Unpack

    from ._arrays import Matrix
    from ._options import Many, Options
    from .images import Face
    from .results import Attribution


class Updater(Handle):
    """The state of a model's updates, in a folder. One thread at a time uses it."""

    def __init__(self, pointer: int, native: Library) -> None:
        super().__init__(native, pointer, "cal_updater_free")
        self._model: Model | None = None

    @classmethod
    def create(
        cls,
        model: Model,
        folder: str | os.PathLike[str],
        *,
        seed: int = 0,
        reservoir: int = 8192,
        samples: int = 256,
        keep: int = 4,
        sync: bool = True,
    ) -> Self:
        """Makes a state that has seen nothing. States of one model, seed, reservoir and samples
        merge. Without sync, what was observed since `sync()` is lost if the machine stops."""
        checks.above_zero(reservoir=reservoir, samples=samples, keep=keep)
        options = structs.UpdaterOptions(
            flags=0 if sync else s.UPDATER_NO_SYNC,
            seed=seed,
            reservoir=reservoir,
            samples=samples,
            keep=keep,
        )
        return cls._make("cal_updater_create", model._use(), checks.path(folder), options)

    @classmethod
    def open(
        cls,
        folder: str | os.PathLike[str],
        *,
        keep: int = 4,
        sync: bool = True,
        salvage: bool = False,
    ) -> Self:
        """Goes on with a state. salvage opens a damaged journal as far as it is good."""
        checks.above_zero(keep=keep)
        flags = (0 if sync else s.UPDATER_NO_SYNC) | (s.UPDATER_SALVAGE if salvage else 0)
        options = structs.UpdaterOptions(flags=flags, keep=keep)
        return cls._make("cal_updater_open", checks.path(folder), options)

    @classmethod
    def _make(cls, symbol: str, *arguments: Any) -> Self:
        *others, options = arguments
        native = library()
        pointer = ctypes.c_void_p()
        native.call(symbol, *others, ctypes.byref(options), ctypes.byref(pointer))
        assert pointer.value is not None
        return cls(pointer.value, native)

    @property
    def model(self) -> Model:
        """The current model."""
        if self._model is None:
            self._model = self._take("cal_updater_model")
        return self._model

    def observe(
        self, images: Iterable[Any], *, threads: int = 1, **options: Unpack[Many]
    ) -> list[Attribution]:
        """Attributes images with the current model and takes in those that are ok, with the options
        of `stream`. When a batch is done, it is on the disk."""
        return list(self.stream(images, threads=threads, **options))

    def stream(
        self,
        images: Iterable[Any],
        *,
        faces: Iterable[Face | None] | None = None,
        threads: int = 1,
        batch: int = BATCH,
        decoders: int = 0,
        progress: Progress | None = None,
        **options: Unpack[Options],
    ) -> Iterator[Attribution]:
        """`observe`, one result at a time: for more images than fit into memory. A batch is taken
        in when its first result is asked for, and labels may be told between results. Arguments
        are checked with the first."""
        with self.model._borrow(threads, "auto", "auto") as session:
            yield from session._observed(
                self._use, images, faces, batch, decoders, progress, Settings(**options)
            )

    def observe_features(self, features: Matrix, keys: Sequence[str | bytes]) -> None:
        """Takes in features as `Attribution.features` has them. keys: the pixels_sha256 of each,
        in hex, or its 32 bytes."""
        digests = _digests(keys)
        rows = self._rows(features, len(digests))
        self._library.call(
            "cal_updater_observe_features",
            self._use(),
            rows.address,
            b"".join(digests),
            len(digests),
        )

    def _rows(self, features: Matrix, count: int) -> Input:
        rows = Input(features, FLOAT, "features", columns=True)
        wanted = count, self.model.info.feature_count
        if len(rows) and rows.shape != wanted or len(rows) != count:
            raise error(Status.ARGUMENT, f"features has shape {rows.shape}, needs {wanted}")
        return rows

    def sync(self) -> None:
        """Returns when everything observed is on the disk."""
        self._library.call("cal_updater_sync", self._use())

    def status(self) -> dict[str, Any]:
        """What was observed since the last commit (docs/UPDATES.md)."""
        return self._json("cal_updater_status")

    def history(self) -> list[dict[str, Any]]:
        """The kept epochs with their models, parents and reports, the current one last."""
        epochs: list[dict[str, Any]] = self._json("cal_updater_history")["epochs"]
        return epochs

    def preview(self, *, progress: Progress | None = None, **options: Any) -> dict[str, Any]:
        """The report of a commit that is not made. Options as of `commit`."""
        self._propose("cal_updater_preview", progress, options, ())
        return self._json("cal_updater_report")

    def commit(
        self,
        *,
        founders: int = 10,
        separation: float = 4.0,
        duplicate: float = 0.999,
        known_loss: float = 0.01,
        coverage: float = 1.0,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Makes the next epoch, of which `model` then is, and gives the report on it. CalRefused
        if more than known_loss of the model's calibration images would lose their right answer.
        `progress(done, 1000)`; what it raises stops the commit."""
        options = {
            "founders": founders,
            "separation": separation,
            "duplicate": duplicate,
            "known_loss": known_loss,
            "coverage": coverage,
        }
        self._propose("cal_updater_commit", progress, options, (None,))
        self._model = None
        return self._json("cal_updater_report")

    def _propose(
        self, symbol: str, progress: Progress | None, values: dict[str, Any], rest: tuple[Any, ...]
    ) -> None:
        checks.above_zero(**{name: v for name, v in values.items() if name != "known_loss"})
        relay = Relay(progress)
        values = {name: -1.0 if name == "known_loss" and not v else v for name, v in values.items()}
        options = structs.CommitOptions(progress=relay.callback, **values)
        self._library.guarded(relay, symbol, self._use(), ctypes.byref(options), *rest)

    def rollback(self, epoch: int) -> Model:
        """Goes back to the prototypes of a kept epoch, as a new epoch."""
        self._library.call("cal_updater_rollback", self._use(), checks.u64("epoch", epoch), None)
        self._model = None
        return self.model

    def name(self, id: int, name: str) -> None:
        """Says what the method of a prototype is called, from the next commit on."""
        of = checks.u64("id", id)
        self._library.call("cal_updater_name", self._use(), of, checks.text("name", name))

    def assign(self, id: int, into: int) -> None:
        """Says that a novel prototype is the method of another one, from the next commit on."""
        ids = checks.u64("id", id), checks.u64("into", into)
        self._library.call("cal_updater_assign", self._use(), *ids)

    def label(
        self, keys: Sequence[str | bytes], method: int | str, features: Matrix | None = None
    ) -> None:
        """Says that images are of a method: that of the prototype with this id, or the one of this
        name, which the next commit makes if no prototype has it. keys as for `observe_features`;
        features may be left out for images that the updater keeps."""
        digests = _digests(keys)
        rows = None if features is None else self._rows(features, len(digests))
        self._library.call(
            "cal_updater_label",
            self._use(),
            b"".join(digests),
            None if rows is None else rows.address,
            len(digests),
            0 if isinstance(method, str) else checks.u64("method", method),
            checks.text("method", method) if isinstance(method, str) else None,
        )

    def merge(self, folder: str | os.PathLike[str]) -> None:
        """Adds what the state in another folder observed; a second time counts it twice."""
        self._library.call("cal_updater_merge", self._use(), checks.path(folder))

    def cancel(self) -> None:
        """Stops a preview or commit that runs on another thread: CalCancelled there."""
        self._library.call("cal_updater_cancel", self._use())

    def _take(self, symbol: str) -> Model:
        pointer = ctypes.c_void_p()
        self._library.call(symbol, self._use(), ctypes.byref(pointer))
        assert pointer.value is not None
        return Model(pointer.value)

    def _json(self, symbol: str) -> dict[str, Any]:
        text: dict[str, Any] = self._library.json(symbol, self._use())
        return text


def _digests(keys: Sequence[str | bytes]) -> list[bytes]:
    digests = [bytes.fromhex(key) if isinstance(key, str) else bytes(key) for key in keys]
    for number, digest in enumerate(digests):
        if len(digest) != s.DIGEST_SIZE:
            raise error(Status.ARGUMENT, f"keys[{number}] has {len(digest)} bytes, not 32")
    return digests
