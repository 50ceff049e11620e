"""When a library counts as slower than another, from the ratios of pairs of runs.

Both runs of a pair come one after the other, so what the machine does to one it mostly does to the
other; what is left in a ratio may be large, and of any distribution. So the rule looks at ranks
only: whatever the distribution, the median of all ratios lies below the k-th least of n with
probability P(X < k), X binomial of n and 1/2. The interval takes the largest k for which that is at
most DOUBT, on either side. A library is slower if the whole interval lies beyond the limit.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from enum import StrEnum

from rounds import Spread

LIMIT = 1.05
DOUBT = 0.02
PAIRS = 7
"""At least: with 5 the interval could not even reach from the least to the largest."""


class Verdict(StrEnum):
    SLOWER = "slower"
    UNCLEAR = "may be slower"
    """More pairs would tell."""
    SAME = "no slower"
    FASTER = "faster"


def rank(pairs: int) -> int:
    """k: the interval's ends are the k-th least and the k-th largest ratio."""
    doubt, k = 0.0, 0
    while (doubt := doubt + math.comb(pairs, k) / 2**pairs) <= DOUBT:
        k += 1
    return k


def interval(ratios: Sequence[float]) -> Spread:
    """The median, and between what that of any number of pairs should lie."""
    if len(ratios) < PAIRS:
        raise ValueError(f"{len(ratios)} pairs; there must be {PAIRS} at least")
    k = rank(len(ratios))
    ordered = sorted(ratios)
    return Spread(statistics.median(ordered), ordered[k - 1], ordered[-k])


def verdict(found: Spread, limit: float = LIMIT) -> Verdict:
    """Of ratios of the library in question to the other one; a larger limit forgives more."""
    if found.least > limit:
        return Verdict.SLOWER
    if found.middle > limit:
        return Verdict.UNCLEAR
    return Verdict.FASTER if found.most < 1 / limit else Verdict.SAME
