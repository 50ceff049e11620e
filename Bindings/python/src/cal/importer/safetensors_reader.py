"""Reads a .safetensors file with the library of that name (numpy is not needed for it)."""

from __future__ import annotations

from pathlib import Path

from .tensor import ITEM_SIZES, ImportRefused, Tensor, check_shape

MAX_BYTES = 1 << 33


def is_safetensors(head: bytes) -> bool:
    """Eight bytes with the length of a JSON header, then the header."""
    return len(head) > 8 and int.from_bytes(head[:8], "little") < (1 << 30) and head[8:9] == b"{"


def read_tensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError, deserialize

    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ImportRefused(f"{path.name} has {size} bytes; the limit is {MAX_BYTES}")
    try:
        entries = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
    except SafetensorError as problem:
        raise ImportRefused(f"{path.name}: damaged safetensors file: {problem}") from None
    return {name: _tensor(name, entry) for name, entry in entries}


def _tensor(name: str, entry: dict[str, object]) -> Tensor:
    dtype, shape, data = entry["dtype"], entry["shape"], entry["data"]
    assert isinstance(dtype, str)
    assert isinstance(shape, list)
    if dtype not in ITEM_SIZES:
        raise ImportRefused(f"tensor {name!r} has type {dtype}, which is not read")
    return Tensor(name, dtype, check_shape(name, shape), lambda: bytes(data))  # type: ignore[call-overload]
