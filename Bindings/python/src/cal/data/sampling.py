"""Seeded choices among named things, the same on every machine.

A thing's place in the order is a hash of its name and the seed. So the choice depends on nothing
but names and seed, and one more file moves no other.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from .listing import Image
from .sample import Sample, canonical


def place(name: str, seed: int) -> bytes:
    """Sorting by this is a shuffle."""
    return hashlib.blake2b(f"{seed}/{canonical(name)}".encode(), digest_size=16).digest()


def draw(images: Iterable[Image], most: int | None, seed: int) -> list[Image]:
    """At most so many images of a class, its folders in equal shares as far as they reach."""
    by_source: defaultdict[str, list[Image]] = defaultdict(list)
    for image in images:
        by_source[image.source].append(image)
    sources = sorted(by_source)
    sizes = [len(by_source[source]) for source in sources]
    chosen: list[Image] = []
    for source, count in zip(sources, shares(most, sizes), strict=True):
        ordered = sorted(by_source[source], key=lambda image: place(image.path, seed))
        chosen += ordered[:count]
    return chosen


def shares(most: int | None, sizes: Sequence[int]) -> list[int]:
    """`most` things taken evenly from stores of these sizes; small ones give all they have."""
    rest = sum(sizes) if most is None else min(most, sum(sizes))
    taken = [0] * len(sizes)
    ascending = sorted(range(len(sizes)), key=lambda i: sizes[i])
    for done, i in enumerate(ascending):
        taken[i] = min(sizes[i], rest // (len(sizes) - done))
        rest -= taken[i]
    return taken


def rounded(share: float, count: int) -> int:
    """That share of so many things, halves up."""
    return min(count, int(share * count + 0.5))


def hold_out(groups: Mapping[str, Counter[int]], share: float, seed: int) -> set[str]:
    """Groups that together have that share of the images of each class, as nearly as may be.

    `groups` counts each group's images by class. In shuffled order each group is taken if that
    brings the classes nearer to their numbers, a class's distance counting in proportion to its
    size. If every group lies within one class, no class ends further off than half of its largest
    group; with groups of one image the numbers are exact.
    """
    sizes: Counter[int] = Counter()
    for counts in groups.values():
        sizes.update(counts)
    missing = {label: rounded(share, size) for label, size in sizes.items()}
    taken = set()
    for name in sorted(groups, key=lambda name: place(name, seed)):
        # Change of the sum of squared distances: (missing - n)^2 - missing^2, over the size.
        change = sum(
            n * (n - 2 * missing[label]) / sizes[label] for label, n in sorted(groups[name].items())
        )
        if change < 0:
            taken.add(name)
            for label, n in groups[name].items():
                missing[label] -= n
    return taken


def hold_out_samples(samples: Iterable[Sample], share: float, seed: int) -> set[Sample]:
    """That share of the samples of each class, groups as a whole, as `hold_out` says."""
    of_group: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        of_group[sample.group or sample.path].append(sample)
    groups = {name: Counter(sample.label for sample in group) for name, group in of_group.items()}
    return {sample for name in hold_out(groups, share, seed) for sample in of_group[name]}
