"""Does a probability of 0.9 mean right nine times in ten? Confidence against accuracy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BINS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """The images whose confidence is at least `low` and below `high`; in the last, up to 1."""

    low: float
    high: float
    count: int
    confidence: float
    """Mean probability of the best prototype; 0 without images."""
    accuracy: float
    """Share whose best prototype is the right one."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of the images of known classes."""

    bins: tuple[Bin, ...]
    ece: float
    """Expected calibration error (Guo et al. 2017): mean over the images of the distance between
    the confidence and the accuracy of their bin."""


def reliability(answers: Iterable[tuple[float, bool]]) -> Reliability | None:
    """From the confidence of each answer and whether it is right; None without answers."""
    counts, hits, sums = [0] * BINS, [0] * BINS, [0.0] * BINS
    for confidence, right in answers:
        place = min(int(confidence * BINS), BINS - 1)
        counts[place] += 1
        hits[place] += right
        sums[place] += confidence
    total = sum(counts)
    if not total:
        return None
    bins = tuple(
        Bin(i / BINS, (i + 1) / BINS, n, sums[i] / n if n else 0.0, hits[i] / n if n else 0.0)
        for i, n in enumerate(counts)
    )
    ece = sum(each.count * abs(each.confidence - each.accuracy) for each in bins) / total
    return Reliability(bins, ece)
