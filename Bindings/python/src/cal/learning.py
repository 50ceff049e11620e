"""CAL's objective, prototype pruning and metrics on their own, for training done elsewhere.

Formulas: docs/METHOD.md. Wherever numbers go in, sequences and numpy arrays are fine; numbers
come out as numpy arrays if the first argument was one, else as lists.
"""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass, field
from typing import Any, Literal

from . import _structs as s
from . import _structs_learning as structs
from ._arrays import FLOAT, INT32, UINT32, UINT64, Floats, Input, Integers, Matrix, Output
from ._checks import one_of
from ._native import library
from .errors import Status, error

Recipe = Literal["default", "paper"]


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure the network is of images that it predicts alike in both views. Add them up."""

    sum_known: float = 0.0
    """Sum of the top weak-view probabilities of those predicted as a known class."""
    sum_novel: float = 0.0
    count_known: int = 0
    count_novel: int = 0

    def __add__(self, other: Confidence) -> Confidence:
        return Confidence(
            self.sum_known + other.sum_known,
            self.sum_novel + other.sum_novel,
            self.count_known + other.count_known,
            self.count_novel + other.count_novel,
        )


@dataclass(frozen=True, slots=True)
class Objective:
    """The loss of one batch."""

    supervised: float
    """Mean cross entropy of both views of the labelled rows; 0 without any."""
    regulariser: float
    ccr: float
    """Confidence-aware consistency regularisation, before its weight."""
    acr: float
    """Asymmetric confidence reinforcement; 0 if no row was selected."""
    total: float
    acr_selected: int
    """Unlabelled rows whose prediction became a label."""
    confidence: Confidence
    """Of this batch; the sum over an epoch gives the next novel_threshold."""
    weak_gradient: Any = field(compare=False, repr=False)
    """d total / d weak, shaped like weak; None if gradients=False."""
    strong_gradient: Any = field(compare=False, repr=False)

    @property
    def terms(self) -> dict[str, float]:
        """The terms by name, without the total."""
        return {name: getattr(self, name) for name in ("supervised", "regulariser", "ccr", "acr")}


def objective(
    weak: Matrix,
    strong: Matrix,
    tag: Integers,
    target: Integers,
    *,
    known: int,
    epoch: int = 0,
    epochs: int = 50,
    novel_threshold: float | None = None,
    pseudo_epoch: int = 5,
    gamma: float = 0.9,
    teacher_temperature: float = 0.1,
    student_temperature: float = 1.0,
    ccr_weight: float = 0.2,
    recipe: Recipe = "paper",
    gradients: bool = True,
) -> Objective:
    """All loss terms for one batch of logits, and their gradients.

    weak and strong have one row of logits per image, of its weak and its strong view, the known
    classes first. tag is 1 for a labelled row, 2 for an unlabelled one and 3 for an unlabelled
    one whose target ACR takes for its label; target is the class of a labelled row, 0 to known - 1,
    or of one with tag 3, below the number of classes, and is not looked at elsewhere.
    novel_threshold None: where the recipe starts.
    """
    options = _options(recipe, gamma, novel_threshold)
    options.epoch = _epoch("epoch", epoch, 0)
    options.epochs = _epoch("epochs", epochs, 1)
    options.pseudo_epoch = _epoch("pseudo_epoch", pseudo_epoch, 0) or -1
    options.teacher_temperature = _positive("teacher_temperature", teacher_temperature)
    options.student_temperature = _positive("student_temperature", student_temperature)
    options.ccr_weight = _share("ccr_weight", ccr_weight)

    weaks, strongs = (
        Input(value, FLOAT, name, columns=True)
        for value, name in ((weak, "weak"), (strong, "strong"))
    )
    if strongs.shape != weaks.shape:
        raise error(Status.ARGUMENT, f"strong has shape {strongs.shape}, but weak {weaks.shape}")
    rows, classes = weaks.shape
    tags, targets = Input(tag, INT32, "tag"), Input(target, INT32, "target")
    tags.check_length(rows, "tag", "weak")
    targets.check_length(rows, "target", "weak")
    batch = structs.ObjectiveInput(
        rows=_count("rows", rows),
        classes=_count("classes", classes),
        known=_count("known", known),
        weak=weaks.address,
        strong=strongs.address,
        tag=tags.address,
        target=targets.address,
    )
    result = structs.ObjectiveResult()
    outputs = [Output(FLOAT, rows * classes) for _ in range(2)] if gradients else []
    if gradients:
        result.weak_gradient, result.strong_gradient = (each.address for each in outputs)
        result.gradient_capacity = rows * classes
    _call("cal_objective", batch, options, result)
    weak_gradient, strong_gradient = (
        [each.matrix(rows, classes, weak) for each in outputs] if gradients else (None, None)
    )
    return Objective(
        supervised=result.supervised,
        regulariser=result.regulariser,
        ccr=result.ccr,
        acr=result.acr,
        total=result.total,
        acr_selected=result.acr_selected,
        confidence=_confidence(result.confidence),
        weak_gradient=weak_gradient,
        strong_gradient=strong_gradient,
    )


def novel_threshold(
    confidence: Confidence,
    *,
    current: float | None = None,
    gamma: float = 0.9,
    floor: float | None = None,
    recipe: Recipe = "paper",
) -> float:
    """The novel_threshold for the next epoch, from the confidence of all batches of this one.

    current, the threshold of this epoch, stays if there were not predictions of both kinds.
    floor: the least that it becomes in the default recipe; None: a tenth of gamma.
    """
    options = _options(recipe, gamma, current)
    if floor is not None:
        options.threshold_floor = _share("floor", floor)
    sums = structs.Confidence(
        confidence.sum_known, confidence.sum_novel, confidence.count_known, confidence.count_novel
    )
    threshold = ctypes.c_double()
    _call("cal_novel_threshold", sums, options, threshold)
    return threshold.value


@dataclass(frozen=True, slots=True)
class Pruning:
    """What is left of a bank of prototypes."""

    prototypes: Any
    """The new bank: known rows as they were, then the novel rows that stay."""
    kept: Any
    """The old row of each new row. Move an optimiser's rows likewise: new[i] = old[kept[i]]."""
    merged_into: Any
    """For each old row the old row that took it over; its own number if it stays."""
    known: int

    @property
    def count(self) -> int:
        """Rows that are left: the estimated number of classes."""
        return len(self.kept)


