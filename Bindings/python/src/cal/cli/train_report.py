"""The page at the end of `cal train`."""

from __future__ import annotations

import argparse
import importlib.util
import sys

from ..data import Dataset
from ..model import Model
from ..training_report import Facts, History, write_report
from .records import printable
from .train_images import Images


def report(
    chosen: argparse.Namespace, dataset: Dataset, images: Images, history: History, model: Model
) -> None:
    """Writes OUT/report.html if there is what it needs."""
    if any(importlib.util.find_spec(name) is None for name in ("jinja2", "matplotlib")):
        print(
            "cal: no report: it needs matplotlib and Jinja2 (pip install matplotlib Jinja2)",
            file=sys.stderr,
        )
        return
    if not history.epochs:
        print("cal: no report: history.csv has no epochs", file=sys.stderr)
        return
    labelled = sum(label is not None for label in images.labels)
    held_out = len(images.held_out)
    hidden = ("data", "out", "run", "resume", "known", "threads")
    facts = Facts(
        title=printable(f"{chosen.data.name or chosen.data}: training report"),
        epochs=chosen.epochs,
        gamma=chosen.gamma,
        known=[printable(name) for name in dataset.known_classes],
        images={
            "labelled": labelled - held_out,
            "unlabelled": len(images.labels) - labelled,
            "held out to validate": held_out,
            "left out as unreadable": images.left_out,
        },
        options={
            "--" + name.replace("_", "-"): printable(str(value))
            for name, value in vars(chosen).items()
            if name not in hidden and value is not None and value is not False
        },
    )
    path = chosen.out / "report.html"
    write_report(path, history.epochs, model, facts)
    print(f"wrote {printable(str(path))}")
