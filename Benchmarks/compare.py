"""libcal against ONNX Runtime and OpenVINO on the full CAL ResNet-50 at 256 pixels, fp32.

In a round each engine runs in a process of its own, one after the other. Figures are medians over
rounds, ratios those of the rounds' ratios. Read the ratios: on shared machines milliseconds mean
little, and with one thread the processor's time says most.

usage: compare.py [--rounds 5] [--repeats 5] [--seconds 1.5] [--threads 1,2] [--batch 1,8] [-o FILE]
"""

from __future__ import annotations

import argparse
import tempfile
from importlib.metadata import version
from pathlib import Path

import network
import numpy as np
import onnx_network
from common import numbers
from conditions import Conditions
from rounds import Round, interleaved, measure, middle, ratio
from tables import Bar, add_output, publish, table

ENGINES = {"libcal": "libcal", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}
OURS, *PEERS = ENGINES
ENGINE = Path(__file__).with_name("engine.py")

Setting = tuple[int, int]
"""Threads and batch."""
Results = dict[Setting, list[Round]]


def prepare(folder: Path, batches: list[int]) -> None:
    tensors = network.random_checkpoint()
    for batch in batches:
        onnx_network.write(tensors, folder / f"model_{batch}.onnx", batch, 256)
    network.write_model(tensors, folder / "model.cal")


def check_logits(found: Round) -> float:
    """Largest difference of libcal's logits from ONNX Runtime's, relative to the largest."""
    ours, theirs = (np.array(found[engine]["logits"]) for engine in ("libcal", "onnxruntime"))
    error = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
    if not error < 1e-4:
        raise SystemExit(f"libcal and onnxruntime disagree: relative difference {error:g}")
    return error


def every(rounds: list[Round], key: str, form: str) -> str:
    """A figure of all engines, in a cell."""
    return ", ".join(format(middle(rounds, engine, key), form) for engine in ENGINES)


def over(rounds: list[Round], key: str) -> list[str]:
    """The cells of the peers' ratios."""
    return [f"{ratio(rounds, peer, OURS, key).middle:.2f}" for peer in PEERS]


def speed(results: Results) -> str:
    shown = ", ".join(ENGINES.values())
    ratios = [f"{ENGINES[peer]} / libcal" for peer in PEERS]
    header = ["threads", "batch", f"ms an image ({shown})", *ratios]
    header += ["CPU ms an image", *(f"CPU: {each}" for each in ratios)]
    return table(
        header,
        (
            [str(threads), str(batch), every(rounds, "ms", ".1f"), *over(rounds, "ms")]
            + [every(rounds, "cpu_ms", ".1f"), *over(rounds, "cpu_ms")]
            for (threads, batch), rounds in results.items()
        ),
    )


def loading(results: Results) -> str:
    shown = ", ".join(ENGINES.values())
    ratios = [f"CPU: {ENGINES[peer]} / libcal" for peer in PEERS]
    return table(
        ["threads", "batch", f"load s ({shown})", "load CPU s", *ratios, "peak MB above import"],
        (
            [str(threads), str(batch), every(rounds, "load_s", ".2f")]
            + [every(rounds, "load_cpu_s", ".2f"), *over(rounds, "load_cpu_s")]
            + [every(rounds, "memory_mb", ".0f")]
            for (threads, batch), rounds in results.items()
        ),
    )


def bars(results: Results) -> list[Bar]:
    found = []
    for (threads, batch), rounds in results.items():
        label = f"threads {threads}, batch {batch}"
        for peer in PEERS:
            for key, clock in (("ms", "time"), ("cpu_ms", "processor time")):
                found.append(Bar(label, ENGINES[peer], clock, ratio(rounds, peer, OURS, key)))
    for (threads, batch), rounds in results.items():
        label = f"load, threads {threads}, batch {batch}"
        for peer in PEERS:
            loads = ratio(rounds, peer, OURS, "load_cpu_s")
            found.append(Bar(label, ENGINES[peer], "processor time", loads))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=5, help="timed calls of a process, at least")
    parser.add_argument("--seconds", type=float, default=1.5, help="they take so long, at least")
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--batch", type=numbers, default=[1, 8])
    add_output(parser)
    chosen = parser.parse_args()

    conditions = Conditions()
    settings = [(t, b) for t in chosen.threads for b in chosen.batch]
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name), chosen.batch)

        def one(setting: Setting, engine: str) -> dict[str, object]:
            return measure(ENGINE, engine, name, *setting, chosen.repeats, chosen.seconds)

        results = interleaved(settings, list(ENGINES), chosen.rounds, one)
    error = max(check_logits(found) for rounds in results.values() for found in rounds)
    peers = ", ".join(f"{peer} {version(peer)}" for peer in PEERS)
    heading = (
        f"{conditions} Peers: {peers}. {chosen.rounds} rounds. "
        f"Logits differ from ONNX Runtime's by {error:.1e} relative.\n\n"
    )
    text = heading + speed(results) + "\n" + loading(results)
    publish(text, chosen.output, bars(results))


if __name__ == "__main__":
    main()
