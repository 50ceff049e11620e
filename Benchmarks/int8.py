"""libcal's int8 against OpenVINO's and ONNX Runtime's on the full CAL ResNet-50 at 256 pixels.

The peers get the ONNX graph quantised by onnxruntime.quantization: static, QDQ, per channel, the
backbone only (FFE stays in fp32, as it does in libcal), with the same calibration pictures. In a
round every engine runs in a process of its own, one after the other. Read the ratios: they are
medians of the rounds' own. Processor time says most where a machine is shared, with one thread.

usage: int8.py [--rounds 5] [--seconds 1.5] [--threads 1,2] [--batch 1,8] [-o FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import network
import numpy as np
from common import numbers
from engine import picture, tensor
from rounds import Figures, Round, interleaved, measure, middle, ratio
from stopwatch import timed
from tables import Bar, add_output, publish, table

ENGINES = {
    "libcal": "libcal",
    "onnxruntime": "ONNX Runtime",
    "openvino": "OpenVINO",
    "libcal fp32": "libcal fp32",
}
OURS, *PEERS = ENGINES
CALIBRATION = 16

Run = Callable[[], np.ndarray]
Setting = tuple[int, int]
"""Threads and batch."""


def pictures() -> list[np.ndarray]:
    """For calibration: turned about, with noise."""
    chance = np.random.default_rng(1)
    shifted = [np.roll(picture(256), 37 * i, axis=1).astype(int) for i in range(CALIBRATION)]
    noisy = [each + chance.integers(-20, 20, each.shape) for each in shifted]
    return [each.clip(0, 255).astype(np.uint8) for each in noisy]


def prepare(folder: Path, batches: list[int]) -> None:
    import cal
    import onnx_network

    tensors = network.random_checkpoint()
    network.write_model(tensors, folder / "model.cal")
    with cal.Model.load(folder / "model.cal") as model, model.quantize(pictures()) as made:
        made.save(folder / "model.cal")
    for batch in batches:
        onnx_network.write(tensors, folder / "fp32.onnx", batch, 256)
        quantise(folder / "fp32.onnx", folder / f"model_{batch}.onnx", batch)


def quantise(source: Path, target: Path, batch: int) -> None:
    import onnx
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
    logits = [float(value) for value in run()]
    times = timed(run, 5, seconds)
    found = {"ms": times.ms / batch, "cpu_ms": times.cpu_ms / batch, "logits": logits}
    print(json.dumps(found))


def speed(results: dict[Setting, list[Round]]) -> str:
    ratios = [f"{ENGINES[peer]} / libcal" for peer in PEERS]
    shown = ", ".join(ENGINES.values())
    header = ["threads", "batch", f"ms an image ({shown})", *ratios]
    header += ["CPU ms an image", *(f"CPU: {each}" for each in ratios)]

    def cells(rounds: list[Round], key: str) -> list[str]:
        every = ", ".join(f"{middle(rounds, engine, key):.1f}" for engine in ENGINES)
        return [every, *(f"{ratio(rounds, peer, OURS, key).middle:.2f}" for peer in PEERS)]

    return table(
        header,
        (
            [str(threads), str(batch), *cells(rounds, "ms"), *cells(rounds, "cpu_ms")]
            for (threads, batch), rounds in results.items()
        ),
    )


def bars(results: dict[Setting, list[Round]]) -> list[Bar]:
    return [
        Bar(f"int8, threads {threads}, batch {batch}", ENGINES[peer], clock, spread)
        for (threads, batch), rounds in results.items()
        for peer in PEERS
        for key, clock in (("ms", "time"), ("cpu_ms", "processor time"))
        for spread in [ratio(rounds, peer, OURS, key)]
    ]


def check_logits(found: Round) -> None:
    """All engines compute the same network: far apart, one of them would be timed for nothing."""
    exact = np.array(found["libcal fp32"]["logits"])
    for engine in (OURS, "onnxruntime", "openvino"):
        error = float(np.linalg.norm(found[engine]["logits"] - exact) / np.linalg.norm(exact))
        if not error < 0.2:
            raise SystemExit(f"{engine} in int8 is off by {error:.3f} of the logits in fp32")


def main() -> None:
    if sys.argv[1:2] == ["--engine"]:
        name, folder, threads, batch, seconds = sys.argv[2:]
        return time_engine(name, Path(folder), int(threads), int(batch), float(seconds))
    from conditions import Conditions  # loads libcal, so not in a peer's process

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each engine in a round")
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--batch", type=numbers, default=[1, 8])
    add_output(parser)
    chosen = parser.parse_args()

    conditions = Conditions()
    settings = [(t, b) for t in chosen.threads for b in chosen.batch]
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name), chosen.batch)

        def one(setting: Setting, engine: str) -> Figures:
            return measure(Path(__file__), "--engine", engine, name, *setting, chosen.seconds)

        results = interleaved(settings, list(ENGINES), chosen.rounds, one)
    for rounds in results.values():
        check_logits(rounds[0])
    peers = ", ".join(f"{peer} {version(peer)}" for peer in ("onnxruntime", "openvino"))
    heading = f"{conditions} Peers: {peers}, in int8. {chosen.rounds} rounds.\n\n"
    publish(heading + speed(results), chosen.output, bars(results))


if __name__ == "__main__":
    main()
