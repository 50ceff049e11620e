"""cal.objective and cal.novel_threshold: golden numbers, derivatives, kinds of input, refusals."""

from __future__ import annotations

import json
from array import array
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cal

pytestmark = pytest.mark.usefixtures("native")

OPTIONS = (
    "known epoch epochs pseudo_epoch gamma novel_threshold teacher_temperature "
    "student_temperature ccr_weight"
).split()


@pytest.mark.parametrize("recipe", ["default", "paper"])
def test_golden_losses(shared: Path, recipe: str) -> None:
    cases = json.loads((shared / "golden/losses.json").read_text())["cases"]
    assert len(cases) == 8
    for case in cases:
        weak = np.array(case["weak"], np.float32).reshape(case["batch"], -1)
        strong = np.array(case["strong"], np.float32).reshape(weak.shape)
        options = {name: case[name] for name in OPTIONS}
        found = cal.objective(weak, strong, case["tag"], case["target"], recipe=recipe, **options)
        terms, pairs = ["supervised", "regulariser"], []
        if recipe == "paper":
            terms += ["ccr", "acr", "total"]
            pairs = [
                (found.weak_gradient, case["grad_weak"]),
                (found.strong_gradient, case["grad_strong"]),
            ]
        for name in terms:
            assert getattr(found, name) == pytest.approx(case[name], abs=2e-6), name
        assert found.acr_selected == case["acr_selected"]
        for gradient, right in pairs:
            assert gradient.shape == weak.shape
            scale = np.abs(right).max()
            assert np.abs(gradient.ravel() - right).max() < 1e-5 * scale
        sums = case["confidence"]
        assert found.confidence.count_known == sums["count_known"]
        assert found.confidence.count_novel == sums["count_novel"]
        assert found.confidence.sum_known == pytest.approx(sums["sum_known"], abs=2e-6)
        following = cal.novel_threshold(
            found.confidence, current=case["novel_threshold"], recipe=recipe
        )
        right = sums["next_novel_threshold"]
        if recipe == "default":
            right = min(max(right, 0.09), 0.9)
        assert following == pytest.approx(right, abs=1e-6)


def batch(seed: int, rows: int, classes: int, known: int) -> tuple[np.ndarray, ...]:
    chance = np.random.default_rng(seed)
    # Multiples of 1/64, so that a step of 1/32 is exact in float32.
    weak, strong = np.round(chance.normal(0, 2, (2, rows, classes)) * 64) / 64
    tag = chance.integers(1, 3, rows) if known else np.full(rows, 2)
    target = np.where(tag == 1, chance.integers(0, max(known, 1), rows), -1)
    return weak, strong, tag, target


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(2, 6), st.data())
def test_gradients_are_the_derivatives(
    seed: int, rows: int, classes: int, data: st.DataObject
) -> None:
    """Central differences of fourth order; q, w and the selection count as constants."""
    known = data.draw(st.integers(0, classes))
    recipe = data.draw(st.sampled_from(["default", "paper"]))
    weak, strong, tag, target = batch(seed, rows, classes, known)

    def run(weak: np.ndarray, strong: np.ndarray) -> cal.Objective:
        return cal.objective(
            weak, strong, tag, target, known=known, epoch=7, epochs=10, gamma=0.5,
            novel_threshold=0.4, teacher_temperature=0.5, student_temperature=1.5,
            recipe=recipe,
        )  # fmt: skip

    here = run(weak, strong)
    step = 1 / 32
    for i in np.ndindex(weak.shape):
        move = np.zeros_like(weak)
        move[i] = step
        beside = [run(weak, strong + k * move).total for k in (-2, -1, 1, 2)]
        assert here.strong_gradient[i] == pytest.approx(slope(beside, step), abs=2e-5)
        beside = [run(weak + k * move, strong) for k in (-2, -1, 1, 2)]
        # A step that changes which rows are selected, or as what, crosses a jump.
        tops = {tuple((weak + k * move).argmax(1)) for k in (-2, 0, 2)}
        if len(tops) == 1 and {each.acr_selected for each in beside} == {here.acr_selected}:
            values = [each.supervised + each.regulariser + each.acr for each in beside]
            assert here.weak_gradient[i] == pytest.approx(slope(values, step), abs=2e-5)


