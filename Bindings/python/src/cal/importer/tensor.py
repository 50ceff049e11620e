"""A tensor of a checkpoint: described at once, its numbers read only when asked for."""

from __future__ import annotations

import array
import itertools
import math
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

ITEM_SIZES = {
    "F64": 8,
    "F32": 4,
    "F16": 2,
    "BF16": 2,
    "I64": 8,
    "I32": 4,
    "I16": 2,
    "I8": 1,
    "U8": 1,
    "BOOL": 1,
}
FLOATS = ("F64", "F32", "F16", "BF16")

# Far above any residual network (a ResNet-152 has 60 million numbers), and an early stop for
# shapes made up to exhaust memory.
MAX_COUNT = 1 << 29
MAX_DIMENSIONS = 8


class ImportRefused(ValueError):
    """A checkpoint that is not imported, with the sentence that says why."""


@dataclass(frozen=True, slots=True)
class Tensor:
    name: str
    dtype: str
    shape: tuple[int, ...]
    read: Callable[[], bytes]
    """The elements as little-endian bytes, row-major."""

    @property
    def count(self) -> int:
        return math.prod(self.shape)

    def f32(self) -> bytes:
        """The elements as little-endian float32; a number that is not finite is refused."""
        if self.dtype not in FLOATS:
            raise ImportRefused(
                f"tensor {self.name!r} has type {self.dtype}; weights must be one of "
                f"{', '.join(FLOATS)}"
            )
        data = to_f32(self.read(), self.dtype)
        if not math.isfinite(sum(floats(data))):
            raise ImportRefused(f"tensor {self.name!r} holds numbers that are not finite")
        return data


def floats(data: bytes) -> array.array[float]:
    """Little-endian float32 bytes as numbers."""
    values = array.array("f", data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def to_f32(data: bytes, dtype: str) -> bytes:
    """bf16 is the upper half of a float32; f16 and f64 go through the struct module."""
    if dtype == "F32":
        return data
    if dtype == "BF16":
        wide = bytearray(2 * len(data))
        wide[2::4] = data[0::2]
        wide[3::4] = data[1::2]
        return bytes(wide)
    code = "e" if dtype == "F16" else "d"
    count = len(data) // ITEM_SIZES[dtype]
    try:
        return struct.pack(f"<{count}f", *struct.unpack(f"<{count}{code}", data))
    except OverflowError:
        raise ImportRefused("a float64 weight is too large for float32") from None


def check_shape(name: str, shape: Sequence[int]) -> tuple[int, ...]:
    if len(shape) > MAX_DIMENSIONS or math.prod(shape) > MAX_COUNT:
        raise ImportRefused(
            f"tensor {name!r} has shape {list(shape)[:MAX_DIMENSIONS]}: over the limit of "
            f"{MAX_DIMENSIONS} dimensions or {MAX_COUNT} numbers"
        )
    return tuple(shape)


def gather(
    data: bytes, item: int, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> bytes:
    """The elements of a strided view as packed bytes. All counts are in elements.

    The caller has checked that the view lies within data. One slice is copied for each index
    of all dimensions but the largest, so a channels-last convolution costs few slices.
    """
    count = math.prod(shape)
    if count == 0:
        return b""
    packed = packed_strides(shape)
    if all(n == 1 or s == p for n, s, p in zip(shape, strides, packed, strict=True)):
        return data[offset * item : (offset + count) * item]
    source = memoryview(data).cast("B").cast(_CODES[item])  # type: ignore[call-overload]
    target = array.array(_CODES[item], bytes(count * item))
    longest = max(range(len(shape)), key=lambda axis: shape[axis])
    others = [axis for axis in range(len(shape)) if axis != longest]
    length, step, jump = shape[longest], strides[longest], packed[longest]
    for index in _indices([shape[axis] for axis in others]):
        begin = offset + sum(i * strides[a] for i, a in zip(index, others, strict=True))
        put = sum(i * packed[a] for i, a in zip(index, others, strict=True))
        if step == 0:
            row = array.array(_CODES[item], [source[begin]]) * length
        else:
            end = begin + (length - 1) * step + 1
            row = array.array(_CODES[item], source[begin:end:step].tobytes())
        target[put : put + (length - 1) * jump + 1 : jump] = row
    return target.tobytes()


_CODES = {8: "Q", 4: "I", 2: "H", 1: "B"}  # unsigned: bit patterns, whatever they mean


def packed_strides(shape: Sequence[int]) -> tuple[int, ...]:
    strides = []
    step = 1
    for length in reversed(shape):
        strides.append(step)
        step *= length
    return tuple(reversed(strides))


def _indices(lengths: list[int]) -> Iterator[tuple[int, ...]]:
    return itertools.product(*(range(length) for length in lengths))
