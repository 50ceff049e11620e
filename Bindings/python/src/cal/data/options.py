"""How a data set is to be split."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from .protocols import PROTOCOLS
from .sample import DataError

Cap = int | Mapping[str, int] | Mapping[str | int, int]


class SplitOptions(TypedDict, total=False):
    """Keyword arguments of cal.data.split and cal.data.open."""

    known: Iterable[str | int] | None
    """Names, folders or, by the convention, indices of the known classes."""
    protocol: str | None
    """Instead of `known`: one of cal.data.PROTOCOLS, which also says which folders take part."""
    test: float
    """Share of each class that is held out; 0.2."""
    labelled: float
    """Share of the training images of each known class that are labelled; 0.75."""
    cap: Cap | None
    """At most so many images per class. A mapping has the keys "known", "novel" and classes."""
    group: str | None
    """A regular expression: what it captures in a path (or matches) is the image's group."""
    group_column: str | None
    """Of a CSV file: the column with the groups."""
    seed: int
    """Another seed, another choice; 0."""


@dataclass(frozen=True, slots=True)
class Settings:
    """SplitOptions with their defaults. Unknown names are a TypeError."""

    known: Iterable[str | int] | None = None
    protocol: str | None = None
    test: float = 0.2
    labelled: float = 0.75
    cap: Cap | None = None
    group: str | None = None
    group_column: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("test", "labelled"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise DataError(f"{name} {value!r} is not a share, 0 to 1")
        if (self.known is None) == (self.protocol is None):
            raise DataError("which classes are known? Give either their names or a protocol")
        if self.protocol is not None and self.protocol not in PROTOCOLS:
            raise DataError(f"protocol {self.protocol!r} is none of {', '.join(PROTOCOLS)}")
        if isinstance(self.known, str):
            raise DataError(f"known {self.known!r} is one text: give a list of names")
        for key, most in self.caps.items():
            if most < 1:
                raise DataError(f"cap {key}={most} is not a number above 0")

    @property
    def caps(self) -> dict[str | int, int]:
        """The protocol's and, before those, the caller's; a number counts for all classes."""
        if isinstance(self.cap, int):
            return {"known": self.cap, "novel": self.cap}
        caps = {} if self.protocol is None else PROTOCOLS[self.protocol].cap
        for key, most in (self.cap or {}).items():
            caps[key] = most
        return caps
