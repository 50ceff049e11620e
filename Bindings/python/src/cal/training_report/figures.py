"""The figures of a training report, as SVG. The only module of it that needs matplotlib."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .history import Epoch, best

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..results import Prototype

BLUE, RED, GREEN, YELLOW = "#4477aa", "#cc4455", "#228833", "#b8860b"
ORANGE, GREY, PALE, BLACK = "#dd9955", "#6b6f73", "#9db7d2", "#1c2024"
SMALL, WIDE = (5.4, 2.7), (11.0, 3.2)
"""Inches; the page scales them."""
NAMED = 64
"""Bars that names fit under."""
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "cal",  # the same ids every time
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#b9b9b2",
    "axes.labelcolor": GREY,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#ecece8",
    "xtick.color": GREY,
    "ytick.color": GREY,
    "lines.linewidth": 1.6,
    "lines.markersize": 3.5,
    "legend.frameon": False,
}


def losses(epochs: Sequence[Epoch], wide: bool) -> str:
    figure, axes = _by_epoch(epochs, WIDE if wide else SMALL)
    for name, title, colour in (
        ("total", "total", BLACK),
        ("supervised", "supervised", BLUE),
        ("regulariser", "regulariser", GREEN),
        ("ccr", "CCR", YELLOW),
        ("acr", "ACR", RED),
    ):
        _line(axes, epochs, [getattr(each, name) for each in epochs], title, colour)
    return _svg(figure, axes)


def thresholds(epochs: Sequence[Epoch], gamma: float) -> str:
    figure, axes = _by_epoch(epochs)
    axes.axhline(gamma, color=BLUE, linestyle="--", label="γ, of known classes")
    values = [each.novel_threshold for each in epochs]
    _line(axes, epochs, values, "γₙ, of novel classes", RED)
    axes.set_ylim(bottom=0)
    return _svg(figure, axes)


def prototypes(epochs: Sequence[Epoch], known: int) -> str:
    figure, axes = _by_epoch(epochs)
    axes.axhline(known, color=GREY, linestyle="--", label="known classes")
    _line(axes, epochs, [each.prototypes for each in epochs], "prototypes in use, K", BLUE)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    return _svg(figure, axes)


def validation(epochs: Sequence[Epoch]) -> str:
    figure, axes = _by_epoch(epochs)
    _line(axes, epochs, [each.validation_accuracy for each in epochs], "accuracy", BLUE)
    _line(axes, epochs, [each.validation_confidence for each in epochs], "mean confidence", YELLOW)
    top = best(epochs)
    if top is not None and top.validation_accuracy is not None:
        axes.plot(
            [top.epoch + 1], [top.validation_accuracy], "o", color=RED, markersize=7, label="best"
        )
    axes.set_ylim(-0.03, 1.03)
    return _svg(figure, axes)


def learning_rate(epochs: Sequence[Epoch]) -> str:
    figure, axes = _by_epoch(epochs)
    rates = [each.learning_rate for each in epochs]
    axes.step([each.epoch + 1 for each in epochs], rates, where="mid", color=BLUE)
    if min(rates) > 0:
        axes.set_yscale("log")
        # A constant rate would be shown in a range of some thousandths.
        axes.set_ylim(min(rates) / 2, 2 * max(rates))
    return _svg(figure, axes)


def pseudo_labels(epochs: Sequence[Epoch]) -> str:
    figure, axes = _by_epoch(epochs)
    labels = [each.acr_selected for each in epochs]
    _line(axes, epochs, labels, "", RED)
    axes.set_ylim(0, 1.05 * max(1, *labels))
    return _svg(figure, axes)


def seconds(epochs: Sequence[Epoch]) -> str:
    figure, axes = _by_epoch(epochs)
    axes.bar([each.epoch + 1 for each in epochs], [each.seconds for each in epochs], color=PALE)
    return _svg(figure, axes)


def usage(found: Sequence[Prototype]) -> str:
    """Known prototypes in their order, then the novel ones that are used, the most used first."""
    known = [each for each in found if each.kind == "known"]
    novel = [each for each in found if each.kind == "novel" and each.usage]
    bars = [*known, *sorted(novel, key=lambda each: (-each.usage, each.id))]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=WIDE, layout="constrained")
        axes = figure.add_subplot()
    axes.grid(visible=False, axis="x")
    axes.bar(
        range(len(known)), [each.usage for each in known], color=BLUE, label=f"{len(known)} known"
    )
    if novel:
        axes.bar(
            range(len(known), len(bars)),
            [each.usage for each in bars[len(known) :]],
            color=ORANGE,
            label=f"{len(novel)} novel",
        )
    named = len(bars) <= NAMED
    axes.set_xticks(
        range(len(bars)) if named else [],
        [each.name or str(each.id) for each in bars] if named else [],
        rotation=45 if len(bars) <= 24 else 90,
        ha="right" if len(bars) <= 24 else "center",
        rotation_mode="anchor" if len(bars) <= 24 else "default",
        parse_math=False,  # names are text, whatever characters they have
    )
    axes.margins(x=0.01)
    axes.set_ylabel("images")
    return _svg(figure, axes)


def _by_epoch(epochs: Sequence[Epoch], size: tuple[float, float] = SMALL) -> tuple[Figure, Axes]:
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
    axes.set_xlim(epochs[0].epoch + 0.5, epochs[-1].epoch + 1.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
    return figure, axes


def _line(
    axes: Axes, epochs: Iterable[Epoch], values: Iterable[float | None], title: str, colour: str
) -> None:
    """Of the epochs that have a value; a single one would be no line, so all are marked."""
    points = [
        (each.epoch + 1, value)
        for each, value in zip(epochs, values, strict=True)
        if value is not None
    ]
    marker = "o" if len(points) <= 40 else None
    axes.plot(
        [epoch for epoch, _ in points],
        [value for _, value in points],
        color=colour,
        marker=marker,
        label=title,
    )


def _svg(figure: Figure, axes: Axes) -> str:
    handles, labels = axes.get_legend_handles_labels()
    file = io.StringIO()
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a name in a script without a font
        if any(labels):
            figure.legend(handles, labels, loc="outside upper left", ncols=5, columnspacing=1.2)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()
