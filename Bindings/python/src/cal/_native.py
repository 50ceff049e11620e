"""The functions of cal.h with their types, and the one way to call those that can fail."""

from __future__ import annotations

import ctypes
import functools
import json
import threading
from ctypes import (
    POINTER,
    c_char_p,
    c_double,
    c_float,
    c_int32,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
)
from ctypes import c_void_p as handle
from typing import Any

from . import _structs as s
from . import _structs_learning as learning
from . import _structs_training as training
from . import _structs_updating as updating
from ._library import locate, open_library
from ._progress import Guard
from .errors import CalError, Status, error

_text = [handle, c_size_t, POINTER(c_size_t)]  # buffer, capacity, length: the snprintf rule

PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
    "cal_version": (c_char_p, []),
    "cal_version_number": (c_int32, []),
    "cal_abi_version": (c_int32, []),
    "cal_build_info": (c_int32, _text),
    "cal_check_version": (c_int32, [c_int32, c_int32]),
    "cal_status_name": (c_char_p, [c_int32]),
    "cal_last_error": (c_char_p, []),
    "cal_set_log": (None, [s.LogCallback, handle, c_int32]),
    "cal_model_load_file": (c_int32, [c_char_p, POINTER(s.LoadOptions), POINTER(handle)]),
    "cal_model_load_memory": (
        c_int32,
        [handle, c_size_t, POINTER(s.LoadOptions), POINTER(handle)],
    ),
    "cal_model_free": (None, [handle]),
    "cal_model_get_info": (c_int32, [handle, POINTER(s.ModelInfo)]),
    "cal_model_get_prototype": (c_int32, [handle, c_uint32, POINTER(s.Prototype)]),
    "cal_model_find_prototype": (c_int32, [handle, c_uint64, POINTER(s.Prototype)]),
    "cal_model_sha256": (c_int32, [handle, POINTER(c_uint8)]),
    "cal_model_describe": (c_int32, [handle, *_text]),
    "cal_model_save": (c_int32, [handle, c_char_p]),
    "cal_session_create": (c_int32, [handle, POINTER(s.SessionOptions), POINTER(handle)]),
    "cal_session_free": (None, [handle]),
    "cal_session_cancel": (c_int32, [handle]),
    "cal_session_attribute": (
        c_int32,
        [handle, POINTER(s.Image), POINTER(s.AttributeOptions), POINTER(s.Result)],
    ),
    "cal_session_attribute_batch": (
        c_int32,
        [handle, POINTER(s.Image), c_size_t, POINTER(s.AttributeOptions), POINTER(s.Result)],
    ),
    "cal_session_features": (c_int32, [handle, POINTER(s.Image), POINTER(c_float), c_size_t]),
    "cal_session_evidence": (
        c_int32,
        [handle, POINTER(s.Image), c_uint64, POINTER(c_float), c_size_t, POINTER(c_float)],
    ),
    "cal_session_report": (c_int32, [handle, POINTER(s.Result), c_char_p, *_text]),
    "cal_session_kernels": (c_char_p, [handle]),
    "cal_session_precision": (c_char_p, [handle]),
    "cal_model_quantize": (
        c_int32,
        [handle, POINTER(s.Image), c_size_t, POINTER(s.QuantizeOptions), POINTER(handle)],
    ),
    "cal_session_profile": (
        c_int32,
        [handle, POINTER(s.StageTime), c_size_t, POINTER(c_size_t)],
    ),
    "cal_objective": (
        c_int32,
        [
            POINTER(learning.ObjectiveInput),
            POINTER(learning.ObjectiveOptions),
            POINTER(learning.ObjectiveResult),
        ],
    ),
    "cal_novel_threshold": (
        c_int32,
        [POINTER(learning.Confidence), POINTER(learning.ObjectiveOptions), POINTER(c_double)],
    ),
    "cal_prune": (
        c_int32,
        [
            POINTER(learning.PruneInput),
            POINTER(learning.PruneOptions),
            POINTER(learning.PruneResult),
        ],
    ),
    "cal_metrics": (
        c_int32,
        [
            POINTER(learning.MetricsInput),
            POINTER(learning.MetricsOptions),
            POINTER(learning.MetricsResult),
        ],
    ),
    "cal_trainer_create": (
        c_int32,
        [POINTER(training.TrainingOptions), POINTER(training.Source), handle, POINTER(handle)],
    ),
    "cal_trainer_free": (None, [handle]),
    "cal_trainer_run": (c_int32, [handle, training.TrainingCallback, handle]),
    "cal_trainer_cancel": (c_int32, [handle]),
    "cal_trainer_save": (c_int32, [handle, c_char_p]),
    "cal_trainer_resume": (c_int32, [handle, c_char_p]),
    "cal_trainer_model": (c_int32, [handle, POINTER(c_char_p), c_char_p, POINTER(handle)]),
    "cal_updater_create": (
        c_int32,
        [handle, c_char_p, POINTER(updating.UpdaterOptions), POINTER(handle)],
    ),
    "cal_updater_open": (c_int32, [c_char_p, POINTER(updating.UpdaterOptions), POINTER(handle)]),
    "cal_updater_free": (None, [handle]),
    "cal_updater_observe": (
        c_int32,
        [
            handle,
            handle,
            POINTER(s.Image),
            c_size_t,
            POINTER(s.AttributeOptions),
            POINTER(s.Result),
        ],
    ),
    "cal_updater_observe_features": (c_int32, [handle, handle, c_char_p, c_size_t]),
    "cal_updater_sync": (c_int32, [handle]),
    "cal_updater_status": (c_int32, [handle, *_text]),
    "cal_updater_preview": (c_int32, [handle, POINTER(updating.CommitOptions)]),
    "cal_updater_commit": (c_int32, [handle, POINTER(updating.CommitOptions), POINTER(handle)]),
    "cal_updater_report": (c_int32, [handle, *_text]),
    "cal_updater_history": (c_int32, [handle, *_text]),
    "cal_updater_model": (c_int32, [handle, POINTER(handle)]),
    "cal_updater_rollback": (c_int32, [handle, c_uint64, POINTER(handle)]),
    "cal_updater_name": (c_int32, [handle, c_uint64, c_char_p]),
    "cal_updater_assign": (c_int32, [handle, c_uint64, c_uint64]),
    "cal_updater_label": (
        c_int32,
        [handle, c_char_p, handle, c_size_t, c_uint64, c_char_p],
    ),
    "cal_updater_merge": (c_int32, [handle, c_char_p]),
    "cal_updater_cancel": (c_int32, [handle]),
    "cal_model_calibrate": (c_int32, [handle, handle, handle, c_size_t, POINTER(handle)]),
}


