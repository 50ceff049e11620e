"""The images that `cal train` trains on and validates with."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

from ..data import Dataset, Sample
from ..data.sampling import hold_out_samples
from ..errors import Status, error
from .data_options import report_unreadable
from .progress_bar import progress_bar
from .train_options import seed


@dataclass
class Images:
    """Of the training, decoded."""

    pixels: list[Any]
    labels: list[int | None]
    held_out: list[int]
    left_out: int
    """That could not be read."""


def load_images(dataset: Dataset, chosen: argparse.Namespace) -> Images:
    """In order of their splits. What cannot be read is said, and left out."""
    samples = [*dataset.labelled, *dataset.unlabelled]
    pictures = dataset.pictures(samples)
    read, pixels = [], []
    with progress_bar(0, len(samples), what="reading") as show:
        for sample, image in pictures:
            read.append(sample)
            pixels.append(image)
            show(len(read), len(samples))
    for one in pictures.unreadable:
        report_unreadable(one)
    if len(read) < 2:
        raise error(Status.ARGUMENT, f"{len(read)} images to train on, which is too few")
    labels = [sample.label if sample.split == "labelled" else None for sample in read]
    held_out = _held_out(read, dataset, chosen)
    return Images(pixels, labels, held_out, len(pictures.unreadable))


def _held_out(read: list[Sample], dataset: Dataset, chosen: argparse.Namespace) -> list[int]:
    """Positions of the images to validate with. Groups are not torn apart: another picture of a
    face that was trained on would be no test."""
    labelled = [sample for sample in read if sample.split == "labelled"]
    chances = hold_out_samples(labelled, chosen.validation, seed(chosen))
    found = [i for i, sample in enumerate(read) if sample in chances]
    for label, name in enumerate(dataset.known_classes):
        of_class = [sample for sample in labelled if sample.label == label]
        if of_class and chances.issuperset(of_class):
            raise error(
                Status.ARGUMENT,
                f"validation is {chosen.validation}: of the {len(of_class)} labelled images of "
                f"{name!r} none would be left to train on",
            )
    if chosen.validation > 0 and not found:
        raise error(
            Status.ARGUMENT,
            f"validation is {chosen.validation}, which is none of the {len(labelled)} labelled "
            "images",
        )
    return found
