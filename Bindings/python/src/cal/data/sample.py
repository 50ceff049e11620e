"""What a data set is made of."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ..errors import CalError, Status

Split = Literal["labelled", "unlabelled", "test", "unreadable"]
SPLITS: tuple[Split, ...] = get_args(Split)


class DataError(CalError, ValueError):
    """A data set that cannot be used: a folder, a row or an option, named in `detail`."""

    def __init__(self, detail: str) -> None:
        super().__init__(Status.ARGUMENT, Status.name_of(Status.ARGUMENT), detail)

    def __str__(self) -> str:
        return self.detail

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.detail,)


@dataclass(frozen=True, slots=True)
class Sample:
    """One image of a data set."""

    path: str
    """Below the folder of the data set, its parts joined by /."""
    label: int
    """Position in Dataset.classes."""
    method: str
    """Dataset.classes[label]. Of novel classes it is there to evaluate with, not to learn from."""
    split: Split
    group: str = ""
    """Video, identity, ...: images that must not be torn apart. "": this one stands alone."""


def canonical(text: str) -> str:
    """One spelling per name: some file systems store accents apart from their letters."""
    return unicodedata.normalize("NFC", text)


def has_controls(text: str) -> bool:
    """Line breaks and the like, and bytes that are no UTF-8: no name for a row of a CSV file."""
    return any(unicodedata.category(character) in ("Cc", "Cs") for character in text)
