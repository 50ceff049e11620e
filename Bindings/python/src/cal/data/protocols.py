"""The published benchmarks: which classes are known, which take part, and how many images.

Folders follow the <index>_<type>_<method> convention; an index is a method.

- OWDFA-40 (CAL, arXiv 2512.12667): indices 0 to 40, all real images one class.
- OW-DFA (CPL, arXiv 2309.11132): indices 0 to 20, the methods that OWDFA-40 took over. Protocol 1
  has fakes only. In protocol 2 the two real sources are two classes: FF++ known, CelebDF novel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .classes import folder_name
from .sample import DataError

KNOWN_IMAGES, NOVEL_IMAGES = 2000, 1500
"""At most, per class, before some are held out."""


@dataclass(frozen=True, slots=True)
class Protocol:
    known: tuple[int | str, ...]
    """Indices, or names of folders that share one."""
    indices: range
    """Of all classes."""
    merge: bool
    """Whether folders with one index are one class."""
    real: Mapping[int | str, int]
    """Images of the real classes, which are larger."""

    @property
    def cap(self) -> dict[int | str, int]:
        return {"known": KNOWN_IMAGES, "novel": NOVEL_IMAGES, **self.real}

    def check(self, sources: Iterable[str]) -> list[str]:
        """Those of the folders that take part; all indices must be there."""
        taking_part = []
        missing = set(self.indices)
        for source in sources:
            name = folder_name(source)
            if name is None:
                raise DataError(
                    f"folder {source!r} is not named <index>_<type>_<method>, by which the "
                    "protocol knows its classes"
                )
            if name.index in self.indices:
                taking_part.append(source)
                missing.discard(name.index)
        if missing:
            lacking = ", ".join(map(str, sorted(missing)))
            raise DataError(f"the protocol needs folders with the indices {lacking} too")
        return taking_part


_SHARED = (1, 3, 6, 8, 11, 14, 21, 23, 25, 27, 29, 31)
_OWDFA = (1, 3, 6, 8, 11, 14, 17, 19)
_REAL: dict[int | str, int] = {0: 20000}


def _owdfa40(*known: int) -> Protocol:
    return Protocol((0, *known), range(41), merge=True, real=_REAL)


PROTOCOLS: dict[str, Protocol] = {
    "owdfa40-p1": _owdfa40(*_SHARED, 17, 19, 33, 35, 37, 39),
    # All of entire synthesis and diffusion is novel.
    "owdfa40-p2": _owdfa40(*_SHARED),
    "owdfa40-p3": _owdfa40(*_SHARED, 5, 7, 10, 13, 17, 18, 19, 20, 24, 26, 33, 35, 36, 37, 38, 39),
    "owdfa-p1": Protocol(_OWDFA, range(1, 21), merge=False, real={}),
    "owdfa-p2": Protocol(
        ("FF++", *_OWDFA), range(21), merge=False, real={"FF++": 20000, "CelebDF": 5000}
    ),
}
