"""libcal against ONNX Runtime and OpenVINO on the full CAL ResNet-50 at 256 pixels, fp32.

In a round each engine runs in a process of its own, one after the other. Figures are medians over
rounds, ratios those of the rounds' ratios. Read the ratios: on shared machines milliseconds mean
little, and with one thread the processor's time says most.

usage: compare.py [--rounds 5] [--repeats 5] [--seconds 1.5] [--threads 1,2] [--batch 1,8] [-o FILE]
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import network
import numpy as np
import onnx_network
from comparison import Results, bars, every, options, over, ratios, speed, timed
from conditions import Conditions
from rounds import Round, ratio
from tables import Bar, publish, table

ENGINES = {"libcal": "libcal", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}
OURS, *PEERS = ENGINES


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


def loading(results: Results) -> str:
    header = ["threads", "batch", f"load s ({', '.join(ENGINES.values())})", "load CPU s"]
    header += [f"CPU: {each}" for each in ratios(ENGINES)]
    return table(
        [*header, "peak MB above import"],
        (
            [str(threads), str(batch), every(ENGINES, rounds, "load_s", ".2f")]
            + [every(ENGINES, rounds, "load_cpu_s", ".2f"), *over(ENGINES, rounds, "load_cpu_s")]
            + [every(ENGINES, rounds, "memory_mb", ".0f")]
            for (threads, batch), rounds in results.items()
        ),
    )


def load_bars(results: Results) -> list[Bar]:
    found = []
    for (threads, batch), rounds in results.items():
        label = f"load, threads {threads}, batch {batch}"
        for peer in PEERS:
            loads = ratio(rounds, peer, OURS, "load_cpu_s")
            found.append(Bar(label, ENGINES[peer], "processor time", loads))
    return found


def main() -> None:
    chosen = options(__doc__.splitlines()[0])
    conditions = Conditions()
    results = timed(ENGINES, chosen, prepare)
    error = max(check_logits(found) for rounds in results.values() for found in rounds)
    peers = ", ".join(f"{peer} {version(peer)}" for peer in PEERS)
    heading = (
        f"{conditions} Peers: {peers}. {chosen.rounds} rounds. "
        f"Logits differ from ONNX Runtime's by {error:.1e} relative.\n\n"
    )
    text = heading + speed(ENGINES, results) + "\n" + loading(results)
    publish(text, chosen.output, bars(ENGINES, results) + load_bars(results))


if __name__ == "__main__":
    main()