def slope(values: list[float], step: float) -> float:
    far_left, left, right, far_right = values
    return (8 * (right - left) - (far_right - far_left)) / (12 * step)


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from(["default", "paper"]))
def test_logits_of_any_size(seed: int, recipe: str) -> None:
    chance = np.random.default_rng(seed)
    rows, classes = chance.integers(1, 6, 2)
    weak, strong = chance.choice([-1e4, -30.0, 0.0, 1.0, 1e4], (2, rows, classes))
    found = cal.objective(
        weak, strong, [2] * rows, [0] * rows, known=int(chance.integers(0, classes + 1)),
        epoch=20, gamma=0.2, novel_threshold=0.0, recipe=recipe,
    )  # fmt: skip
    assert np.isfinite([*found.terms.values(), found.total]).all()
    assert np.isfinite(found.weak_gradient).all() and np.isfinite(found.strong_gradient).all()
    assert np.abs(found.weak_gradient).max() <= 2
    # A softmax does not see a shift of all logits, so its gradient sums to 0.
    assert np.abs(found.weak_gradient.sum(1)).max() < 1e-5


def test_total_and_terms() -> None:
    weak, strong, tag, target = batch(1, 8, 5, 3)
    found = cal.objective(weak, strong, tag, target, known=3, epoch=6, gamma=0.3, ccr_weight=0.7)
    terms = found.terms
    assert list(terms) == ["supervised", "regulariser", "ccr", "acr"]
    expected = terms["supervised"] + terms["regulariser"] + terms["acr"] + 0.7 * terms["ccr"]
    assert found.total == pytest.approx(expected, rel=1e-15)
    without = cal.objective(weak, strong, tag, target, known=3, ccr_weight=0, epoch=6, gamma=0.3)
    assert without.total == pytest.approx(expected - 0.7 * terms["ccr"], rel=1e-12)
    assert without.ccr == found.ccr


def test_every_kind_of_numbers_gives_the_same() -> None:
    weak, strong, tag, target = batch(2, 6, 4, 2)
    options = {"known": 2, "epoch": 9, "gamma": 0.4}
    right = cal.objective(weak, strong, tag, target, **options)
    assert isinstance(right.weak_gradient, np.ndarray)
    assert right.weak_gradient.dtype == np.float32
    single, wide = weak.astype(np.float32), np.asfortranarray(weak)
    rows = [array("d", row) for row in weak]
    for other in (single, wide, weak[::1], single[::-1][::-1]):
        assert cal.objective(other, strong, tag, target, **options) == right
    view = memoryview(single)
    for other in (weak.tolist(), rows, tuple(map(tuple, weak)), view):
        found = cal.objective(other, strong, list(tag), array("q", target), **options)
        assert found == right
        assert isinstance(found.weak_gradient, list)
        assert np.array_equal(found.weak_gradient, right.weak_gradient)
        assert np.array_equal(found.strong_gradient, right.strong_gradient)
    bare = cal.objective(weak, strong, tag, target, gradients=False, **options)
    assert bare == right and bare.weak_gradient is None and bare.strong_gradient is None


