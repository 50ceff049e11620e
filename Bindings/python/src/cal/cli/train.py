"""`cal train`: a model out of a data set."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from .. import data
from ..data import Dataset
from ..model import Model
from ..training import Network, Trainer
from ..training_report import History
from .data_options import add_split_options, split_options
from .exits import DONE, SOME_FAILED
from .records import printable
from .train_images import Images, load_images
from .train_options import NETWORKS, SEED, add_training_options, seed
from .train_progress import train
from .train_report import report


def register(commands: Any) -> None:
    parser = commands.add_parser(
        "train",
        help="train a model on a data set",
        description="Trains on the labelled and unlabelled images of a data set, and writes to "
        "the folder OUT: model.cal, training.ckpt, split.csv, history.csv and report.html. DATA is "
        "a folder of images or a manifest; a folder without one is split as the options say.",
    )
    parser.add_argument("data", metavar="DATA", type=Path, help="folder or manifest")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to write to")
    parser.add_argument("--manifest", metavar="CSV", type=Path, help="of the folder DATA")
    add_split_options(parser, seed=SEED)
    add_training_options(parser)
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    dataset = _open(chosen)
    chosen.out.mkdir(parents=True, exist_ok=True)
    images = load_images(dataset, chosen)
    with _trainer(chosen, dataset, images) as trainer:
        images.pixels.clear()
        checkpoint = chosen.out / "training.ckpt"
        if chosen.resume:
            trainer.resume(checkpoint)
        dataset.write(chosen.out / data.MANIFEST)
        history = History(chosen.out / "history.csv", resume=chosen.resume)
        train(trainer, checkpoint, history)
        model = trainer.model(printable(str(chosen.data)))
    with model:
        model.save(chosen.out / "model.cal")
        print(f"wrote {printable(str(chosen.out / 'model.cal'))}")
        report(chosen, dataset, images, history, model)
    if images.left_out:
        print(f"cal: {images.left_out} images were left out", file=sys.stderr)
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


def _trainer(chosen: argparse.Namespace, dataset: Dataset, images: Images) -> Trainer:
    prototypes = chosen.prototypes
    if prototypes is None and not chosen.unknown_k:
        prototypes = len(dataset.classes)
    shape = NETWORKS[chosen.network]
    network = Network(shape.block, shape.depths, chosen.width, chosen.size, chosen.small_stem)
    start = Model.load(chosen.init) if chosen.init else None
    return Trainer(
        images.pixels,
        images.labels,
        dataset.known_classes,
        network=None if start else network,
        start=start,
        prototypes=prototypes,
        unknown_k=chosen.unknown_k,
        recipe=chosen.recipe,
        epochs=chosen.epochs,
        batch_size=chosen.batch,
        pseudo_epoch=chosen.pseudo_epoch,
        learning_rate=chosen.rate,
        weight_decay=chosen.weight_decay,
        decay_epochs=chosen.decay_epochs,
        decay_factor=chosen.decay_factor,
        dropout=chosen.dropout,
        gamma=chosen.gamma,
        held_out=images.held_out,
        patience=chosen.patience,
        keep=chosen.keep,
        seed=seed(chosen),
        threads=chosen.threads,
    )
