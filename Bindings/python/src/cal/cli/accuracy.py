"""`cal bench --accuracy`: what precisions do to answers, against fp32 of the same model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from ..errors import error
from ..model import Model
from ..results import Attribution


def reduced(model: Model) -> list[str]:
    """What a model can be computed in beside fp32."""
    return ["int8", "bf16"] if model.describe()["quantization"] else ["bf16"]


@dataclass
class _Change:
    """Of the answers in one precision."""

    precision: str
    agreeing: int = 0
    probability: float = 0.0
    logit: float = 0.0

    def add(self, before: Attribution, after: Attribution) -> None:
        scores = {score.id: score for score in after.ranked}
        self.agreeing += before.ranked[0].id == after.ranked[0].id
        for score in before.ranked:
            there = scores[score.id]
            self.probability = max(self.probability, abs(score.probability - there.probability))
            self.logit = max(self.logit, abs(score.logit - there.logit))


def compare(
    model: Model, images: Iterable[str], precisions: list[str], kernels: str, threads: int
) -> dict[str, Any]:
    """Top prototypes, probabilities and logits of all images, in fp32 and in these."""
    paths = list(images)
    with ExitStack() as stack:
        sessions = [
            stack.enter_context(model.session(threads, kernels, precision=precision))
            for precision in ["fp32", *precisions]
        ]
        changes = [_Change(session.precision) for session in sessions[1:]]
        streams = [session.stream(paths, top=None) for session in sessions]
        for before, *others in zip(*streams, strict=True):
            _check(before)
            for change, after in zip(changes, others, strict=True):
                _check(after)
                change.add(before, after)
        kernels = sessions[0].kernels
    return {
        "model": model.sha256,
        "kernels": kernels,
        "images": len(paths),
        "precisions": [
            {
                "precision": change.precision,
                "agreeing": change.agreeing,
                "top1_agreement": change.agreeing / len(paths),
                "largest_probability_change": change.probability,
                "largest_logit_change": change.logit,
            }
            for change in changes
        ],
    }


def _check(result: Attribution) -> None:
    if not result.ok:
        raise error(result.status, f"{result.source}: {result.error}")


def table(found: dict[str, Any]) -> Iterator[str]:
    images = found["images"]
    yield f"model      {found['model']}"
    yield f"kernels    {found['kernels']}"
    yield f"images     {images}"
    yield ""
    yield "Against fp32: images with the same top prototype, largest changes."
    yield f"precision  {'same top':>{2 * len(str(images)) + 14}}  probability      logit"
    for each in found["precisions"]:
        same = f"{each['agreeing']:>{len(str(images))}} of {images} ({each['top1_agreement']:7.2%})"
        changes = each["largest_probability_change"], each["largest_logit_change"]
        yield f"{each['precision']:9}  {same}  {changes[0]:11.6f}  {changes[1]:9.6f}"
