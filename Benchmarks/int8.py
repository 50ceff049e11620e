"""libcal's int8 against OpenVINO's and ONNX Runtime's on the full CAL ResNet-50 at 256 pixels.

The peers get the ONNX graph quantised by onnxruntime.quantization: static, QDQ, per channel, the
backbone only (FFE stays in fp32, as it does in libcal), with the same calibration pictures. In a
round every engine runs in a process of its own, one after the other. Read the ratios: they are
medians of the rounds' own. Processor time says most where a machine is shared, with one thread.

usage: int8.py [--rounds 7] [--seconds 2] [--threads 1,2] [--batch 1,8] [-o FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import network
import numpy as np
import onnx
from common import machine, numbers, publish
from engine import picture, tensor
from tqdm import tqdm

ENGINES = ("libcal", "onnxruntime", "openvino", "libcal fp32")
PEERS = ENGINES[1:]
CALIBRATION = 16

Run = Callable[[], np.ndarray]
Figures = dict[str, float]


def pictures() -> list[np.ndarray]:
    """For calibration: turned about, with noise."""
    chance = np.random.default_rng(1)
    shifted = [np.roll(picture(256), 37 * i, axis=1).astype(int) for i in range(CALIBRATION)]
    noisy = [each + chance.integers(-20, 20, each.shape) for each in shifted]
    return [each.clip(0, 255).astype(np.uint8) for each in noisy]


def prepare(folder: Path, batches: list[int]) -> None:
    import cal
    from cal.importer import import_checkpoint

    tensors = network.random_checkpoint()
    network.write_checkpoint(tensors, folder / "model.safetensors")
    import_checkpoint(folder / "model.safetensors", folder / "model.cal", known=network.KNOWN)
    with cal.Model.load(folder / "model.cal") as model, model.quantize(pictures()) as made:
        made.save(folder / "model.cal")
    for batch in batches:
        network.write_onnx(tensors, folder / "fp32.onnx", batch, 256)
        quantise(folder / "fp32.onnx", folder / f"model_{batch}.onnx", batch)


def quantise(source: Path, target: Path, batch: int) -> None:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType
    from onnxruntime.quantization import quantize_static as quantize

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.left = iter(pictures())

        def get_next(self) -> dict[str, np.ndarray] | None:
            image = next(self.left, None)
            return None if image is None else {"image": tensor(image, batch)}

    model = onnx.load(source)
    for number, node in enumerate(model.graph.node):
        node.name = f"node{number}"
    onnx.save(model, source)
    # The first matrix product is FFE's, behind the whole backbone.
    first = [node.op_type for node in model.graph.node].index("MatMul")
    quantize(
        source,
        target,
        Reader(),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=[node.name for node in model.graph.node[first:]],
    )


def libcal(folder: Path, threads: int, batch: int, precision: str = "int8") -> Run:
    import cal

    session = cal.Model.load(folder / "model.cal").session(threads=threads, precision=precision)
    images = [picture(256)] * batch

    def run() -> np.ndarray:
        results = session.attribute_batch(images, batch=batch, top=None, pixel_digest=False)
        ranked = sorted(results[0].ranked, key=lambda score: score.id)
        return np.array([score.logit for score in ranked])

    return run


def onnxruntime(folder: Path, threads: int, batch: int) -> Run:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    path = str(folder / f"model_{batch}.onnx")
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {"image": tensor(picture(256), batch)}
    return lambda: session.run(None, feed)[0][0]


def openvino(folder: Path, threads: int, batch: int) -> Run:
    import openvino as ov

    hints = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
    model = ov.Core().compile_model(folder / f"model_{batch}.onnx", "CPU", hints)
    request = model.create_infer_request()
    feed = {0: tensor(picture(256), batch)}
    return lambda: request.infer(feed)[0][0].copy()


def time_engine(name: str, folder: Path, threads: int, batch: int, seconds: float) -> None:
    """In a process of its own; prints JSON."""
    if name == "libcal fp32":
        run = libcal(folder, threads, batch, "fp32")
    else:
        run = {"libcal": libcal, "onnxruntime": onnxruntime, "openvino": openvino}[name](
            folder, threads, batch
        )
    logits = [run() for _ in range(2)][-1]
    clock, processor = [], []
    begin = time.perf_counter()
    while len(clock) < 5 or time.perf_counter() - begin < seconds:
        before = time.perf_counter(), time.process_time()
        run()
        clock.append((time.perf_counter() - before[0]) * 1e3 / batch)
        processor.append((time.process_time() - before[1]) * 1e3 / batch)
    found = {"ms": statistics.median(clock), "cpu_ms": statistics.median(processor)}
    print(json.dumps({**found, "logits": [float(value) for value in logits]}))


def measure(name: str, folder: Path, threads: int, batch: int, seconds: float) -> Figures:
    command = [sys.executable, __file__, "--engine", name, str(folder)]
    command += [str(threads), str(batch), str(seconds)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def table(rounds: dict[tuple[int, int], list[dict[str, Figures]]]) -> str:
    def median(runs: list[dict[str, Figures]], engine: str, key: str) -> float:
        return statistics.median(run[engine][key] for run in runs)

    def ratio(runs: list[dict[str, Figures]], peer: str, key: str) -> str:
        ratios = sorted(run[peer][key] / run["libcal"][key] for run in runs)
        return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"

    versions = ", ".join(f"{name} {version(name)}" for name in ("onnxruntime", "openvino"))
    lines = [
        f"Machine: {machine()}. Peers: {versions}. All in int8 but the last. "
        "Ratios: peer / libcal, median (least to most).",
        "",
        "| threads | batch | libcal ms | "
        + " | ".join(f"{peer} / libcal, clock | processor" for peer in PEERS)
        + " |",
        "|---|---|---|" + "---|---|" * len(PEERS),
    ]
    for (threads, batch), runs in rounds.items():
        cells = [ratio(runs, peer, key) for peer in PEERS for key in ("ms", "cpu_ms")]
        own = median(runs, "libcal", "ms")
        lines.append(f"| {threads} | {batch} | {own:.1f} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def check_logits(run: dict[str, Figures]) -> None:
    """All engines compute the same network: far apart, one of them would be timed for nothing."""
    exact = np.array(run["libcal fp32"]["logits"])
    for engine in ENGINES[:-1]:
        error = float(np.linalg.norm(run[engine]["logits"] - exact) / np.linalg.norm(exact))
        if not error < 0.2:
            raise SystemExit(f"{engine} in int8 is off by {error:.3f} of the logits in fp32")


def main() -> None:
    if sys.argv[1:2] == ["--engine"]:
        name, folder, threads, batch, seconds = sys.argv[2:]
        return time_engine(name, Path(folder), int(threads), int(batch), float(seconds))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2, help="of each engine in a round")
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--batch", type=numbers, default=[1, 8])
    parser.add_argument("-o", "--output", type=Path, help="write the table to this file too")
    options = parser.parse_args()
    settings = [(t, b) for t in options.threads for b in options.batch]
    rounds: dict[tuple[int, int], list[dict[str, Figures]]] = {each: [] for each in settings}
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name), options.batch)
        work = [(s, e) for _ in range(options.rounds) for s in settings for e in ENGINES]
        for setting, engine in tqdm(work, disable=None):
            if engine == ENGINES[0]:
                rounds[setting].append({})
            rounds[setting][-1][engine] = measure(engine, Path(name), *setting, options.seconds)
    for runs in rounds.values():
        check_logits(runs[0])
    publish(table(rounds), options.output)


if __name__ == "__main__":
    main()
