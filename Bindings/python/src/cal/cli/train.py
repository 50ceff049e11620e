"""`cal train`: a model out of a data set."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from tqdm import tqdm

from .. import data
from .._structs import RECIPES
from ..data import Dataset
from ..errors import Status, error
from ..model import Model
from ..training import Network, Report, Trainer
from .arguments import positive, processors
from .data_options import add_split_options, report_unreadable, split_options
from .exits import DONE, SOME_FAILED
from .history import History
from .records import printable

NETWORKS = {
    "resnet18": Network("basic", (2, 2, 2, 2)),
    "resnet34": Network("basic", (3, 4, 6, 3)),
    "resnet50": Network("bottleneck", (3, 4, 6, 3)),
}


def register(commands: Any) -> None:
    parser = commands.add_parser(
        "train",
        help="train a model on a data set",
        description="Trains on the labelled and unlabelled images of a data set, and writes to "
        "the folder OUT: model.cal, training.ckpt, split.csv and history.csv. DATA is a folder "
        "of images or a manifest; a folder without one is split as the options say.",
    )
    parser.add_argument("data", metavar="DATA", type=Path, help="folder or manifest")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to write to")
    parser.add_argument("--manifest", metavar="CSV", type=Path, help="of the folder DATA")
    add_split_options(parser)
    parser.add_argument(
        "--unknown-k",
        action="store_true",
        help="the number of novel methods is not known: start with many prototypes and prune",
    )
    parser.add_argument(
        "--prototypes",
        type=positive,
        metavar="N",
        help="to start with, known ones included (all classes of the data; 10 for each known "
        "one with --unknown-k)",
    )
    parser.add_argument("--recipe", choices=RECIPES, default="default", help="(default)")
    parser.add_argument("--init", metavar="MODEL", help="start from this model's network")
    parser.add_argument("--resume", action="store_true", help="go on with OUT/training.ckpt")
    parser.add_argument(
        "--network", choices=NETWORKS, default="resnet50", help="without --init (resnet50)"
    )
    parser.add_argument("--width", type=positive, default=64, help="of its first stage (64)")
    parser.add_argument("--size", type=positive, default=256, help="pixels of its input (256)")
    parser.add_argument(
        "--small-stem", action="store_true", help="for small images: no pooling behind a 3x3 stem"
    )
    parser.add_argument("--epochs", type=positive, default=50, help="(50)")
    parser.add_argument("--batch", type=positive, default=128, help="images a step (128)")
    parser.add_argument("--rate", type=float, default=2e-4, help="learning rate (2e-4)")
    parser.add_argument("--threads", type=positive, default=processors(), help="(all processors)")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    dataset = _open(chosen)
    chosen.out.mkdir(parents=True, exist_ok=True)
    images, labels, left_out = _load(dataset)
    trainer = _trainer(chosen, dataset, images, labels)
    del images
    with trainer:
        checkpoint = chosen.out / "training.ckpt"
        if chosen.resume:
            trainer.resume(checkpoint)
        dataset.write(chosen.out / data.MANIFEST)
        _train(trainer, checkpoint, History(chosen.out / "history.csv", chosen.resume))
        trainer.model(printable(str(chosen.data))).save(chosen.out / "model.cal")
    print(f"wrote {printable(str(chosen.out / 'model.cal'))}")
    if left_out:
        print(f"cal: {left_out} images were left out", file=sys.stderr)
        return SOME_FAILED
    return DONE


def _open(chosen: argparse.Namespace) -> Dataset:
    options = split_options(chosen)
    manifest = chosen.manifest
    if chosen.resume:  # it was split when it began
        return data.open(chosen.data, chosen.out / data.MANIFEST)
    own = chosen.data / data.MANIFEST if chosen.data.is_dir() else chosen.data
    if manifest is not None or own.is_file():
        options.pop("seed", None)  # then it is the training's alone
    return data.open(chosen.data, manifest, **options)


def _load(dataset: Dataset) -> tuple[list[Any], list[int | None], int]:
    """Decoded images and their labels; how many could not be read."""
    samples = [*dataset.labelled, *dataset.unlabelled]
    pictures = dataset.pictures(samples)
    images, labels = [], []
    quiet = not sys.stderr.isatty()
    for sample, pixels in tqdm(pictures, "reading", len(samples), disable=quiet, leave=False):
        images.append(pixels)
        labels.append(sample.label if sample.split == "labelled" else None)
    for one in pictures.unreadable:
        report_unreadable(one)
    if len(images) < 2:
        raise error(Status.ARGUMENT, f"{len(images)} images to train on, which is too few")
    return images, labels, len(pictures.unreadable)


def _trainer(
    chosen: argparse.Namespace, dataset: Dataset, images: list[Any], labels: list[int | None]
) -> Trainer:
    prototypes = chosen.prototypes
    if prototypes is None and not chosen.unknown_k:
        prototypes = len(dataset.classes)
    shape = NETWORKS[chosen.network]
    network = Network(shape.block, shape.depths, chosen.width, chosen.size, chosen.small_stem)
    start = Model.load(chosen.init) if chosen.init else None
    return Trainer(
        images,
        labels,
        dataset.known_classes,
        network=None if start else network,
        start=start,
        prototypes=prototypes,
        unknown_k=chosen.unknown_k,
        recipe=chosen.recipe,
        epochs=chosen.epochs,
        batch_size=chosen.batch,
        learning_rate=chosen.rate,
        seed=1 if chosen.seed is None else chosen.seed,
        threads=chosen.threads,
    )


def _train(trainer: Trainer, checkpoint: Path, history: History) -> None:
    """A bar of the epoch's steps, a line for each epoch; a checkpoint after it, and on Ctrl-C."""
    bar = tqdm(unit=" steps", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False)
    began = time.monotonic()

    def show(report: Report) -> None:
        nonlocal began
        if not report.is_epoch_end:
            history.add(report)
            bar.total = report.steps
            bar.set_description(f"epoch {report.epoch + 1} of {report.epochs}", refresh=False)
            bar.set_postfix_str(f"loss {report.total:.3f}, K {report.prototypes}", refresh=False)
            bar.update(report.step - bar.n)
            return
        bar.reset()
        trainer.save(checkpoint)
        tqdm.write(history.end(report, time.monotonic() - began), file=sys.stdout)
        sys.stdout.flush()
        began = time.monotonic()

    with bar:
        try:
            trainer.run(show)
        except KeyboardInterrupt:
            trainer.save(checkpoint)
            raise
