"""Writes the zip format of torch.save without PyTorch: for tests of its reader.

The pickle is made by Python's own pickler, with stand-ins for the torch modules that a real
checkpoint names, so that instructions and memo use are those of a real file.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import sys
import types
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

STORAGES = {
    "<f8": "DoubleStorage",
    "<f4": "FloatStorage",
    "<f2": "HalfStorage",
    "<i8": "LongStorage",
    "bf16": "BFloat16Storage",
}


class Tensor:
    """A view of a storage: what torch.save writes of a tensor."""

    def __init__(
        self,
        data: np.ndarray,
        shape: tuple[int, ...] | None = None,
        strides: tuple[int, ...] | None = None,
        offset: int = 0,
        storage: str | None = None,
        count: int | None = None,
    ) -> None:
        self.data = data
        self.shape = data.shape if shape is None else shape
        if strides is None:
            strides = tuple(step // data.itemsize for step in data.strides)
        self.strides = strides
        self.offset = offset
        self.storage = storage or STORAGES[data.dtype.newbyteorder("<").str]
        self.count = data.size if count is None else count

    def raw(self) -> bytes:
        return self.data.tobytes()


class _Placeholder:
    def __init__(self, *_: Any) -> None: ...


@contextlib.contextmanager
def _torch_modules() -> Iterator[None]:
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    def _rebuild_tensor_v2(*_: Any) -> None: ...

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    for name in STORAGES.values():
        setattr(torch, name, type(name, (_Placeholder,), {"__module__": "torch"}))
    saved = {name: sys.modules.get(name) for name in ("torch", "torch._utils")}
    sys.modules.update({"torch": torch, "torch._utils": utils})
    try:
        yield
    finally:
        for name, module in saved.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=2)
        self.tensors: list[Tensor] = []

    def persistent_id(self, value: Any) -> Any:
        if isinstance(value, _Storage):
            kind = getattr(sys.modules["torch"], value.tensor.storage)
            return ("storage", kind, str(value.number), "cpu", value.tensor.count)
        return None

    def reducer_override(self, value: Any) -> Any:
        if not isinstance(value, Tensor):
            return NotImplemented
        self.tensors.append(value)
        storage = _Storage(value, len(self.tensors) - 1)
        arguments = (storage, value.offset, value.shape, value.strides, False, OrderedDict())
        return sys.modules["torch._utils"]._rebuild_tensor_v2, arguments


class _Storage:
    def __init__(self, tensor: Tensor, number: int) -> None:
        self.tensor = tensor
        self.number = number


def dumps(value: Any) -> tuple[bytes, list[bytes]]:
    """The pickle and the storages."""
    file = io.BytesIO()
    with _torch_modules():
        pickler = _Pickler(file)
        pickler.dump(value)
    return file.getvalue(), [tensor.raw() for tensor in pickler.tensors]


def save(path: Path, value: Any, byteorder: str = "little") -> Path:
    """torch.save(value, path); numpy arrays become tensors."""
    program, storages = dumps(_tensors(value))
    write(path, program, storages, byteorder)
    return path


def write(path: Path, program: bytes, storages: list[bytes] = [], byteorder: str = "little"):  # noqa: B006
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", program)
        archive.writestr("archive/byteorder", byteorder)
        for number, data in enumerate(storages):
            archive.writestr(f"archive/data/{number}", data)
        archive.writestr("archive/version", "3\n")
    return path


def _tensors(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return Tensor(value)
    if isinstance(value, dict):
        return type(value)((key, _tensors(item)) for key, item in value.items())
    return value
