"""Model files from PyTorch checkpoints, without PyTorch and without running anything in them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from .._files import write_whole
from .._version import __version__
from . import safetensors_reader, torch_zip
from .architecture import Architecture, infer
from .layout import Sorted, sort
from .prototypes import Bank, read_bank, untrained_bank
from .tensor import ImportRefused, Tensor

MIN_SIZE, MAX_SIZE = 8, 2048


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import found out and wrote."""

    kind: str
    architecture: Architecture
    bank: Bank
    notes: tuple[str, ...]
    """Every choice that the checkpoint did not make, in sentences."""
    sha256: str
    """Of the model file."""
    source_sha256: str
    """Of the checkpoint."""
    size: int
    """Bytes of the model file."""


def import_checkpoint(
    checkpoint: Path | str,
    out: Path | str,
    *,
    size: int | None = None,
    known: int | None = None,
    classes: list[str] | None = None,
    prototypes: int | None = None,
    stem: str = "auto",
    training_data: str = "",
    licence: str = "",
    description: str = "",
    seed: int = 0,
) -> Imported:
    """Reads a .safetensors, .ckpt or .pth file and writes a model file.

    What is None is told by the checkpoint or has a default; `known` has none, so a checkpoint of
    training with a known number of classes needs `known` or `classes`.

    Raises ImportRefused, with a sentence that names what is wrong, or OSError. The same
    checkpoint and options give the same bytes.
    """
    from . import writer

    checkpoint, out = Path(checkpoint), Path(out)
    if size is not None and not MIN_SIZE <= size <= MAX_SIZE:
        raise ImportRefused(f"size {size} must be {MIN_SIZE} to {MAX_SIZE} pixels")
    if out.exists() and out.samefile(checkpoint):
        raise ImportRefused(f"{out} is the checkpoint itself")
    found = sort(read_tensors(checkpoint))
    architecture = infer({name: t.shape for name, t in found.network.items()}, stem, size)
    _check_amount(found, checkpoint)
    bank = _bank(found, architecture, known, classes, prototypes, seed)
    notes = (*_network_notes(architecture, stem, size), *bank.notes)
    source_sha256 = _sha256(checkpoint)
    provenance = writer.Provenance(
        creator=f"libcal import {__version__}",
        recipe=f"imported: {found.kind}; {'; '.join(notes)}",
        training_data=training_data,
        licence=licence,
        description=description,
        source_sha256=source_sha256,
    )
    data = writer.serialise(architecture, found.network, bank, provenance)
    write_whole(out, data)
    digest = hashlib.sha256(data).hexdigest()
    return Imported(found.kind, architecture, bank, notes, digest, source_sha256, len(data))


def read_tensors(checkpoint: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint; its kind is told by its first bytes, not by its name."""
    with open(checkpoint, "rb") as file:
        head = file.read(512)
    if torch_zip.is_zip(head):
        return torch_zip.read_tensors(checkpoint)
    if safetensors_reader.is_safetensors(head):
        return safetensors_reader.read_tensors(checkpoint)
    raise torch_zip.refuse_other(head, checkpoint.name)


def _check_amount(found: Sorted, checkpoint: Path) -> None:
    """A number takes two bytes at least; tensors that share storage could claim without end."""
    tensors = [*found.network.values(), *([found.prototypes] if found.prototypes else [])]
    count = sum(tensor.count for tensor in tensors)
    bytes_there = checkpoint.stat().st_size
    if 2 * count > bytes_there:
        raise ImportRefused(
            f"the tensors have {count} numbers, and the file has only {bytes_there} bytes: they "
            "share their storage"
        )


def _bank(
    found: Sorted,
    architecture: Architecture,
    known: int | None,
    classes: list[str] | None,
    prototypes: int | None,
    seed: int,
) -> Bank:
    width = architecture.feature_count
    if found.prototypes is not None:
        if found.prototypes.shape[1] != width:
            raise ImportRefused(
                f"tensor {found.prototypes.name!r} has {found.prototypes.shape[1]} columns; the "
                f"network gives {width} features"
            )
        return read_bank(found.prototypes, known, classes, prototypes)
    if known is None and classes is not None:
        known = len(classes)
    if known is None:
        raise ImportRefused(
            "these are the weights of a backbone, without prototypes to compare images with; to "
            "write them as a starting point for training, with untrained prototypes, give "
            "--known N, and --prototypes N if there shall be more"
        )
    return untrained_bank(width, known, classes, known if prototypes is None else prototypes, seed)


def _network_notes(architecture: Architecture, stem: str, size: int | None) -> list[str]:
    kernel = architecture.stem.kernel
    notes = []
    if stem == "auto":
        notes.append(f"stem: {architecture.stem}, the default for a {kernel}x{kernel} kernel")
    if size is None:
        notes.append(f"size: {architecture.size}, the default for a {kernel}x{kernel} stem")
    return notes


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


__all__ = ["ImportRefused", "Imported", "import_checkpoint", "read_tensors"]
