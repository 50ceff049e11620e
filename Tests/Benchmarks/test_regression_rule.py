"""When a library counts as slower: on ratios that are given, nothing is timed."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from regression_rule import DOUBT, LIMIT, PAIRS, Verdict, interval, rank, verdict
from rounds import Spread

RATIOS = st.lists(st.floats(0.01, 100), min_size=PAIRS, max_size=40)


def said(*ratios: float) -> Verdict:
    return verdict(interval(ratios))


def test_the_same_library_is_no_slower() -> None:
    assert said(1.0, 1.01, 0.99, 1.02, 0.98, 1.0, 1.0, 1.03, 0.97) is Verdict.SAME


def test_what_is_clearly_slower() -> None:
    assert said(1.10, 1.12, 1.09, 1.11, 1.10, 1.08, 1.13, 1.10, 1.11) is Verdict.SLOWER


def test_a_run_that_was_disturbed_hides_nothing() -> None:
    slow = [1.10, 1.12, 1.09, 1.11, 1.10, 1.08, 1.13, 1.10]
    assert said(*slow, 0.4) is Verdict.SLOWER
    assert said(*slow[:-1], 0.4, 0.5) is Verdict.UNCLEAR


def test_disturbed_runs_make_nothing_slower() -> None:
    assert said(1.0, 1.01, 0.99, 1.02, 0.98, 3.0, 5.0, 2.0, 9.0) is Verdict.SAME


def test_slower_by_less_than_the_limit() -> None:
    assert said(*9 * [1.04]) is Verdict.SAME
    assert said(*9 * [LIMIT]) is Verdict.SAME
    assert verdict(interval(9 * [1.04]), 1.02) is Verdict.SLOWER


def test_what_is_faster() -> None:
    assert said(*9 * [0.9]) is Verdict.FASTER
    assert said(*9 * [0.96]) is Verdict.SAME


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match=f"{PAIRS - 1} pairs; there must be {PAIRS}"):
        interval((PAIRS - 1) * [2.0])


@pytest.mark.parametrize("pairs", range(PAIRS, 15))
def test_doubt_of_the_interval_by_counting(pairs: int) -> None:
    """Of all ways in which the ratios may lie on either side of the median, few enough have so many
    above it that the interval misses it; with one rank more they would be too many."""
    above = [sum(sides) for sides in product((0, 1), repeat=pairs)]

    def missed(k: int) -> float:
        return sum(pairs - count < k for count in above) / len(above)

    assert missed(rank(pairs)) <= DOUBT < missed(rank(pairs) + 1)


def test_equal_libraries_on_a_noisy_machine_are_hardly_ever_slower() -> None:
    rng = random.Random(1)
    found = [said(*(rng.lognormvariate(0, 0.2) for _ in range(9))) for _ in range(1000)]
    assert found.count(Verdict.SLOWER) < 1000 * DOUBT / 2


@given(RATIOS)
def test_the_interval_holds_the_median(ratios: list[float]) -> None:
    found = interval(ratios)
    assert min(ratios) <= found.least <= found.middle <= found.most <= max(ratios)
    assert interval(ratios[::-1]) == found


@given(RATIOS)
def test_slower_one_way_is_faster_the_other_way(ratios: list[float]) -> None:
    found = interval(ratios)
    back = Spread(1 / found.middle, 1 / found.most, 1 / found.least)
    assert (verdict(found) is Verdict.SLOWER) == (verdict(back, LIMIT) is Verdict.FASTER)
