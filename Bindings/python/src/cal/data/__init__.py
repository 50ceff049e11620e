"""Data sets: folders of images, splits that are the same everywhere, and decoded pictures.

    dataset = cal.data.open("faces", known=["Real", "StyleGAN"], seed=1)
    dataset.write("results/split.csv")
    for sample, pixels in dataset.pictures(dataset.labelled):
        ...

See docs/PYTHON.md.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .dataset import Dataset
from .loader import DECODERS, Picture, Pictures, Unreadable
from .manifest import read_manifest
from .options import SplitOptions
from .protocols import PROTOCOLS, Protocol
from .sample import SPLITS, DataError, Sample, Split
from .splitting import split

if TYPE_CHECKING:
    from typing import Unpack

MANIFEST = "split.csv"
"""Where a folder is looked through for its own manifest."""


def open(
    path: str | os.PathLike[str],
    manifest: str | os.PathLike[str] | None = None,
    **options: Unpack[SplitOptions],
) -> Dataset:
    """The data set at `path`: a folder of images, or a CSV file whose paths start from its folder.

    How it is split is said by `manifest`; or by the options, as for `split`; or by the folder's
    own split.csv. Two of them at once are an error.
    """
    path = Path(path)
    own = path / MANIFEST if path.is_dir() else path
    if manifest is not None:
        if options:
            raise DataError(f"{manifest} says how {path} is split: {_names(options)} cannot")
        return read_manifest(Path(manifest), path)
    if not options:
        if path.is_dir() and not own.is_file():
            raise DataError(f"{path} has no {MANIFEST}: give a manifest, or split it first")
        return read_manifest(own, own.parent)
    if path.is_dir() and own.is_file():
        raise DataError(f"{own} says how {path} is split: {_names(options)} cannot")
    return split(path, **options)


def _names(options: Any) -> str:
    return ", ".join(options)


__all__ = [
    "DECODERS",
    "MANIFEST",
    "PROTOCOLS",
    "SPLITS",
    "DataError",
    "Dataset",
    "Picture",
    "Pictures",
    "Protocol",
    "Sample",
    "Split",
    "SplitOptions",
    "Unreadable",
    "open",
    "split",
]
