"""Ratios to the peers as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
from tables import Bar

matplotlib.use("Agg")
matplotlib.rcParams["svg.fonttype"] = "none"  # its words can be searched
matplotlib.rcParams["svg.hashsalt"] = "libcal"  # the same numbers, the same file

from matplotlib import pyplot  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator  # noqa: E402

GOAL = 1.3
CLOCKS = {"time": "tab:blue", "processor time": "lightsteelblue"}
TICKS = [0.25, 0.5, 0.7, 1, 1.3, 2, 3, 5, 10, 20, 50]
ROW = 0.3  # inches


def draw(parts: Mapping[str, Sequence[Bar]], path: Path) -> None:
    """One group of bars for each part; lines reach from the least to the largest round."""
    rows = {
        part: list(dict.fromkeys((b.label, b.peer) for b in bars)) for part, bars in parts.items()
    }
    heights = [len(names) + 1.5 for names in rows.values()]
    figure, groups = pyplot.subplots(
        len(parts),
        figsize=(9, ROW * sum(heights) + 1),
        height_ratios=heights,
        sharex=True,
        squeeze=False,
        layout="constrained",
    )
    for axes, (part, names) in zip(groups[:, 0], rows.items(), strict=True):
        group(axes, names, parts[part])
        axes.set_title(part, loc="left", fontsize="medium")
    groups[-1, 0].set_xlabel(
        "the peer's time over libcal's; lines: least to largest round; dashed: the goal"
    )
    handles = [pyplot.Rectangle((0, 0), 1, 1, color=colour) for colour in CLOCKS.values()]
    figure.legend(handles, CLOCKS, loc="outside upper right", ncols=2, frameon=False)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)


def group(axes: Axes, names: list[tuple[str, str]], bars: Sequence[Bar]) -> None:
    for bar in bars:
        clocks = [other.clock for other in bars if (other.label, other.peer) == bar[:2]]
        height = 0.8 / len(clocks)
        top = names.index((bar.label, bar.peer)) - 0.4 + height * clocks.index(bar.clock)
        middle, least, most = bar.ratio
        axes.barh(top, middle - 1, height, left=1, align="edge", color=CLOCKS[bar.clock])
        axes.plot([least, most], 2 * [top + height / 2], color="black", linewidth=0.8)
        axes.annotate(
            f"{middle:.2f}",
            (max(most, 1), top + height / 2),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=6,
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(TICKS))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks(range(len(names)), [f"{label}: {peer}" for label, peer in names], fontsize=7)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.axvline(1, color="black", linewidth=1)
    axes.axvline(GOAL, color="tab:green", linewidth=1, linestyle="--")
    axes.spines[["top", "right"]].set_visible(False)
