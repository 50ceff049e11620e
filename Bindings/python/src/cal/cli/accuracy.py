"""`cal bench --accuracy`: what a precision does to answers, against fp32 of the same model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import error
from ..model import Model
from ..results import Attribution


def compare(
    model: Model, images: Iterable[str], precision: str, kernels: str, threads: int
) -> dict[str, Any]:
    """Top prototypes, probabilities and logits of all images, in both."""
    paths = list(images)
    agreeing = 0
    probability = logit = 0.0
    with (
        model.session(threads, kernels, precision="fp32") as exact,
        model.session(threads, kernels, precision=precision) as other,
    ):
        name = other.precision
        answers = zip(exact.stream(paths, top=None), other.stream(paths, top=None), strict=True)
        for before, after in answers:
            _check(before)
            _check(after)
            scores = {score.id: score for score in after.ranked}
            agreeing += before.ranked[0].id == after.ranked[0].id
            for score in before.ranked:
                there = scores[score.id]
                probability = max(probability, abs(score.probability - there.probability))
                logit = max(logit, abs(score.logit - there.logit))
        kernels = exact.kernels
    return {
        "model": model.sha256,
        "kernels": kernels,
        "precision": name,
        "images": len(paths),
        "agreeing": agreeing,
        "top1_agreement": agreeing / len(paths),
        "largest_probability_change": probability,
        "largest_logit_change": logit,
    }


def _check(result: Attribution) -> None:
    if not result.ok:
        raise error(result.status, f"{result.source}: {result.error}")


def table(found: dict[str, Any]) -> Iterator[str]:
    yield f"model                       {found['model']}"
    yield f"kernels                     {found['kernels']}"
    yield f"precision                   {found['precision']}, against fp32"
    yield f"images                      {found['images']}"
    yield (
        f"same top prototype          {found['agreeing']} of {found['images']} "
        f"({found['top1_agreement']:.2%})"
    )
    yield f"largest probability change  {found['largest_probability_change']:.6f}"
    yield f"largest logit change        {found['largest_logit_change']:.6f}"
