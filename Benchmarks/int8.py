"""libcal's int8 against OpenVINO's and ONNX Runtime's on the full CAL ResNet-50 at 256 pixels.

The peers get the ONNX graph quantised by onnxruntime.quantization: static, QDQ, per channel, the
backbone only (FFE stays in fp32, as it does in libcal), with the same calibration pictures. Rounds
and ratios are those of compare.py; libcal's own fp32 is one of the peers.

usage: int8.py [--rounds 5] [--repeats 5] [--seconds 1.5] [--threads 1,2] [--batch 1,8] [-o FILE]
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import cal
import network
import numpy as np
import onnx
import onnx_network
from comparison import bars, options, speed, timed
from conditions import Conditions
from engine import picture, tensor
from rounds import Round
from tables import publish

ENGINES = {
    "libcal-int8": "libcal",
    "onnxruntime": "ONNX Runtime",
    "openvino": "OpenVINO",
    "libcal": "libcal fp32",
}
CALIBRATION = 16
WORST = 0.2
"""Of the logits' length in fp32: who is further away computes something else."""


def pictures() -> list[np.ndarray]:
    """For calibration: turned about, with noise."""
    chance = np.random.default_rng(1)
    shifted = [np.roll(picture(256), 37 * i, axis=1).astype(int) for i in range(CALIBRATION)]
    noisy = [each + chance.integers(-20, 20, each.shape) for each in shifted]
    return [each.clip(0, 255).astype(np.uint8) for each in noisy]


def prepare(folder: Path, batches: list[int]) -> None:
    tensors = network.random_checkpoint()
    network.write_model(tensors, folder / "model.cal")
    with cal.Model.load(folder / "model.cal") as model, model.quantize(pictures()) as made:
        made.save(folder / "model.cal")
    for batch in batches:
        onnx_network.write(tensors, folder / "fp32.onnx", batch, 256)
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


def check_logits(found: Round) -> None:
    """All engines compute the same network: far apart, one of them would be timed for nothing."""
    exact = np.array(found["libcal"]["logits"])
    for engine in list(ENGINES)[:-1]:
        error = float(np.linalg.norm(found[engine]["logits"] - exact) / np.linalg.norm(exact))
        if not error < WORST:
            raise SystemExit(f"{engine} in int8 is off by {error:.3f} of the logits in fp32")


def main() -> None:
    chosen = options(__doc__.splitlines()[0])
    conditions = Conditions()
    results = timed(ENGINES, chosen, prepare)
    for rounds in results.values():
        for found in rounds:
            check_logits(found)
    peers = ", ".join(f"{peer} {version(peer)}" for peer in ("onnxruntime", "openvino"))
    heading = f"{conditions} Peers: {peers}. {chosen.rounds} rounds. All in int8 but the last.\n\n"
    publish(heading + speed(ENGINES, results), chosen.output, bars(ENGINES, results))


if __name__ == "__main__":
    main()
