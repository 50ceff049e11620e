"""cal.prune: golden numbers, a plain reference on random banks, kinds of input, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cal

pytestmark = pytest.mark.usefixtures("native")


def test_golden_pruning(shared: Path) -> None:
    cases = json.loads((shared / "golden/dpp.json").read_text())["cases"]
    assert len(cases) == 7
    for case in cases:
        bank = np.array(case["prototypes"], np.float32).reshape(-1, case["dim"])
        found = cal.prune(
            bank, case["usage"], known=case["known"], coverage=case["coverage"], recipe="paper"
        )
        known = case["known"]
        assert found.kept.tolist() == [*range(known), *case["kept"]]
        assert found.count == known + case["keep"]
        merged = {
            str(row): int(anchor) for row, anchor in enumerate(found.merged_into) if row != anchor
        }
        assert merged == case["merged_into"]
        right = np.array(case["merged"]).reshape(-1, case["dim"])
        assert np.abs(found.prototypes - right).max() < 2e-7


def steepest_fall(falling: np.ndarray, first: int) -> int:
    """Of equal ones the last."""
    added = np.append(falling, 0) + 1
    falls = added[first - 1 : -1] / added[first:]
    return first + int(np.flatnonzero(falls == falls.max())[-1])


def reference(
    bank: np.ndarray, usage: np.ndarray, known: int, coverage: float, recipe: str
) -> tuple[np.ndarray, list[int], list[int]]:
    """docs/METHOD.md, "Pruning", step by step."""
    paper = recipe == "paper"
    bank = bank.astype(np.float64)
    ranked = sorted(range(known, len(bank)), key=lambda row: (-usage[row], row))
    falling = np.array([usage[row] for row in ranked], np.float64)
    keep = len(ranked)
    if falling.sum() > 0:
        first = int(np.argmax(falling.cumsum() / falling.sum() >= coverage))
        tail = falling[first:]
        step = np.abs(np.diff(tail)).mean() if len(tail) > 1 else 0.0
        keep = first
        for i in range(first, len(ranked)):
            drop = falling[i - 1] - falling[i] if i > first else 0.0
            if falling[i] < tail.mean() and drop < step:
                break
            keep = i + 1
        if not paper:
            keep = steepest_fall(falling, first + 1)
    anchors = ranked[:keep]
    units = bank / np.linalg.norm(bank, axis=1, keepdims=True)
    into = list(range(len(bank)))
    for row in ranked[keep:]:
        into[row] = anchors[int(np.argmax([units[a] @ units[row] for a in anchors]))]
    kept = [*range(known), *(anchors if paper else sorted(anchors))]
    new = []
    for row in kept:
        absorbed = [j for j in range(len(bank)) if into[j] == row != j]
        if not paper:
            absorbed = [j for j in absorbed if usage[j] > 0]
        vector = bank[row]
        if absorbed:
            weights = [1.0 if paper else float(usage[j]) for j in (row, *absorbed)]
            vector = np.average(bank[[row, *absorbed]], axis=0, weights=weights)
            vector /= np.linalg.norm(vector)
            vector *= 1.0 if paper else np.linalg.norm(bank[row])
        new.append(vector)
    return np.array(new), kept, into


@settings(max_examples=150)
@given(st.integers(0, 10**6), st.sampled_from(["default", "paper"]), st.floats(0.2, 1))
def test_agrees_with_the_plain_reference(seed: int, recipe: str, coverage: float) -> None:
    chance = np.random.default_rng(seed)
    rows = int(chance.integers(1, 60))
    known = int(chance.integers(0, rows + 1))
    bank = chance.normal(0, 1, (rows, int(chance.integers(2, 9)))).astype(np.float32)
    usage = np.floor(10 ** chance.uniform(-1, 3.5, rows)).astype(np.int64)
    found = cal.prune(bank, usage, known=known, coverage=coverage, recipe=recipe)
    new, kept, into = reference(bank, usage, known, coverage, recipe)
    assert found.kept.tolist() == kept
    assert found.merged_into.tolist() == into
    assert found.prototypes.shape == new.shape
    assert np.allclose(found.prototypes, new, rtol=0, atol=1e-6)


def test_optimiser_rows_follow() -> None:
    bank = np.array([[1, 0], [0, 1], [3, 3], [-1, 2]], np.float32)
    found = cal.prune(bank, [9, 0, 50, 0], known=1, recipe="default")
    moments = np.arange(4.0)
    assert moments[found.kept].tolist() == [0, 2]
    assert found.merged_into.tolist() == [0, 2, 2, 2]
    assert found.known == 1 and found.count == 2


def test_lists_give_lists() -> None:
    found = cal.prune([[1, 0], [0, 2], [0, 1]], [5, 7, 0], known=0, recipe="default")
    assert found.prototypes == [[1, 0], [0, 2]]
    assert found.kept == [0, 1] and found.merged_into == [0, 1, 1]


@pytest.mark.parametrize("recipe", ["default", "paper"])
def test_nothing_to_prune(recipe: str) -> None:
    for bank, usage, known in [
        ([[1, 2]], [0], 0),
        ([[1, 2]], [3], 1),
        ([[1, 2], [3, 4]], [5, 6], 2),
        ([[1, 2], [3, 4], [0, 0]], [9, 0, 0], 1),
    ]:
        found = cal.prune(bank, usage, known=known, recipe=recipe)
        assert found.prototypes == bank
        assert found.kept == found.merged_into == list(range(len(bank)))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"prototypes": [[1, 2], [3, float("inf")]]}, r"prototypes\[1\]\[1\] is inf"),
        ({"prototypes": [[], []]}, "features is 0, not 1 to 16384"),
        ({"prototypes": [], "usage": []}, "rows is 0, not 1 to 4096"),
        ({"usage": [1]}, "usage has 1 entries, but prototypes has 2"),
        ({"usage": [1, -2]}, "usage contains -2"),
        ({"usage": np.array([1, -2])}, "usage contains -2"),
        ({"known": 3}, "known is 3, but there are 2 rows"),
        ({"coverage": 0}, "coverage 0 must be more than 0"),
        ({"coverage": 1.5}, "coverage is 1.5, not"),
        ({"recipe": "mine"}, "recipe 'mine'"),
    ],
)
def test_bad_values_are_named(change: dict[str, object], sentence: str) -> None:
    good = {"prototypes": [[1, 2], [3, 4]], "usage": [1, 2], "known": 1}
    cal.prune(**good)
    with pytest.raises(cal.CalArgumentError, match=sentence):
        cal.prune(**good | change)
