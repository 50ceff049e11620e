"""Which folders are one class, what it is called, and which classes are known.

If every folder is named <index>_<type>_<method>, the convention of OWDFA-40, folders with one
index are one class: 0_Real_CelebDF and 0_Real_FF++ are Real. Otherwise a folder's name is its
class.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .sample import DataError, canonical

_CONVENTION = re.compile(r"([0-9]{1,9})_([^_]+)_(.+)")


@dataclass(frozen=True, slots=True, order=True)
class Class:
    """In the order of labels: by index, then by name."""

    index: int
    """-1 without the convention."""
    name: str


@dataclass(frozen=True, slots=True)
class FolderName:
    """A folder's name, read by the convention."""

    index: int
    type: str
    method: str


def folder_name(source: str) -> FolderName | None:
    """None: it does not follow the convention."""
    found = _CONVENTION.fullmatch(canonical(source))
    return FolderName(int(found[1]), found[2], found[3]) if found else None


def classify(sources: Iterable[str], *, merge: bool = True) -> dict[str, Class]:
    """The class of each source. `merge` False: folders with one index are classes of their own."""
    names = {source: folder_name(source) for source in sorted(set(sources))}
    if any(name is None for name in names.values()):
        return {source: Class(-1, canonical(source)) for source in names}
    by_index: dict[int, list[FolderName]] = {}
    for name in names.values():
        assert name is not None
        by_index.setdefault(name.index, []).append(name)
    classes = {
        source: Class(name.index, _title(by_index[name.index]) if merge else name.method)
        for source, name in names.items()
        if name is not None
    }
    _check_unique(classes)
    return classes


def _title(folders: list[FolderName]) -> str:
    """Of one folder its method; of several, which differ in it, their type."""
    if len(folders) == 1:
        return folders[0].method
    first, *others = folders
    for other in others:
        if other.type != first.type:
            raise DataError(
                f"folders with the index {first.index} are one class, but one is of type "
                f"{first.type!r} and one of type {other.type!r}"
            )
    return first.type


def _check_unique(classes: Mapping[str, Class]) -> None:
    sources: dict[str, str] = {}
    for source, each in classes.items():
        other = sources.setdefault(each.name, source)
        if classes[other] != each:
            raise DataError(f"folders {other!r} and {source!r} are two classes of one name")


def find(item: str | int, classes: Mapping[str, Class]) -> set[Class]:
    """The class of that name, folder or, by the convention, index. `classes` is by folder."""
    text = canonical(str(item))
    named = {each for each in classes.values() if each.name == text}
    if not named:
        named = {each for source, each in classes.items() if canonical(source) == text}
    if not named and text.isascii() and text.isdigit():
        named = {each for each in classes.values() if each.index == int(text)}
    if not named:
        there = ", ".join(repr(each.name) for each in sorted(set(classes.values())))
        raise DataError(f"no class is called {text!r}; there are {there}")
    return named
