"""The figures of an evaluation, as PNG files. The only module that needs matplotlib."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from .evaluation import Evaluation
    from .reliability import Reliability

INCHES_PER_NAME = 0.22
MOST_INCHES = 60.0
"""Of a side; beyond it names would no longer fit anyway."""


def confusion(evaluation: Evaluation) -> bytes:
    """Shares of each class by prototype: known ones, those that novel classes were matched to,
    and the other novel ones that any image was put to."""
    columns = evaluation.columns
    matched = [each.column for each in evaluation.classes if each.kind == "novel"]
    order = [*range(columns.known)]
    order += [column for column in matched if column is not None]
    used = {i for row in evaluation.confusion for i, count in enumerate(row) if count}
    order += sorted(used - set(order))
    classes = sorted(
        zip(evaluation.classes, evaluation.confusion, strict=True), key=lambda one: one[0].kind
    )
    rows = [[row[column] / max(each.images, 1) for column in order] for each, row in classes]
    size = [min(2.5 + INCHES_PER_NAME * len(names), MOST_INCHES) for names in (order, rows)]
    figure = Figure(figsize=(size[0], size[1]), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(rows, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="none")
    figure.colorbar(image, label="share of the class")
    # Names are text, not formulas, whatever characters they have.
    titles = [columns.title(column) for column in order]
    axes.set_xticks(range(len(order)), titles, rotation=90, fontsize=7, parse_math=False)
    names = [each.name for each, _ in classes]
    axes.set_yticks(range(len(names)), names, fontsize=7, parse_math=False)
    known = sum(each.kind == "known" for each, _ in classes)
    axes.axvline(columns.known - 0.5, color="black", linewidth=0.6)
    axes.axhline(known - 0.5, color="black", linewidth=0.6)
    axes.set_xlabel("attributed to")
    axes.set_ylabel("class")
    return _png(figure)


def reliability(found: Reliability) -> bytes:
    """Accuracy by confidence, and how many images have that confidence."""
    figure = Figure(figsize=(4.5, 5.5), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    edges = [each.low for each in found.bins]
    width = 1 / len(found.bins)
    style = {"width": width, "align": "edge", "edgecolor": "white", "color": "#4477aa"}
    upper.bar(edges, [each.accuracy for each in found.bins], **style)
    upper.plot([0, 1], [0, 1], color="black", linewidth=0.8, linestyle="--")
    filled = [each for each in found.bins if each.count]
    means = [each.confidence for each in filled], [each.accuracy for each in filled]
    upper.plot(*means, color="#bb5566", marker="o", markersize=3, linewidth=0.8)
    upper.set_ylabel("accuracy")
    upper.set_title(f"Known classes: ECE {100 * found.ece:.1f} %", fontsize=10)
    lower.bar(edges, [each.count for each in found.bins], **style)
    lower.set_ylabel("images")
    lower.set_xlabel("confidence")
    lower.set_xlim(0, 1)
    return _png(figure)


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a name in a script without a font
        figure.savefig(file, format="png", dpi=120, metadata={"Software": None})
    return file.getvalue()
