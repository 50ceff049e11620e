"""What `cal train` lets one choose."""

from __future__ import annotations

import argparse

from .._structs import RECIPES
from ..training import KEEPS, Network
from .arguments import above_zero, add_threads, amount, count, gamma, positive, share

SEED = 1  # unless told otherwise
NETWORKS = {
    "resnet18": Network("basic", (2, 2, 2, 2)),
    "resnet34": Network("basic", (3, 4, 6, 3)),
    "resnet50": Network("bottleneck", (3, 4, 6, 3)),
}


def add_training_options(parser: argparse.ArgumentParser) -> None:
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
    parser.add_argument("--resume", action="store_true", help="go on with OUT/training.ckpt")
    parser.add_argument("--force", action="store_true", help="begin anew if OUT has a checkpoint")
    _add_network(parser)
    _add_schedule(parser)
    _add_validation(parser)
    add_threads(parser)


def _add_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--init", metavar="MODEL", help="start from this model's network")
    parser.add_argument(
        "--network", choices=NETWORKS, default="resnet50", help="without --init (resnet50)"
    )
    parser.add_argument("--width", type=positive, default=64, help="of its first stage (64)")
    parser.add_argument("--size", type=positive, default=256, help="pixels of its input (256)")
    parser.add_argument(
        "--small-stem", action="store_true", help="for small images: no pooling behind a 3x3 stem"
    )


def _add_schedule(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--epochs", type=positive, default=50, help="(50)")
    parser.add_argument("--batch", type=positive, default=128, help="images a step (128)")
    parser.add_argument("--rate", type=above_zero, default=2e-4, help="learning rate (2e-4)")
    parser.add_argument(
        "--decay-epochs",
        type=positive,
        help="after so many epochs, again and again, the rate is multiplied by the decay factor "
        "(10 with --recipe paper; else it falls along half a cosine to 0)",
    )
    parser.add_argument(
        "--decay-factor", type=above_zero, help="(0.05 with --recipe paper or --decay-epochs)"
    )
    parser.add_argument(
        "--weight-decay",
        type=amount,
        help="L2, as Adam has it (1e-4; 1e-3 with --recipe paper)",
    )
    parser.add_argument(
        "--dropout", type=share, default=0.2, help="share of the features, up to 0.9 (0.2)"
    )
    parser.add_argument(
        "--pseudo-epoch",
        type=count,
        default=5,
        help="epoch, from 0, that ACR acts from, with --recipe paper (5)",
    )
    parser.add_argument(
        "--gamma", type=gamma, default=0.9, help="ACR's threshold of known classes (0.9)"
    )


def _add_validation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--validation",
        type=share,
        default=0.0,
        metavar="SHARE",
        help="of each class's labelled images, to hold out and look at after each epoch (0)",
    )
    parser.add_argument(
        "--patience",
        type=positive,
        metavar="N",
        help="end after N epochs in a row without a higher validation accuracy (never)",
    )
    parser.add_argument(
        "--keep", choices=KEEPS, default="last", help="the epoch that the model is of (last)"
    )


def seed(chosen: argparse.Namespace) -> int:
    """Of the training, and of what is held out."""
    return SEED if chosen.seed is None else chosen.seed
