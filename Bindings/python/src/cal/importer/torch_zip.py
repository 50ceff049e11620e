"""Reads the tensors of a file written by torch.save (.ckpt, .pth, .pt), without PyTorch.

The file is a zip archive of uncompressed entries: <name>/data.pkl describes the objects,
<name>/data/<key> holds the numbers of each storage, <name>/byteorder their byte order.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .pickle_reader import MAX_BYTES, Global, Mapping, Opaque, read
from .tensor import ITEM_SIZES, ImportRefused, Tensor, check_shape, gather

MAX_ENTRIES = 100_000
_MAX_NUMBER = 1 << 40  # of any size, stride or offset

_STORAGES = {
    "torch.DoubleStorage": "F64",
    "torch.FloatStorage": "F32",
    "torch.HalfStorage": "F16",
    "torch.BFloat16Storage": "BF16",
    "torch.LongStorage": "I64",
    "torch.IntStorage": "I32",
    "torch.ShortStorage": "I16",
    "torch.CharStorage": "I8",
    "torch.ByteStorage": "U8",
    "torch.BoolStorage": "BOOL",
}

# The first bytes of torch.save before 1.6: a pickle of its magic number.
_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."


@dataclass(frozen=True)
class _Storage:
    dtype: str
    key: str
    count: int


@dataclass(frozen=True)
class _View:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def is_zip(head: bytes) -> bool:
    return head.startswith(b"PK\x03\x04")


def refuse_other(head: bytes, name: str) -> ImportRefused:
    if head.startswith(_LEGACY) or b"ustar" in head:
        return ImportRefused(
            f"{name} is in PyTorch's format from before version 1.6; write it again with a newer "
            "one: torch.save(torch.load(old, weights_only=True), new)"
        )
    return ImportRefused(f"{name} is neither a PyTorch zip file nor a safetensors file")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of the file's state_dict by name."""
    archive = _Archive(path)
    root = read(archive.entry("data.pkl", MAX_BYTES), _construct, _persistent)
    return {
        name: _tensor(name, value, archive) for name, value in _state_dict(root, path.name).items()
    }


def _construct(name: str, arguments: tuple[Any, ...]) -> Any:
    """What the calls in a checkpoint's pickle stand for."""
    if name == "collections.OrderedDict":
        mapping = Mapping()
        for pair in arguments[0] if arguments and isinstance(arguments[0], list) else []:
            if isinstance(pair, (list, tuple)) and len(pair) == 2:
                mapping.put(pair[0], pair[1])
        return mapping
    if name == "torch._utils._rebuild_tensor_v2":
        return _view(arguments)
    if name == "torch._utils._rebuild_parameter":
        return arguments[0]
    return None


def _persistent(identity: Any) -> _Storage:
    if not (isinstance(identity, tuple) and len(identity) == 5 and identity[0] == "storage"):
        raise ImportRefused("the pickle has a persistent id that is no tensor storage")
    _, kind, key, _, count = identity
    dtype = _STORAGES.get(kind.name) if isinstance(kind, Global) else None
    if dtype is None:
        named = kind.name if isinstance(kind, (Global, Opaque)) else type(kind).__name__
        raise ImportRefused(f"tensor storage of type {named!r} is not read")
    if type(key) is not str or not key.isalnum():
        raise ImportRefused("a tensor storage has no proper key")
    return _Storage(dtype, key, _number(count, "the size of a storage"))


def _view(arguments: tuple[Any, ...]) -> _View:
    storage, offset, shape, strides = arguments[:4]
    if not isinstance(storage, _Storage):
        raise ImportRefused("a tensor has something else in place of its storage")
    if not (isinstance(shape, tuple) and isinstance(strides, tuple)) or len(shape) != len(strides):
        raise ImportRefused("a tensor has a shape and strides that do not belong together")
    return _View(
        storage,
        _number(offset, "a tensor's offset"),
        tuple(_number(each, "a tensor's shape") for each in shape),
        tuple(_number(each, "a tensor's stride") for each in strides),
    )


def _number(value: Any, what: str) -> int:
    if type(value) is not int or not 0 <= value < _MAX_NUMBER:
        shown = value.bit_length() if type(value) is int else type(value).__name__
        detail = f"{shown} bits" if type(value) is int else str(shown)
        raise ImportRefused(f"{what} is not a number from 0 to 2^40 ({detail})")
    return value


