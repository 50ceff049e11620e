"""libcal against ONNX Runtime and OpenVINO on the full CAL ResNet-50 at 256 pixels, fp32.

Every figure is the median over rounds; in a round each engine runs in a process of its own,
one after the other, so that a machine that changes its speed changes it for all. Read the
ratios: on shared machines milliseconds mean little.

usage: compare.py [--rounds 5] [--repeats 10] [--threads 1,2] [--batch 1,8] [-o FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import network
import numpy as np
from common import machine, numbers
from tqdm import tqdm

ENGINES = ("libcal", "onnxruntime", "openvino")
HERE = Path(__file__).parent

Figures = dict[str, dict[str, float]]


def prepare(folder: Path, batches: list[int]) -> None:
    tensors = network.random_checkpoint()
    checkpoint = folder / "model.safetensors"
    network.write_checkpoint(tensors, checkpoint)
    for batch in batches:
        network.write_onnx(tensors, folder / f"model_{batch}.onnx", batch, 256)
    command = [
        sys.executable,
        "-m",
        "cal",
        "import",
        str(checkpoint),
        str(folder / "model.cal"),
        "--known",
        str(network.KNOWN),
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measure(engine: str, folder: Path, threads: int, batch: int, repeats: int) -> dict[str, float]:
    command = [
        sys.executable,
        str(HERE / "engine.py"),
        engine,
        str(folder),
        str(threads),
        str(batch),
        str(repeats),
    ]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def medians(rounds: list[Figures]) -> Figures:
    keys = ("ms", "load_s", "load_cpu_s", "memory_mb")
    return {
        engine: {key: statistics.median(r[engine][key] for r in rounds) for key in keys}
        for engine in ENGINES
    }


def check_logits(figures: Figures) -> float:
    """Largest difference of libcal's logits from ONNX Runtime's, relative to the largest."""
    ours, theirs = (np.array(figures[e]["logits"]) for e in ("libcal", "onnxruntime"))
    error = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
    if not error < 1e-4:
        raise SystemExit(f"libcal and onnxruntime disagree: relative difference {error:g}")
    return error


def table(results: dict[tuple[int, int], Figures], error: float) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ENGINES[1:])
    lines = [
        f"Machine: {machine()}. Peers: {versions}. "
        f"Logits differ from ONNX Runtime's by {error:.1e} relative.",
        "",
        "| threads | batch | libcal ms | ONNX Runtime ms | OpenVINO ms | ORT / libcal "
        "| OpenVINO / libcal | memory MB (libcal, ORT, OpenVINO) | load s | load s of processor |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (threads, batch), figures in results.items():
        ms = [figures[engine]["ms"] for engine in ENGINES]
        memory = ", ".join(f"{figures[engine]['memory_mb']:.0f}" for engine in ENGINES)
        load, processor = (
            ", ".join(f"{figures[engine][key]:.2f}" for engine in ENGINES)
            for key in ("load_s", "load_cpu_s")
        )
        lines.append(
            f"| {threads} | {batch} | {ms[0]:.1f} | {ms[1]:.1f} | {ms[2]:.1f} "
            f"| {ms[1] / ms[0]:.2f} | {ms[2] / ms[0]:.2f} | {memory} | {load} | {processor} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--batch", type=numbers, default=[1, 8])
    parser.add_argument("-o", "--output", type=Path, help="write the table to this file too")
    options = parser.parse_args()

    settings = [(t, b) for t in options.threads for b in options.batch]
    rounds: dict[tuple[int, int], list[Figures]] = {setting: [] for setting in settings}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, options.batch)
        work = [(s, e) for _ in range(options.rounds) for s in settings for e in ENGINES]
        for (threads, batch), engine in tqdm(work, disable=None):
            if engine == ENGINES[0]:
                rounds[threads, batch].append({})
            repeats = max(2, options.repeats // batch)
            figures = measure(engine, folder, threads, batch, repeats)
            rounds[threads, batch][-1][engine] = figures
    error = max(check_logits(figures) for runs in rounds.values() for figures in runs)
    text = table({setting: medians(runs) for setting, runs in rounds.items()}, error)
    print(text)
    if options.output:
        options.output.write_text(text)


if __name__ == "__main__":
    main()
