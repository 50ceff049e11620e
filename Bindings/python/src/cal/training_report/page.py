"""A training as one self-contained HTML page: figures, options, every epoch's numbers. No scripts,
nothing loaded from elsewhere. Needs matplotlib and Jinja2."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .._files import write_whole
from ..model import Model
from .history import Epoch, best

TEMPLATE = Path(__file__).parent / "page.html.jinja"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the numbers of the epochs do not tell."""

    title: str
    epochs: int
    """That were asked for."""
    gamma: float
    known: Sequence[str]
    images: Mapping[str, int]
    """How many are labelled, unlabelled, held out, ..."""
    options: Mapping[str, object]
    """Everything that was chosen, by the name it has where it was chosen."""


class Figure(NamedTuple):
    title: str
    note: str
    source: str
    """A data URI."""
    is_wide: bool = False


def write_report(
    path: str | os.PathLike[str], epochs: Sequence[Epoch], model: Model, facts: Facts
) -> None:
    """`model` is what came of the training, `epochs` at least one."""
    from .._page import render

    values = {
        "facts": facts,
        "epochs": epochs,
        "last": epochs[-1],
        "best": best(epochs),
        "info": model.info,
        "provenance": model.describe()["provenance"],
        "sha256": model.sha256,
        "figures": _figures(epochs, model, facts),
        "duration": _duration(sum(each.seconds for each in epochs)),
        "pace": _duration(sum(each.seconds for each in epochs) / len(epochs)),
    }
    page = render(TEMPLATE, values, {"optional": _optional})
    write_whole(Path(path), page.encode())


def _optional(value: float | None, form: str) -> str:
    return "–" if value is None else form % value


def _figures(epochs: Sequence[Epoch], model: Model, facts: Facts) -> list[Figure]:
    from .._page import svg_uri
    from . import figures as draw

    validated = any(each.validation_accuracy is not None for each in epochs)
    used = any(each.usage for each in model.prototypes)
    # Two stand side by side, and the first takes the place of two if their number is odd.
    made = [
        ("Loss", "Means over each epoch's steps.", draw.losses(epochs, wide=validated)),
        (
            "Thresholds",
            "ACR labels what is predicted with more confidence than this.",
            draw.thresholds(epochs, facts.gamma),
        ),
        (
            "Prototypes in use",
            "The estimated number of methods.",
            draw.prototypes(epochs, len(facts.known)),
        ),
        (
            "Validation",
            "Held-out images of known classes; it says nothing of novel ones.",
            draw.validation(epochs) if validated else "",
        ),
        (
            "Labels made by ACR",
            "Unlabelled images a step, on average.",
            draw.pseudo_labels(epochs),
        ),
        ("Learning rate", "At each epoch's end.", draw.learning_rate(epochs)),
        ("Seconds per epoch", "", draw.seconds(epochs)),
    ]
    shown = [Figure(title, note, svg_uri(svg)) for title, note, svg in made if svg]
    shown[0] = shown[0]._replace(is_wide=validated)
    if used:
        note = "Images whose largest logit it was, when the epoch of the model ended."
        unused = sum(each.kind == "novel" and not each.usage for each in model.prototypes)
        if unused:
            note += f" Not shown: {unused} novel ones without images."
        source = svg_uri(draw.usage(model.prototypes))
        shown.append(Figure("Usage of the prototypes", note, source, is_wide=True))
    return shown


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
