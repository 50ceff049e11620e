"""Numbers in and out of libcal: sequences, buffers or numpy arrays, without needing numpy.

A packed numpy array of the right type is handed over where it lies; everything else is copied.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from .errors import Status, error

if TYPE_CHECKING:
    import numpy

    NumpyArray: TypeAlias = numpy.ndarray[Any, Any]

Matrix: TypeAlias = "NumpyArray | Sequence[Sequence[float]]"
Floats: TypeAlias = "NumpyArray | Sequence[float]"
Integers: TypeAlias = "NumpyArray | Sequence[int]"

# Type codes of the array module, which numpy shares.
FLOAT, INT32, UINT32, UINT64 = "f", "i", "I", "Q"


def is_numpy(value: object) -> bool:
    """Whether the caller thinks in numpy. If it was never imported, this is none of its arrays."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


class Input:
    """Numbers as a C function wants them; `address` is good for as long as this lives."""

    def __init__(self, value: object, code: str, name: str, *, columns: bool = False) -> None:
        dimensions = 2 if columns else 1
        if is_numpy(value):
            packed = _numpy_packed(value, code, dimensions, name)
            self.shape: tuple[int, ...] = packed.shape
            self.address = packed.ctypes.data
        else:
            self.shape, numbers = _flatten(_items(value, name), dimensions, name)
            packed = _packed(numbers, code, name)
            self.address = packed.buffer_info()[0]
        self.packed: Any = packed

    def __len__(self) -> int:
        return self.shape[0]

    def largest(self) -> int:
        """0 for nothing."""
        if not len(self):
            return 0
        return int(self.packed.max() if is_numpy(self.packed) else max(self.packed))

    def check_length(self, length: int, name: str, other: str) -> None:
        if len(self) != length:
            raise error(
                Status.ARGUMENT, f"{name} has {len(self)} entries, but {other} has {length}"
            )


class Output:
    """Memory for a C function to fill."""

    def __init__(self, code: str, count: int) -> None:
        self.numbers = array(code, bytes(4 * count))  # all output types have 4 bytes
        self.address = self.numbers.buffer_info()[0]
        self.count = count

    def vector(self, count: int, like: object) -> Any:
        """The first numbers: a numpy array if `like` is one, else a list."""
        if not is_numpy(like):
            return self.numbers[:count].tolist()
        numpy = sys.modules["numpy"]
        # Positions are numpy's own index type.
        kind = "f4" if self.numbers.typecode == FLOAT else "i8"
        return numpy.frombuffer(self.numbers, self.numbers.typecode, count).astype(kind)

    def matrix(self, rows: int, columns: int, like: object) -> Any:
        flat = self.vector(rows * columns, like)
        if is_numpy(like):
            return flat.reshape(rows, columns)
        return [flat[row * columns : (row + 1) * columns] for row in range(rows)]


def _numpy_packed(value: Any, code: str, dimensions: int, name: str) -> Any:
    numpy = sys.modules["numpy"]
    if value.ndim != dimensions:
        raise error(Status.ARGUMENT, f"{name} has shape {value.shape}, not {dimensions} dimensions")
    if value.dtype.kind not in ("fiu" if code == FLOAT else "iu"):
        raise TypeError(f"{name} has elements of type {value.dtype}")
    if code != FLOAT and value.size:
        range_ = numpy.iinfo(code)
        for worst in (value.min(), value.max()):
            if not range_.min <= worst <= range_.max:
                raise error(Status.ARGUMENT, f"{name} contains {worst}")
    with numpy.errstate(over="ignore"):  # an infinity is refused by libcal, with its place
        return numpy.ascontiguousarray(value, code)


def _items(value: object, name: str) -> Iterable[Any]:
    # Text can be iterated too, but is no numbers.
    if isinstance(value, (str, bytes, bytearray)) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be numbers, not {type(value).__name__}")
    items: list[Any] = value.tolist() if isinstance(value, memoryview) else list(value)
    return items


def _flatten(rows: Iterable[Any], dimensions: int, name: str) -> tuple[tuple[int, ...], list[Any]]:
    rows = list(rows)
    if dimensions == 1:
        return (len(rows),), rows
    flat: list[Any] = []
    width = 0
    for number, row in enumerate(rows):
        values = list(_items(row, f"{name}[{number}]"))
        if number == 0:
            width = len(values)
        if len(values) != width:
            raise error(
                Status.ARGUMENT,
                f"{name}[{number}] has {len(values)} numbers, but {name}[0] has {width}",
            )
        flat += values
    return (len(rows), width), flat


def _packed(numbers: list[Any], code: str, name: str) -> array[Any]:
    try:
        return array(code, numbers)
    except TypeError as problem:
        raise TypeError(f"{name}: {problem}") from problem
    except OverflowError as problem:
        raise error(
            Status.ARGUMENT, f"{name} contains {max(numbers, key=abs)}: {problem}"
        ) from problem