def prune(
    prototypes: Matrix,
    usage: Integers,
    *,
    known: int,
    coverage: float = 0.9544,
    recipe: Recipe = "paper",
) -> Pruning:
    """Dynamic prototype pruning: drops novel rows in the tail of usage and merges each into the
    nearest one that stays.

    usage counts the images whose top class each row is; coverage is the share of the novel rows'
    usage that lies before the tail.
    """
    options = structs.PruneOptions(recipe=_recipe(recipe), coverage=_positive("coverage", coverage))
    bank = Input(prototypes, FLOAT, "prototypes", columns=True)
    counts = Input(usage, UINT64, "usage")
    rows, features = bank.shape
    counts.check_length(rows, "usage", "prototypes")
    merged = Output(FLOAT, rows * features)
    kept, merged_into = Output(UINT32, rows), Output(UINT32, rows)
    given = structs.PruneInput(
        rows=_count("rows", rows),
        features=_count("features", features),
        known=_count("known", known),
        prototypes=bank.address,
        usage=counts.address,
    )
    result = structs.PruneResult(
        prototypes=merged.address,
        prototype_capacity=merged.count,
        kept=kept.address,
        merged_into=merged_into.address,
        row_capacity=rows,
    )
    _call("cal_prune", given, options, result)
    return Pruning(
        prototypes=merged.matrix(result.kept_count, features, prototypes),
        kept=kept.vector(result.kept_count, prototypes),
        merged_into=merged_into.vector(rows, prototypes),
        known=known,
    )


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well predictions agree with labels; all 0 without samples."""

    acc: float
    nmi: float
    """Normalised mutual information, by the arithmetic mean of the entropies."""
    ari: float
    """Adjusted Rand index."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """An open-world evaluation."""

    all: Agreement
    """Published: ACC by the best one-to-one matching of ids to labels."""
    known: Agreement
    """Published: samples of known classes; ACC by plain equality."""
    novel: Agreement
    """Published: samples of novel classes; ACC by their own best matching, to known ids too: 1 is
    possible without a single discovery. Look at strict_novel_acc."""
    joint_known_acc: float
    """The matching of all.acc on known samples; of equally good ones that with the fewest novel
    hits."""
    joint_novel_acc: float
    strict_novel_acc: float
    """Novel samples by their best matching to novel ids only."""
    macro_acc: float
    """Mean recall over classes: known ones by equality, novel ones by the matching to novel ids
    with the best mean."""
    macro_known_acc: float
    macro_novel_acc: float
    auroc: float | None
    """Of score, known against novel samples; None without scores, known or novel samples."""
    oscr: float | None
    """Area under the open-set classification rate."""
    known_count: int
    novel_count: int
    label_ids: int
    """Different ids among the labels."""
    predicted_ids: int
    """Different ids among the predictions: the estimated K."""
    predicted_novel_ids: int
    frequent_ids: int
    """Predicted ids with at least minimum_share of all samples."""
    frequent_novel_ids: int
    match: Any = field(compare=False, repr=False)
    """match[label]: the id that it stands for. A known one itself; a novel one by the matching of
    strict_novel_acc, -1 if it has no hit there."""
    confusion: Any = field(compare=False, repr=False)
    """confusion[label][predicted]: counts, up to the largest id; None if confusion=False."""


def metrics(
    label: Integers,
    predicted: Integers,
    *,
    known: int,
    score: Floats | None = None,
    minimum_share: float = 0.005,
    confusion: bool = True,
) -> Metrics:
    """Published and strict measures of predicted ids against labels; ids below known are known
    classes. score: per sample, the higher, the surer of a known class."""
    labels, predictions = Input(label, INT32, "label"), Input(predicted, INT32, "predicted")
    count = len(labels)
    predictions.check_length(count, "predicted", "label")
    scores = None if score is None else Input(score, FLOAT, "score")
    if scores is not None:
        scores.check_length(count, "score", "label")
    classes = max(labels.largest() + 1, predictions.largest() + 1, known, 1)
    given = structs.MetricsInput(
        count=_count("count", count),
        classes=_count("classes", classes),
        known=_count("known", known),
        label=labels.address,
        predicted=predictions.address,
        score=None if scores is None else scores.address,
    )
    options = structs.MetricsOptions(minimum_share=_share("minimum_share", minimum_share))
    result = structs.MetricsResult()
    allowed = classes <= s.CLASSES_MAX  # else refused, before there are buffers for so many
    match = Output(INT32, classes if allowed else 0)
    result.match, result.match_capacity = match.address, match.count
    table = Output(UINT32, classes**2) if confusion and allowed else None
    if table is not None:
        result.confusion, result.confusion_capacity = table.address, table.count
    _call("cal_metrics", given, options, result)
    return Metrics(
        all=_agreement(result.all),
        known=_agreement(result.known),
        novel=_agreement(result.novel),
        auroc=None if math.isnan(result.auroc) else result.auroc,
        oscr=None if math.isnan(result.oscr) else result.oscr,
        match=match.vector(classes, label),
        confusion=None if table is None else table.matrix(classes, classes, label),
        **{name: getattr(result, name) for name in _PLAIN},
    )


# Fields of Metrics that are numbers of cal_metrics_result.
_PLAIN = (
    "joint_known_acc joint_novel_acc strict_novel_acc macro_acc macro_known_acc macro_novel_acc "
    "known_count novel_count label_ids predicted_ids predicted_novel_ids frequent_ids "
    "frequent_novel_ids"
).split()


def _agreement(found: structs.Agreement) -> Agreement:
    return Agreement(found.acc, found.nmi, found.ari)


def _confidence(sums: structs.Confidence) -> Confidence:
    return Confidence(sums.sum_known, sums.sum_novel, sums.count_known, sums.count_novel)


def _call(symbol: str, given: Any, options: Any, result: Any) -> None:
    library().call(symbol, ctypes.byref(given), ctypes.byref(options), ctypes.byref(result))


def _options(recipe: Recipe, gamma: float, novel: float | None) -> structs.ObjectiveOptions:
    options = structs.ObjectiveOptions(recipe=_recipe(recipe), gamma=_positive("gamma", gamma))
    if novel is not None:
        options.novel_threshold = _share("novel_threshold", novel)
    return options


# In C, 0 stands for the default and a negative number for none. Here 0 is 0.


def _recipe(name: str) -> int:
    return one_of("recipe", name, s.RECIPES)


def _positive(name: str, value: float) -> float:
    if not value > 0:
        raise error(Status.ARGUMENT, f"{name} {value!r} must be more than 0")
    return value


def _share(name: str, value: float) -> float:
    if not value >= 0:
        raise error(Status.ARGUMENT, f"{name} {value!r} must be 0 or more")
    return value if value > 0 else -1.0


def _epoch(name: str, value: int, least: int) -> int:
    if not least <= value <= 0x7FFFFFFF:
        raise error(Status.ARGUMENT, f"{name} {value!r} must be {least} or more")
    return value


def _count(name: str, value: int) -> int:
    """ctypes would cut off what does not fit."""
    if not 0 <= value <= 0xFFFFFFFF:
        raise error(Status.ARGUMENT, f"{name} is {value}")
    return value