def test_inputs_are_left_alone() -> None:
    weak, strong, tag, target = (each.copy() for each in batch(3, 6, 4, 2))
    weak, strong = weak.astype(np.float32), strong.astype(np.float32)
    copies = [each.copy() for each in (weak, strong)]
    for each in (weak, strong):
        each.flags.writeable = False
    cal.objective(weak, strong, tag, target, known=2)
    assert np.array_equal(weak, copies[0]) and np.array_equal(strong, copies[1])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"weak": [[0, 1], [float("nan"), 0]]}, r"weak\[1\]\[0\] is nan"),
        ({"weak": [[0, 1], [1e300, 0]]}, r"weak\[1\]\[0\] is inf"),
        ({"weak": np.array([[0, 1], [1e300, 0]])}, r"weak\[1\]\[0\] is inf"),
        ({"weak": [[0, 1], [0]]}, r"weak\[1\] has 1 numbers, but weak\[0\] has 2"),
        ({"weak": np.zeros(4)}, r"weak has shape \(4,\), not 2 dimensions"),
        ({"weak": []}, r"strong has shape \(2, 2\), but weak \(0, 0\)"),
        ({"weak": [], "strong": [], "tag": [], "target": []}, "rows is 0"),
        ({"strong": [[0, 1]]}, r"strong has shape \(1, 2\), but weak \(2, 2\)"),
        ({"tag": [1, 4]}, r"tag\[1\] is 4"),
        ({"tag": [1]}, "tag has 1 entries, but weak has 2"),
        ({"tag": [1, 2**40]}, "tag contains 1099511627776"),
        ({"tag": np.array([1, 2**40])}, "tag contains 1099511627776"),
        ({"target": [1, 0]}, r"target\[0\] is 1, but known is 1"),
        ({"target": [0, 0, 0]}, "target has 3 entries, but weak has 2"),
        ({"known": 3}, "known is 3, but there are 2 classes"),
        ({"known": -1}, "known is -1"),
        ({"epoch": 50}, "epoch is 50, but there are 50 epochs"),
        ({"epoch": -1}, "epoch -1 must be 0 or more"),
        ({"epochs": 0}, "epochs 0 must be 1 or more"),
        ({"epochs": 2**32 + 1}, "epochs 4294967297"),
        ({"gamma": 0}, "gamma 0 must be more than 0"),
        ({"gamma": 2}, "gamma is 2.0, not"),
        ({"novel_threshold": -0.1}, "novel_threshold -0.1 must be 0 or more"),
        ({"teacher_temperature": float("nan")}, "teacher_temperature nan must"),
        ({"student_temperature": 1e-9}, "student_temperature is 1e-09, not"),
        ({"ccr_weight": float("inf")}, "ccr_weight is inf, not"),
        ({"recipe": "ours"}, "recipe 'ours' must be one of default, paper"),
    ],
)
def test_bad_values_are_named(change: dict[str, object], sentence: str) -> None:
    good = {
        "weak": [[0, 1], [1, 0]], "strong": [[0, 1], [1, 0]], "tag": [1, 2], "target": [0, 0],
        "known": 1,
    }  # fmt: skip
    cal.objective(**good)
    with pytest.raises(cal.CalArgumentError, match=sentence):
        cal.objective(**good | change)


@pytest.mark.parametrize("wrong", ["ab", b"ab", 3, None, [[0, "x"], [1, 0]], np.array([["a"]])])
def test_what_is_no_numbers_is_a_type_error(wrong: object) -> None:
    with pytest.raises(TypeError, match="weak"):
        cal.objective(wrong, [[0, 1], [1, 0]], [1, 2], [0, 0], known=1)
    with pytest.raises(TypeError, match="tag"):
        cal.objective([[0, 1]], [[0, 1]], [1.0], [0], known=1)
    with pytest.raises(TypeError, match="tag"):
        cal.objective([[0, 1]], [[0, 1]], np.array([1.0]), [0], known=1)


def test_confidence_adds_up() -> None:
    weak, strong, tag, target = batch(5, 20, 6, 3)
    strong = weak
    whole = cal.objective(weak, strong, tag, target, known=3).confidence
    parts = [
        cal.objective(weak[rows], strong[rows], tag[rows], target[rows], known=3).confidence
        for rows in (slice(0, 7), slice(7, 20))
    ]
    total = sum(parts, cal.Confidence())
    assert total.count_known == whole.count_known and total.count_novel == whole.count_novel
    assert total.count_known + total.count_novel == 20
    assert total.sum_known == pytest.approx(whole.sum_known)


@given(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0.1, 1))
def test_novel_threshold(known: float, novel: float, gamma: float) -> None:
    confidence = cal.Confidence(7 * known, 5 * novel, 7, 5)
    published = gamma * min(max(novel / known, 0.1), 10)
    assert cal.novel_threshold(confidence, gamma=gamma) == pytest.approx(published)
    own = partial(cal.novel_threshold, gamma=gamma, recipe="default")
    ours = own(confidence)
    assert ours == pytest.approx(min(published, gamma))
    assert gamma / 10 <= ours <= gamma
    assert own(confidence, floor=gamma) == gamma
    assert cal.novel_threshold(cal.Confidence(), gamma=gamma, current=0.0) == 0
    assert own(cal.Confidence()) == gamma


def test_bad_thresholds_are_named() -> None:
    with pytest.raises(cal.CalArgumentError, match="sum_known is -1.0"):
        cal.novel_threshold(cal.Confidence(-1, 1, 1, 1))
    with pytest.raises(cal.CalArgumentError, match="threshold_floor is 0.95"):
        cal.novel_threshold(cal.Confidence(), floor=0.95, recipe="default")
