"""Training of a CAL model: labelled images of known methods, unlabelled ones of any method."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from . import _checks as checks
from . import _structs as s
from . import _structs_training as structs
from . import images as image_inputs
from ._handle import Handle
from ._native import library
from ._progress import Guard
from .errors import Status, error
from .model import Model

if TYPE_CHECKING:
    from .learning import Recipe
    from .model import OneImage


Keep = Literal["last", "best"]
KEEPS = {"last": 0, "best": 1}


@dataclass(frozen=True, slots=True)
class Network:
    """A residual network for a training from random weights."""

    block: str = "bottleneck"
    """ "basic" (ResNet-18, 34) or "bottleneck" (ResNet-50 and deeper)."""
    depths: tuple[int, int, int, int] = (3, 4, 6, 3)
    """Blocks of the four stages."""
    width: int = 64
    """Channels of the first stage's 3x3 convolutions."""
    size: int = 256
    """Pixels of the input's side."""
    small_stem: bool = False
    """3x3 of stride 1 without pooling, for small images, instead of 7x7 and max pooling."""
    ffe: bool = True
    """The frequency gate."""


@dataclass(frozen=True, slots=True)
class Report:
    """How far a training is: after a step, or at the end of an epoch."""

    epoch: int
    """From 0."""
    epochs: int
    step: int
    """Done in this epoch."""
    steps: int
    is_epoch_end: bool
    """Then the terms are all 0."""
    prototypes: int
    """In use: the estimated number of classes."""
    supervised: float
    regulariser: float
    ccr: float
    acr: float
    total: float
    acr_selected: int
    novel_threshold: float | None
    """gamma_n; None before the first is known."""
    learning_rate: float
    """Of this step; at the end of an epoch, of its last one."""
    validation_accuracy: float | None
    """At the end of an epoch, of the held-out images; None: there are none."""
    validation_confidence: float | None
    """Mean of their largest probability."""
    validation_images: int
    """Held out."""
    best_epoch: int | None
    """With the highest validation accuracy so far, the first of equals."""
    is_finished: bool
    """The training has ended with this epoch."""


