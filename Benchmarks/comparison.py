"""Engines that attribute the same images, timed in turn: ours, which comes first, and peers."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from common import numbers
from rounds import Round, interleaved, measure, middle, ratio
from tables import Bar, add_output, table

ENGINE = Path(__file__).with_name("engine.py")

Engines = Mapping[str, str]
"""What a table calls each engine."""
Setting = tuple[int, int]
"""Threads and batch."""
Results = Mapping[Setting, list[Round]]


def options(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=5, help="timed calls of a process, at least")
    parser.add_argument("--seconds", type=float, default=1.5, help="they take so long, at least")
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--batch", type=numbers, default=[1, 8])
    add_output(parser)
    return parser.parse_args()


def timed(
    engines: Engines, chosen: argparse.Namespace, prepare: Callable[[Path, list[int]], None]
) -> Results:
    """`prepare` writes model.cal and, for each batch, model_BATCH.onnx into a folder."""
    settings = [(t, b) for t in chosen.threads for b in chosen.batch]
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name), chosen.batch)

        def one(setting: Setting, engine: str) -> dict[str, object]:
            return measure(ENGINE, engine, name, *setting, chosen.repeats, chosen.seconds)

        return interleaved(settings, list(engines), chosen.rounds, one)


def every(engines: Engines, rounds: list[Round], key: str, form: str) -> str:
    """A figure of all engines, in a cell."""
    return ", ".join(format(middle(rounds, engine, key), form) for engine in engines)


def over(engines: Engines, rounds: list[Round], key: str) -> list[str]:
    """The cells of the peers' ratios."""
    ours, *peers = engines
    return [f"{ratio(rounds, peer, ours, key).middle:.2f}" for peer in peers]


def ratios(engines: Engines) -> list[str]:
    """Their headings."""
    ours, *peers = engines.values()
    return [f"{peer} / {ours}" for peer in peers]


def speed(engines: Engines, results: Results) -> str:
    shown = ratios(engines)
    header = ["threads", "batch", f"ms an image ({', '.join(engines.values())})", *shown]
    header += ["CPU ms an image", *(f"CPU: {each}" for each in shown)]
    return table(
        header,
        (
            [str(threads), str(batch)]
            + [every(engines, rounds, "ms", ".1f"), *over(engines, rounds, "ms")]
            + [every(engines, rounds, "cpu_ms", ".1f"), *over(engines, rounds, "cpu_ms")]
            for (threads, batch), rounds in results.items()
        ),
    )


def bars(engines: Engines, results: Results) -> list[Bar]:
    ours, *peers = engines
    return [
        Bar(f"threads {threads}, batch {batch}", engines[peer], clock, found)
        for (threads, batch), rounds in results.items()
        for peer in peers
        for key, clock in (("ms", "time"), ("cpu_ms", "processor time"))
        for found in [ratio(rounds, peer, ours, key)]
    ]
