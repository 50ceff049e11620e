"""Which images can be read at all: each is decoded once, as it will be when it is used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from .. import _pillow
from .._ahead import ahead
from .._progress import Progress
from ..errors import CalError
from .loader import AHEAD, Unreadable


def screen(
    root: Path, paths: Sequence[str], *, decoders: int, progress: Progress | None = None
) -> Iterator[Unreadable]:
    """Those of the paths that are no images, damaged, missing or of no use; in order.

    `progress(done, total)` is called after each image.
    """

    def check(path: str) -> Unreadable | None:
        try:
            _pillow.decode(root / path, exif=False)
        except CalError as problem:
            return Unreadable(path, problem.detail)
        return None

    # Nothing waits: what is kept of an image is whether it could be read.
    found = ahead(paths, check, lambda _: 0, most=AHEAD, threads=decoders)
    for done, one in enumerate(found, 1):
        if progress is not None:
            progress(done, len(paths))
        if one is not None:
            yield one
