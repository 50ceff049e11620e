"""Evaluates a model on a data set: attribution of every image, then the library's metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .._native import library
from .._progress import Progress
from ..data import DECODERS, DataError, Dataset, Sample, Unreadable
from ..errors import Status
from ..learning import Metrics, metrics
from ..model import Model
from ..results import Attribution
from ..session import BATCH, Session
from .columns import Columns, label_ids
from .evaluation import ClassResult, Evaluation
from .reliability import reliability

Part = Literal["test", "labelled", "unlabelled", "all"]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is kept of an attribution."""

    label: int
    """Of the data."""
    column: int
    confidence: float
    """Probability of that best prototype."""
    known: float
    """Probability of all known prototypes together."""


def evaluate(
    model: Model,
    dataset: Dataset,
    *,
    split: Part = "test",
    known_as: Mapping[str, str] | None = None,
    threads: int = 1,
    decoders: int = DECODERS,
    batch: int = BATCH,
    progress: Progress | None = None,
) -> Evaluation:
    """Attributes the images of a split ("all": of every split) and measures the answers.

    A class of the data is known if the model has a known prototype of that name; `known_as` gives
    the model's name for a class, "" for one that the model does not know. Unreadable images are
    listed and left out. `progress(done, total)` is called after each image.
    """
    columns = Columns.of(model.prototypes)
    ids = label_ids(dataset.classes, dataset.known, columns, known_as or {})
    unreadable: list[Unreadable] = []
    answers: list[_Answer] = []
    with model.session(threads) as session:
        for sample, result in _attributed(session, dataset, split, decoders, batch, progress):
            if result.ok:
                answers.append(_answer(sample, result, columns))
            else:
                reason = f"{result.error} ({Status.name_of(result.status)})"
                unreadable.append(Unreadable(sample.path, reason))
    if not answers:
        raise DataError(
            f"{dataset.root}: none of {len(unreadable)} images could be used; the first, "
            f"{unreadable[0].path!r}: {unreadable[0].reason}"
        )
    measured = metrics(
        [ids[answer.label] for answer in answers],
        [answer.column for answer in answers],
        known=columns.known,
        score=[answer.known for answer in answers],
        confusion=False,
    )
    confusion = _confusion(answers, len(dataset.classes), len(columns.prototypes))
    return Evaluation(
        dataset=dataset,
        split=split,
        model_sha256=model.sha256,
        bank_epoch=model.info.bank_epoch,
        library_version=str(library().c.cal_version().decode()),
        columns=columns,
        metrics=measured,
        classes=_classes(dataset.classes, ids, columns, measured, confusion),
        confusion=confusion,
        reliability=reliability(
            (answer.confidence, answer.column == ids[answer.label])
            for answer in answers
            if ids[answer.label] < columns.known
        ),
        unreadable=tuple(unreadable),
    )


def _attributed(
    session: Session,
    dataset: Dataset,
    split: Part,
    decoders: int,
    batch: int,
    progress: Progress | None,
) -> Iterator[tuple[Sample, Attribution]]:
    samples = dataset.of("labelled", "unlabelled", "test") if split == "all" else dataset.of(split)
    if not samples:
        raise DataError(f"{dataset.root}: no images to evaluate in the split {split!r}")
    results = session.stream(
        [dataset.file(sample) for sample in samples],
        batch=batch,
        decoders=decoders,
        top=None,
        pixel_digest=False,
    )
    for done, (sample, result) in enumerate(zip(samples, results, strict=True), 1):
        yield sample, result
        if progress is not None:
            progress(done, len(samples))


def _answer(sample: Sample, result: Attribution, columns: Columns) -> _Answer:
    best = result.ranked[0]
    known = sum(score.probability for score in result.ranked if score.kind == "known")
    return _Answer(sample.label, columns.place[best.id], best.probability, known)


def _confusion(answers: Sequence[_Answer], classes: int, columns: int) -> list[list[int]]:
    counts = Counter((answer.label, answer.column) for answer in answers)
    return [[counts[label, column] for column in range(columns)] for label in range(classes)]


def _classes(
    names: Sequence[str],
    ids: Sequence[int],
    columns: Columns,
    measured: Metrics,
    confusion: Sequence[Sequence[int]],
) -> tuple[ClassResult, ...]:
    """By name of the data: known classes against the prototype of their name, novel ones against
    the one that the strict matching gives them."""
    results = []
    for name, id, row in zip(names, ids, confusion, strict=True):
        match = measured.match[id] if id < len(measured.match) else -1
        wrong = [(count, -column) for column, count in enumerate(row) if column != match and count]
        most, other = max(wrong, default=(0, 0))
        results.append(
            ClassResult(
                name=name,
                kind="known" if id < columns.known else "novel",
                images=sum(row),
                hits=row[match] if match >= 0 else 0,
                column=match if match >= 0 else None,
                confused_with=-other if most else None,
                confused=most,
            )
        )
    return tuple(results)
