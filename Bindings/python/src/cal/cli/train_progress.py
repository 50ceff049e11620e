"""What is seen of a training while it goes on."""

from __future__ import annotations

import sys
from pathlib import Path

from tqdm import tqdm

from ..training import Report, Trainer
from ..training_report import Epoch, History
from ..training_report.history import TERMS


def train(trainer: Trainer, checkpoint: Path, history: History) -> None:
    """A bar of the epoch's steps, a line for each epoch; a checkpoint after it, and on Ctrl-C."""
    bar = tqdm(
        unit=" steps",
        file=sys.stderr,
        disable=not sys.stderr.isatty(),
        leave=False,
        dynamic_ncols=True,
        # The bar takes what is left of a line; of a short one, the end is cut.
        bar_format="{desc} {n_fmt}/{total_fmt} |{bar}| {remaining} left{postfix}",
    )

    def show(report: Report) -> None:
        epoch = history.add(report)
        if epoch is None:
            bar.total = report.steps
            bar.set_description_str(f"epoch {report.epoch + 1}/{report.epochs}", refresh=False)
            bar.set_postfix_str(_state(report), refresh=False)
            bar.update(report.step - bar.n)
            return
        bar.reset()
        trainer.save(checkpoint)
        tqdm.write(_line(epoch, report.epochs), file=sys.stdout)
        sys.stdout.flush()

    with bar:
        try:
            trainer.run(show)
        except KeyboardInterrupt:
            trainer.save(checkpoint)
            raise


def _state(report: Report) -> str:
    """Of a step: short, as it stands behind the bar, the most wanted first."""
    threshold = "-" if report.novel_threshold is None else f"{report.novel_threshold:.2f}"
    terms = f"CE {report.supervised:.2f} R {report.regulariser:.2f} CCR {report.ccr:.2f}"
    if report.acr_selected:
        terms += f" ACR {report.acr:.2f}"
    return f"K {report.prototypes} γₙ {threshold} loss {report.total:.2f}: {terms}"


def _line(epoch: Epoch, epochs: int) -> str:
    terms = ", ".join(f"{name} {getattr(epoch, name):.3f}" for name in TERMS)
    validation = ""
    if epoch.validation_accuracy is not None:
        validation = (
            f"validation {100 * epoch.validation_accuracy:.1f} % "
            f"(confidence {_number(epoch.validation_confidence)}), "
        )
    return (
        f"epoch {epoch.epoch + 1} of {epochs}: {terms}, threshold "
        f"{_number(epoch.novel_threshold)}, K {epoch.prototypes}, {validation}{epoch.seconds:.1f} s"
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