class Library:
    """A loaded libcal whose version has been checked."""

    def __init__(self, name: str) -> None:
        self.path = name
        self.c = open_library(name)
        self._check_abi()
        for symbol, (result, arguments) in PROTOTYPES.items():
            function = self._symbol(symbol)
            function.restype = result
            function.argtypes = arguments
        self._check_release()

    def _symbol(self, symbol: str) -> Any:
        try:
            return getattr(self.c, symbol)
        except AttributeError:
            raise error(
                Status.VERSION, f"{self.path} is not a libcal of ABI {s.ABI_VERSION}: no {symbol}"
            ) from None

    def _check_abi(self) -> None:
        abi = self._symbol("cal_abi_version")()
        if abi != s.ABI_VERSION:
            raise error(
                Status.VERSION,
                f"{self.path} has ABI version {abi}, and this package needs {s.ABI_VERSION}",
            )

    def _check_release(self) -> None:
        if self.c.cal_check_version(s.ABI_VERSION, s.VERSION_NUMBER) != Status.OK:
            raise error(
                Status.VERSION,
                f"{self.path} has version number {self.c.cal_version_number()}, and this package "
                f"needs {s.VERSION_NUMBER} or later",
            )

    def call(self, symbol: str, *arguments: Any) -> None:
        """Calls a function that returns a status, and raises what it says."""
        status = getattr(self.c, symbol)(*arguments)
        if status != Status.OK:
            raise self._error(status)

    def guarded(self, guard: Guard, symbol: str, *arguments: Any) -> None:
        """`call` of a function that calls back into Python: what is raised there goes before."""
        problem = None
        with guard:
            status = getattr(self.c, symbol)(*arguments)
            if status != Status.OK:
                problem = self._error(status)
        if problem is not None:
            raise problem

    def guarded_model(self, guard: Guard, symbol: str, *arguments: Any) -> int:
        """`guarded` of a function whose last argument takes a new model: its handle. A model that
        was made although the Python function raised is given back."""
        pointer = handle()
        try:
            self.guarded(guard, symbol, *arguments, ctypes.byref(pointer))
        except BaseException:
            if pointer.value is not None:
                self.c.cal_model_free(pointer)
            raise
        assert pointer.value is not None
        return pointer.value

    def _error(self, status: int) -> CalError:
        """The sentence is the thread's last: ask before any other call, or a signal's handler."""
        return error(status, self.c.cal_last_error().decode("utf-8", "replace"))

    def text(self, symbol: str, *arguments: Any) -> str:
        """The text of a function that follows the snprintf rule."""
        length = c_size_t(0)
        capacity = 4096
        while True:
            buffer = ctypes.create_string_buffer(capacity)
            self.call(symbol, *arguments, buffer, capacity, ctypes.byref(length))
            if length.value < capacity:
                return buffer.raw[: length.value].decode("utf-8")
            capacity = length.value + 1

    def json(self, symbol: str, *arguments: Any) -> Any:
        return json.loads(self.text(symbol, *arguments))


_lock = threading.Lock()


@functools.cache
def _load_once() -> Library:
    return Library(locate())


def library() -> Library:
    """libcal, loaded at the first use so that `import cal` works where only imports are made."""
    with _lock:
        return _load_once()
