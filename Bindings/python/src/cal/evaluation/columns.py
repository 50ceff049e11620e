"""A model's prototypes as the ids of an evaluation, and the classes of the data among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..data import DataError
from ..results import Prototype


@dataclass(frozen=True)
class Columns:
    """The prototypes in use, known ones first: the columns of a confusion table."""

    prototypes: tuple[Prototype, ...]

    @classmethod
    def of(cls, prototypes: Sequence[Prototype]) -> Columns:
        kinds = ("known", "novel")
        return cls(tuple(each for kind in kinds for each in prototypes if each.kind == kind))

    @cached_property
    def known(self) -> int:
        """How many of them are known classes."""
        return sum(each.kind == "known" for each in self.prototypes)

    @cached_property
    def place(self) -> dict[int, int]:
        """Column by prototype id."""
        return {each.id: column for column, each in enumerate(self.prototypes)}

    def title(self, column: int) -> str:
        prototype = self.prototypes[column]
        if prototype.kind == "known":
            return prototype.name or f"class {prototype.id}"
        return f"novel {prototype.id}" + (f" {prototype.name}" if prototype.name else "")


def label_ids(
    classes: Sequence[str], labelled: int, columns: Columns, known_as: Mapping[str, str]
) -> list[int]:
    """For each class of the data the id it is evaluated as: the column of the known prototype of
    its name; for a class that the model does not know an id behind those.

    `known_as` says what a class is called by the model, "" if the model does not know it. The first
    `labelled` classes were there to be learned: the model must know them.
    """
    names: dict[str, int] = {}
    for column in range(columns.known):
        name = columns.title(column)
        if name in names:
            raise DataError(f"two known prototypes of the model are called {name!r}")
        names[name] = column
    for name, theirs in known_as.items():
        if name not in classes:
            raise DataError(f"map {name!r}: the data have no such class, but {_quoted(classes)}")
        if theirs and theirs not in names:
            raise DataError(f"map {name!r}: the model knows no {theirs!r}, but {_quoted(names)}")
    found = [names.get(known_as.get(name, name)) for name in classes]
    unknown = [
        name
        for name, column in zip(classes[:labelled], found, strict=False)
        if column is None and name not in known_as
    ]
    if unknown:
        raise DataError(
            f"the data have labelled images of {_quoted(unknown)}, which the model does not know "
            f"by name; it knows {_quoted(names) or 'nothing'}. Map each to the model's name for "
            "it, or to nothing"
        )
    behind = iter(range(columns.known, columns.known + len(classes)))
    return [next(behind) if column is None else column for column in found]


def _quoted(names: Sequence[str] | Mapping[str, int]) -> str:
    return ", ".join(repr(name) for name in names)
