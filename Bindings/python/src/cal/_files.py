"""Files: image files in a folder tree, and files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# What Pillow reads by itself and cameras, phones and generators write.
SUFFIXES = frozenset(
    ".png .apng .jpg .jpeg .jpe .jfif .jp2 .j2k .webp .avif .bmp .dib .gif .tif .tiff .ppm .pgm "
    ".pbm .pnm .tga .ico .pcx .sgi .mpo".split()
)


def walk(path: str, every: bool = False) -> Iterator[str]:
    """Image files below a folder in a fixed order: sorted by name, each folder's files first.

    Only image suffixes count, unless `every`; links to folders are not followed.
    """

    def fail(problem: OSError) -> None:
        raise problem  # a folder that cannot be listed must not look like an empty one

    for folder, names, files in os.walk(path, onerror=fail):
        names.sort()
        for name in sorted(files):
            path = os.path.join(folder, name)
            # A pipe or device would be waited for; a dangling link is reported as unreadable.
            special = os.path.exists(path) and not os.path.isfile(path)
            if not special and (every or Path(name).suffix.lower() in SUFFIXES):
                yield path


def write_whole(path: Path, data: bytes) -> None:
    """To a new file beside path, synced, then renamed: path never holds half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