class Trainer(Handle):
    """A training, from its start or a checkpoint to its end. One thread at a time uses it."""

    def __init__(
        self,
        images: Sequence[OneImage],
        labels: Sequence[int | None],
        known: Sequence[str],
        *,
        network: Network | None = None,
        start: Model | None = None,
        prototypes: int | None = None,
        unknown_k: bool = False,
        recipe: Recipe = "default",
        epochs: int = 50,
        batch_size: int = 128,
        pseudo_epoch: int = 5,
        learning_rate: float = 2e-4,
        weight_decay: float | None = None,
        decay_epochs: int | None = None,
        decay_factor: float | None = None,
        dropout: float = 0.2,
        gamma: float = 0.9,
        ccr_weight: float | None = None,
        held_out: Collection[int] = (),
        validation: float = 0.0,
        patience: int | None = None,
        keep: Keep = "last",
        seed: int = 1,
        threads: int = 1,
        kernels: str = "auto",
    ) -> None:
        """images are all that `attribute` takes, decoded here and kept. labels: the class of each
        labelled image, 0 to len(known) - 1; None: unlabelled. known: the names of the known
        classes. start: a model whose network and weights, but for the prototypes, to start from;
        else `network` is made with random weights. weight_decay and ccr_weight: None is the
        recipe's own, 1e-4 and 1.0, or as published 1e-3 and 0.2. Without decay_epochs and
        decay_factor the learning rate falls along half a cosine to 0, or as published by a factor
        of 0.05 every 10 epochs; with either it falls by that factor. pseudo_epoch is of the paper
        recipe only: in the other, labels come from discovery.

        held_out: positions of labelled images that are not trained on but validated with after
        each epoch; or validation: the share of each class's labelled images to draw for that.
        patience: the training ends after so many epochs in a row without a higher validation
        accuracy. keep: the epoch, "last" or "best", that the model is of."""
        if len(images) != len(labels):
            raise error(Status.ARGUMENT, f"{len(images)} images, but {len(labels)} labels")
        shape = network or Network()
        checks.above_zero(
            prototypes=prototypes,
            epochs=epochs,
            batch_size=batch_size,
            width=shape.width,
            size=shape.size,
            learning_rate=learning_rate,
            decay_epochs=decay_epochs,
            decay_factor=decay_factor,
            gamma=gamma,
            patience=patience,
        )
        self._names = [checks.text("name", str(name)) for name in known]
        self._readers = 0  # calls under way that look at the images
        self._lock = threading.RLock()  # a signal's handler may close what it interrupted
        self._pixels = [image_inputs.load(image) for image in images]
        self._images = (s.Image * len(images))(*(each.image for each in self._pixels))
        self._labels = (ctypes.c_int32 * len(labels))(
            *(_label(number, label) for number, label in enumerate(labels))
        )
        source = structs.Source(
            count=len(images),
            label=ctypes.addressof(self._labels),
            images=ctypes.addressof(self._images),
        )
        flags = _flags(held_out, len(images))
        if flags is not None:
            source.held_out = ctypes.addressof(flags)
        options = structs.TrainingOptions(
            recipe=checks.one_of("recipe", recipe, s.RECIPES),
            known=len(self._names),
            prototypes=prototypes or 0,
            prune=int(unknown_k),
            epochs=epochs,
            batch_size=batch_size,
            pseudo_epoch=pseudo_epoch or -1,
            block=checks.one_of("block", shape.block, s.BLOCKS),
            depth=shape.depths,
            width=shape.width,
            input_size=shape.size,
            small_stem=int(shape.small_stem),
            without_ffe=int(not shape.ffe),
            threads=threads,
            kernels=checks.one_of("kernels", kernels, s.KERNELS),
            seed=seed,
            learning_rate=learning_rate,
            weight_decay=_or_default(weight_decay),
            decay_epochs=decay_epochs or 0,
            decay_factor=decay_factor or 0,
            dropout=dropout or -1.0,
            gamma=gamma,
            ccr_weight=_or_default(ccr_weight),
            validation=validation,
            patience=patience or 0,
            keep_best=checks.one_of("keep", keep, KEEPS),
        )
        native = library()
        pointer = ctypes.c_void_p()
        native.call(
            "cal_trainer_create",
            ctypes.byref(options),
            ctypes.byref(source),
            start._use() if start is not None else None,
            ctypes.byref(pointer),
        )
        assert pointer.value is not None
        super().__init__(native, pointer.value, "cal_trainer_free")

    def run(self, report: Callable[[Report], object] | None = None) -> None:
        """Trains to the end of the last epoch. `report` is called after every step and epoch, and
        may save the trainer; what it raises stops the training, which a further `run` goes on
        with."""
        guard = Guard()

        def call(_user: int | None, told: Any) -> int:
            return guard.run(lambda: report(_report(told.contents)) if report else None)

        callback = structs.TrainingCallback(call)
        with self._reading() as trainer:
            self._library.guarded(guard, "cal_trainer_run", trainer, callback, None)

    def cancel(self) -> None:
        """Stops a run after its step, from any thread; that run raises."""
        self._library.call("cal_trainer_cancel", self._use())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a checkpoint, atomically."""
        self._library.call("cal_trainer_save", self._use(), checks.path(path))

    def resume(self, path: str | os.PathLike[str]) -> None:
        """Goes on from a checkpoint of the same training, as if it had never stopped."""
        self._library.call("cal_trainer_resume", self._use(), checks.path(path))

    def model(self, training_data: str = "") -> Model:
        """The model as it is now or, with keep="best", as it was after the best epoch so far.
        training_data says what it was trained on."""
        names = (ctypes.c_char_p * len(self._names))(*self._names)
        pointer = ctypes.c_void_p()
        with self._reading() as trainer:
            self._library.call(
                "cal_trainer_model",
                trainer,
                names,
                checks.text("training_data", training_data) or None,
                ctypes.byref(pointer),
            )
        assert pointer.value is not None
        return Model(pointer.value)

    def close(self) -> None:
        """Ends the training. A `run` or `model` that is under way, on another thread or because
        this is called from its `report`, goes on to its end, and the images stay till then."""
        with self._lock:
            super().close()
            self._let_go()

    @contextmanager
    def _reading(self) -> Iterator[int]:
        """The pointer, for a call that looks at the images."""
        with self._lock:
            pointer = self._use()
            self._readers += 1
        try:
            yield pointer
        finally:
            with self._lock:
                self._readers -= 1
                self._let_go()

    def _let_go(self) -> None:
        """Of the images, once nothing can look at them any more."""
        if self.closed and not self._readers:
            for each in self._pixels:
                each.release()
            self._pixels = []


def _label(number: int, label: int | None) -> int:
    """C has a negative number for none; which classes there are it judges itself."""
    if label is None:
        return -1
    if label < 0:
        raise error(Status.ARGUMENT, f"label of image {number} is {label}, not 0 or more")
    return checks.integer(f"label of image {number}", label, ctypes.c_int32)


def _flags(held_out: Collection[int], count: int) -> ctypes.Array[ctypes.c_uint8] | None:
    """A byte for each image."""
    if not held_out:
        return None
    flags = (ctypes.c_uint8 * count)()
    for position in held_out:
        if not 0 <= position < count:
            raise error(Status.ARGUMENT, f"held_out has {position}, but there are {count} images")
        flags[position] = 1
    return flags


def _or_default(value: float | None) -> float:
    """C has 0 for the recipe's own value, and a negative number for none."""
    return 0.0 if value is None else value or -1.0


def _or_none(value: float) -> float | None:
    """C's way to say that there is none is a negative number."""
    return value if value >= 0 else None


def _report(told: structs.TrainingReport) -> Report:
    return Report(
        epoch=told.epoch,
        epochs=told.epochs,
        step=told.step,
        steps=told.steps,
        is_epoch_end=told.is_epoch_end != 0,
        prototypes=told.prototypes,
        supervised=told.supervised,
        regulariser=told.regulariser,
        ccr=told.ccr,
        acr=told.acr,
        total=told.total,
        acr_selected=told.acr_selected,
        novel_threshold=_or_none(told.novel_threshold),
        learning_rate=told.learning_rate,
        validation_accuracy=_or_none(told.validation_accuracy),
        validation_confidence=_or_none(told.validation_confidence),
        validation_images=told.validation_images,
        best_epoch=told.best_epoch if told.best_epoch >= 0 else None,
        is_finished=told.is_finished != 0,
    )