def _state_dict(root: Any, name: str) -> dict[str, Any]:
    """Lightning keeps it under "state_dict", others under "model", plain weights at the top."""
    if isinstance(root, Mapping):
        for key in ("state_dict", "model_state_dict", "model"):
            inner = root.items.get(key)
            if isinstance(inner, Mapping):
                root = inner
                break
        return {str(key): value for key, value in root.items.items()}
    kind = root.name if isinstance(root, (Opaque, Global)) else type(root).__name__
    raise ImportRefused(f"{name} holds a {kind!r} in place of a dictionary of tensors")


def _tensor(name: str, value: Any, archive: _Archive) -> Tensor:
    if not isinstance(value, _View):
        kind = value.name if isinstance(value, (Opaque, Global)) else type(value).__name__
        raise ImportRefused(f"state_dict entry {name!r} is a {kind!r}, not a tensor")
    shape = check_shape(name, value.shape)
    storage = value.storage
    if math.prod(shape):
        last = value.offset + sum(
            (length - 1) * stride for length, stride in zip(shape, value.strides, strict=True)
        )
        if last >= storage.count:
            raise ImportRefused(
                f"tensor {name!r} reaches to element {last} of a storage of {storage.count}"
            )
    return Tensor(name, storage.dtype, shape, lambda: archive.elements(name, value))


class _Archive:
    """The zip file, checked before anything is read from it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with zipfile.ZipFile(path) as archive:
                entries = archive.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as problem:
            raise ImportRefused(f"{path.name}: damaged zip file: {problem}") from None
        self._entries = self._check(entries)
        roots = [name[: -len("data.pkl")] for name in self._entries if _is_description(name)]
        if len(roots) != 1:
            raise ImportRefused(
                f"{path.name}: {len(roots)} entries named data.pkl; a PyTorch file has one"
            )
        self._root = roots[0]
        if self._root + "constants.pkl" in self._entries:
            raise ImportRefused(f"{path.name} is a TorchScript program, not a checkpoint")
        order = self.entry("byteorder", 16) if self._root + "byteorder" in self._entries else b""
        if order not in (b"", b"little", b"big"):
            raise ImportRefused(f"{path.name}: unknown byte order {order!r}")
        self._big_endian = order == b"big"

    def _check(self, entries: list[zipfile.ZipInfo]) -> AnyMapping[str, zipfile.ZipInfo]:
        name = self._path.name
        if len(entries) > MAX_ENTRIES:
            raise ImportRefused(f"{name}: {len(entries)} entries; the limit is {MAX_ENTRIES}")
        table = {entry.filename: entry for entry in entries}
        if len(table) != len(entries):
            raise ImportRefused(f"{name}: two entries have the same name")
        for entry in entries:
            # PyTorch stores entries as they are, so a compressed one is no checkpoint and may be
            # a bomb; encrypted ones cannot be read.
            if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
                raise ImportRefused(f"{name}: entry {entry.filename!r} is compressed or encrypted")
        if sum(entry.file_size for entry in entries) > self._path.stat().st_size:
            raise ImportRefused(f"{name}: its entries overlap or reach beyond its end")
        return table

    def entry(self, name: str, limit: int) -> bytes:
        full = self._root + name
        entry = self._entries.get(full)
        if entry is None:
            raise ImportRefused(f"{self._path.name}: entry {full!r} is missing")
        if entry.file_size > limit:
            raise ImportRefused(
                f"{self._path.name}: entry {full!r} has {entry.file_size} bytes; the limit is "
                f"{limit}"
            )
        try:
            with zipfile.ZipFile(self._path) as archive:
                return archive.read(entry)
        except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as problem:
            raise ImportRefused(f"{self._path.name}: entry {full!r}: {problem}") from None

    def elements(self, name: str, view: _View) -> bytes:
        """The elements of a tensor, packed and little-endian."""
        item = ITEM_SIZES[view.storage.dtype]
        size = view.storage.count * item
        data = self.entry(f"data/{view.storage.key}", 1 << 32)
        if len(data) < size:
            raise ImportRefused(
                f"tensor {name!r}: its storage needs {size} bytes and has {len(data)}"
            )
        packed = gather(data[:size], item, view.offset, view.shape, view.strides)
        if self._big_endian and item > 1:
            swapped = bytearray(len(packed))
            for byte in range(item):
                swapped[byte::item] = packed[item - 1 - byte :: item]
            return bytes(swapped)
        return packed


def _is_description(name: str) -> bool:
    return name == "data.pkl" or (name.endswith("/data.pkl") and name.count("/") == 1)
