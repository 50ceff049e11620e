"""Data sets made of another one: the same images, other classes to know and to find."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from cal.data import Dataset, Sample


def without(dataset: Dataset, labels: Sequence[int]) -> Dataset:
    """Without the images of some novel classes."""
    return _reordered(
        dataset,
        [label for label in range(len(dataset.classes)) if label not in labels],
        dataset.known,
        dataset.samples,
    )


def swapped(dataset: Dataset, seed: int = 1) -> Dataset:
    """Known and novel methods change places; class 0, what is real, stays known.

    The share of a known class's training images that is labelled stays what it was; which these
    are is drawn. So whatever was chosen by looking at the novel methods of `dataset` meets none of
    them among those of this one.
    """
    novel = range(dataset.known, len(dataset.classes))
    old = [sample for sample in dataset.labelled if sample.label > 0]
    training = sum(0 < s.label < dataset.known for s in dataset.unlabelled) + len(old)
    share = len(old) / training
    draw = random.Random(seed)
    labelled: set[str] = set()
    for label in novel:
        own = [sample.path for sample in dataset.unlabelled if sample.label == label]
        labelled.update(draw.sample(own, round(share * len(own))))
    samples = [_relabelled(sample, labelled) for sample in dataset.samples]
    order = [0, *novel, *range(1, dataset.known)]
    return _reordered(dataset, order, 1 + len(novel), samples)


def _relabelled(sample: Sample, labelled: set[str]) -> Sample:
    if sample.path in labelled:
        return replace(sample, split="labelled")
    if sample.label > 0 and sample.split == "labelled":
        return replace(sample, split="unlabelled")
    return sample


def _reordered(
    dataset: Dataset, order: Sequence[int], known: int, samples: Sequence[Sample]
) -> Dataset:
    """The classes `order`, with labels that have no gap."""
    labels = {old: new for new, old in enumerate(order)}
    kept = [replace(s, label=labels[s.label]) for s in samples if s.label in labels]
    return Dataset(dataset.root, tuple(dataset.classes[old] for old in order), known, tuple(kept))
