"""The full CAL ResNet-50 with seeded random weights: as tensors, and as a model file.

Times do not depend on what the weights are, so nothing has to be downloaded.

usage: network.py OUT
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from cal.importer import import_checkpoint
from safetensors.numpy import save_file

DEPTHS = (3, 4, 6, 3)
WIDTH = 64
KNOWN = 19
PROTOTYPES = 41  # OWDFA-40, protocol 1
EPSILON = 1e-5

Tensors = dict[str, np.ndarray]


def random_checkpoint(seed: int = 1) -> Tensors:
    """A state dict in the published layout (research: models.py of OWDFA-CAL)."""
    rng = np.random.default_rng(seed)
    tensors: Tensors = {}

    def conv(name: str, out: int, into: int, kernel: int, gain: float = 2.0) -> None:
        deviation = (gain / (into * kernel * kernel)) ** 0.5
        values = rng.standard_normal((out, into, kernel, kernel)) * deviation
        tensors[f"{name}.weight"] = values.astype(np.float32)

    def norm(name: str, channels: int) -> None:
        tensors[f"{name}.weight"] = rng.uniform(0.5, 1.0, channels).astype(np.float32)
        tensors[f"{name}.bias"] = rng.uniform(-0.1, 0.1, channels).astype(np.float32)
        tensors[f"{name}.running_mean"] = rng.uniform(-0.1, 0.1, channels).astype(np.float32)
        tensors[f"{name}.running_var"] = rng.uniform(0.8, 1.2, channels).astype(np.float32)

    backbone = "encoder.encoder"
    conv(f"{backbone}.conv1", WIDTH, 3, 7)
    norm(f"{backbone}.bn1", WIDTH)
    into = WIDTH
    for stage, depth in enumerate(DEPTHS):
        inner, out = WIDTH << stage, 4 * WIDTH << stage
        for block in range(depth):
            prefix = f"{backbone}.layer{stage + 1}.{block}"
            shapes = ((inner, into, 1), (inner, inner, 3), (out, inner, 1))
            for i, (o, c, k) in enumerate(shapes, 1):
                conv(f"{prefix}.conv{i}", o, c, k)
                norm(f"{prefix}.bn{i}", o)
            if block == 0:
                conv(f"{prefix}.downsample.0", out, into, 1)
                norm(f"{prefix}.downsample.1", out)
            into = out

    gate = "encoder.fft_attn_module.freq_attn_net"
    conv(f"{gate}.0", 16, 3, 3, gain=1e-4)
    conv(f"{gate}.2", 1, 16, 3, gain=1e-2)
    tensors[f"{gate}.0.bias"] = rng.uniform(-0.1, 0.1, 16).astype(np.float32)
    tensors[f"{gate}.2.bias"] = rng.uniform(-0.1, 0.1, 1).astype(np.float32)
    norm("encoder.bottleneck", into)
    tensors["encoder.bottleneck.bias"][:] = 0
    rows = rng.standard_normal((PROTOTYPES, into)) * 0.02
    tensors["encoder.fc2"] = rows.astype(np.float32)
    return tensors


def write_model(tensors: Tensors, path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder, "model.safetensors")
        save_file(tensors, checkpoint)
        import_checkpoint(checkpoint, path, known=KNOWN)


if __name__ == "__main__":
    write_model(random_checkpoint(), Path(sys.argv[1]))
