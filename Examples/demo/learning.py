"""The demonstration's second part: a few epochs from random weights. The number of methods is not
told; held-out images show what is learned."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import mean

import cal
from cal.data import Dataset
from cal.training import Network, Report, Trainer

NETWORK = Network("basic", (1, 1, 1, 1), width=8, size=64, small_stem=True)


def learn(dataset: Dataset, epochs: int, threads: int) -> None:
    samples = [*dataset.labelled, *dataset.unlabelled]
    images = [pixels for _, pixels in dataset.pictures(samples)]
    labels = [sample.label if sample.split == "labelled" else None for sample in samples]
    print(
        f"\n== training from random weights on {len(dataset.labelled)} labelled and "
        f"{len(dataset.unlabelled)} unlabelled images, K unknown\n",
        flush=True,
    )
    with Trainer(
        images,
        labels,
        known=dataset.known_classes,
        network=NETWORK,
        unknown_k=True,
        epochs=epochs,
        batch_size=32,
        learning_rate=2e-3,
        threads=threads,
    ) as trainer:
        trainer.run(_narrator(trainer, dataset, threads))


def _narrator(trainer: Trainer, dataset: Dataset, threads: int) -> Callable[[Report], None]:
    """Prints a line at the end of each epoch."""
    losses: list[float] = []
    began = time.monotonic()

    def tell(report: Report) -> None:
        if not report.is_epoch_end:
            losses.append(report.total)
            return
        with trainer.model() as model:
            measured = cal.evaluate(model, dataset, threads=threads).metrics
        print(
            f"epoch {report.epoch + 1} of {report.epochs}: loss {mean(losses):.3f}, "
            f"held-out known ACC {100 * measured.known.acc:.1f}, "
            f"strict novel ACC {100 * measured.strict_novel_acc:.1f}, K {len(model.prototypes)}, "
            f"{time.monotonic() - began:.0f} s",
            flush=True,
        )
        losses.clear()

    return tell
