"""cal.metrics: golden numbers, scipy's matching, plain formulas, kinds of input, refusals."""

from __future__ import annotations

import json
from collections import Counter
from math import comb, log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

import cal

pytestmark = pytest.mark.usefixtures("native")


def test_golden_metrics(shared: Path) -> None:
    cases = json.loads((shared / "golden/metrics.json").read_text())["cases"]
    assert len(cases) == 6
    for case in cases:
        found = cal.metrics(case["label"], case["predicted"], known=case["known"])
        for part, name in ((found.all, "all"), (found.known, "known_"), (found.novel, "novel")):
            for measure, right in case[name].items():
                assert getattr(part, measure) == pytest.approx(right, abs=1e-12), (name, measure)


samples = st.integers(0, 10**6).map(np.random.default_rng)


def draw(chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    """Labels, predictions that follow them more or less, known."""
    classes, ids, count = chance.integers(1, 30, 3) * [1, 1, 20]
    label = chance.integers(0, classes, count)
    follow = chance.permutation(max(classes, ids))[label] % ids
    predicted = np.where(chance.random(count) < chance.random(), follow, label % ids)
    noise = chance.random(count) < 0.3
    predicted[noise] = chance.integers(0, ids, noise.sum())
    return label, predicted, int(chance.integers(0, classes + 1))


def table(label: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    size = max(label.max(initial=0), predicted.max(initial=0)) + 1
    counts = np.zeros((size, size), np.int64)
    np.add.at(counts, (label, predicted), 1)
    return counts


def most(weights: np.ndarray) -> float:
    if weights.size == 0:
        return 0
    return weights[linear_sum_assignment(weights, maximize=True)].sum()


@settings(max_examples=150)
@given(samples)
def test_accuracies_by_scipys_matching(chance: np.random.Generator) -> None:
    label, predicted, known = draw(chance)
    found = cal.metrics(label, predicted, known=known)
    counts = table(label, predicted)
    new = label >= known
    novel, strict = counts[known:], counts[known:, known:]
    assert found.all.acc == pytest.approx(most(counts) / len(label), abs=1e-15)
    assert found.novel.acc == pytest.approx(most(novel) / max(new.sum(), 1), abs=1e-15)
    assert found.strict_novel_acc == pytest.approx(most(strict) / max(new.sum(), 1), abs=1e-15)
    assert found.known.acc == pytest.approx(
        (label == predicted)[~new].sum() / max((~new).sum(), 1), abs=1e-15
    )
    assert np.array_equal(found.confusion, np.pad(counts, (0, len(found.confusion) - len(counts))))

    match = found.match[known:]
    discovered = np.flatnonzero(match >= 0)
    assert list(found.match[:known]) == list(range(known))
    assert len(set(match[discovered])) == len(discovered) and (match[discovered] >= known).all()
    hits = found.confusion[known + discovered, match[discovered]]
    assert (hits > 0).all() and hits.sum() == most(strict)

    sizes = counts.sum(1)
    recall = counts / np.maximum(sizes, 1)[:, None]
    here = sizes > 0
    known_sum = np.diag(recall)[:known].sum()
    novel_sum = most(recall[known:, known:])
    assert found.macro_known_acc == pytest.approx(known_sum / max(here[:known].sum(), 1))
    assert found.macro_novel_acc == pytest.approx(novel_sum / max(here[known:].sum(), 1))
    assert found.macro_acc == pytest.approx((known_sum + novel_sum) / here.sum())


@settings(max_examples=100)
@given(samples)
def test_the_joint_split(chance: np.random.Generator) -> None:
    """Of all best matchings the one with the most known hits, found by a second, finer weight."""
    label, predicted, known = draw(chance)
    found = cal.metrics(label, predicted, known=known)
    counts = table(label, predicted)
    weights = counts * (len(label) + 1)
    weights[:known] += counts[:known]
    rows, columns = linear_sum_assignment(weights, maximize=True)
    hits = counts[rows, columns]
    for acc, part in (
        (found.joint_known_acc, rows < known),
        (found.joint_novel_acc, rows >= known),
    ):
        size = sum(counts[rows[part]].sum(1))
        assert acc == pytest.approx(hits[part].sum() / max(size, 1), abs=1e-15)
    both = found.joint_known_acc * found.known_count + found.joint_novel_acc * found.novel_count
    assert both / len(label) == pytest.approx(found.all.acc)


def agreement(label: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """NMI and ARI by their definitions, from counts in dictionaries."""
    n = len(label)
    if n == 0:
        return 0.0, 0.0
    rows, columns = Counter(label.tolist()), Counter(predicted.tolist())
    cells = Counter(zip(label.tolist(), predicted.tolist(), strict=True))
    information = sum(c / n * log(c * n / (rows[i] * columns[j])) for (i, j), c in cells.items())
    entropies = [-sum(c / n * log(c / n) for c in x.values()) for x in (rows, columns)]
    nmi = 1.0 if len(rows) == len(columns) == 1 else 0.0
    if information > 1e-15:
        nmi = information / (sum(entropies) / 2)
    together = sum(comb(c, 2) for c in cells.values())
    first, second = (sum(comb(c, 2) for c in x.values()) for x in (rows, columns))
    expected = first * second / comb(n, 2) if n > 1 else 0.0
    most_possible = (first + second) / 2
    if most_possible == expected or together == first == second:
        return nmi, 1.0
    return nmi, (together - expected) / (most_possible - expected)


@settings(max_examples=150)
@given(samples)
def test_nmi_and_ari_by_definition(chance: np.random.Generator) -> None:
    label, predicted, known = draw(chance)
    found = cal.metrics(label, predicted, known=known)
    for part, rows in (
        (found.all, label >= 0),
        (found.known, label < known),
        (found.novel, label >= known),
    ):
        nmi, ari = agreement(label[rows], predicted[rows])
        assert part.nmi == pytest.approx(nmi, abs=1e-12)
        assert part.ari == pytest.approx(ari, abs=1e-12)


@settings(max_examples=100)
@given(samples)
def test_detection_counts_pairs(chance: np.random.Generator) -> None:
    label, predicted, known = draw(chance)
    score = np.round(chance.normal(0, 1, len(label)), 1)
    found = cal.metrics(label, predicted, known=known, score=score)
    old = label < known
    if old.all() or not old.any():
        assert found.auroc is None and found.oscr is None
        return
    points = np.sign(score[old][:, None] - score[~old][None]) / 2 + 0.5
    right = (label == predicted)[old][:, None]
    assert found.auroc == pytest.approx(points.mean())
    assert found.oscr == pytest.approx((points * right).mean())


def test_calling_everything_known_is_no_discovery() -> None:
    label = [0, 0, 1, 1, 2, 2, 3, 3]
    found = cal.metrics(label, [0, 0, 1, 1, 0, 0, 1, 1], known=2)
    assert (found.known.acc, found.novel.acc, found.all.acc) == (1, 1, 0.5)
    assert found.strict_novel_acc == found.joint_novel_acc == found.macro_novel_acc == 0


def test_ids_and_kinds_of_input() -> None:
    label, predicted = [0, 0, 0, 2, 2, 5], [0, 0, 1, 3, 4, 4]
    found = cal.metrics(label, predicted, known=2, minimum_share=0.3)
    assert (found.known_count, found.novel_count) == (3, 3)
    assert (found.label_ids, found.predicted_ids, found.predicted_novel_ids) == (3, 4, 2)
    assert (found.frequent_ids, found.frequent_novel_ids) == (2, 1)
    assert found.auroc is None and isinstance(found.confusion, list)
    assert found.confusion[2] == [0, 0, 0, 1, 1, 0]
    same = cal.metrics(np.array(label), np.array(predicted, np.uint8), known=2, minimum_share=0.3)
    assert same == found and isinstance(same.confusion, np.ndarray)
    all_ids = cal.metrics(label, predicted, known=2, minimum_share=0, confusion=False)
    assert all_ids.frequent_ids == 4 and all_ids.confusion is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"label": [0, -1]}, r"label\[1\] is -1, not 0 to 1"),
        ({"predicted": [0]}, "predicted has 1 entries, but label has 2"),
        ({"predicted": [0, 4096]}, "classes is 4097, not 1 to 4096"),
        ({"label": [], "predicted": []}, "count is 0"),
        ({"known": -1}, "known is -1"),
        ({"score": [0.5]}, "score has 1 entries, but label has 2"),
        ({"score": [0.5, float("nan")]}, r"score\[1\] is nan"),
        ({"minimum_share": -1}, "minimum_share -1 must be 0 or more"),
        ({"minimum_share": 2}, "minimum_share is 2.0, not"),
    ],
)
def test_bad_values_are_named(change: dict[str, object], sentence: str) -> None:
    good = {"label": [0, 1], "predicted": [1, 0], "known": 1}
    cal.metrics(**good)
    with pytest.raises(cal.CalArgumentError, match=sentence):
        cal.metrics(**good | change)
