"""The network of network.py as an ONNX graph, for the peers: from the same numbers, so that logits
can be compared too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from network import DEPTHS, EPSILON, PROTOTYPES, Tensors
from onnx import TensorProto, helper, numpy_helper


class Graph:
    """Collects ONNX nodes; BatchNorm is folded into the convolutions, as a deployer would."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, values: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, op: str, inputs: list[str], **attributes: object) -> str:
        output = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def conv(self, x: str, name: str, norm: str | None, stride: int = 1) -> str:
        weight = self.tensors[f"{name}.weight"].astype(np.float64)
        if norm:
            t = {
                k: self.tensors[f"{norm}.{k}"].astype(np.float64)
                for k in ("weight", "bias", "running_mean", "running_var")
            }
            scale = t["weight"] / np.sqrt(t["running_var"] + EPSILON)
            weight = weight * scale[:, None, None, None]
            bias = t["bias"] - t["running_mean"] * scale
        else:
            bias = self.tensors[f"{name}.bias"].astype(np.float64)
        pad = weight.shape[2] // 2
        inputs = [
            x,
            self.constant(f"{name}.w", weight.astype(np.float32)),
            self.constant(f"{name}.b", bias.astype(np.float32)),
        ]
        return self.add("Conv", inputs, strides=[stride] * 2, pads=[pad] * 4)

    def block(self, x: str, prefix: str, stride: int) -> str:
        y = self.add("Relu", [self.conv(x, f"{prefix}.conv1", f"{prefix}.bn1")])
        y = self.add("Relu", [self.conv(y, f"{prefix}.conv2", f"{prefix}.bn2", stride)])
        y = self.conv(y, f"{prefix}.conv3", f"{prefix}.bn3")
        if f"{prefix}.downsample.0.weight" in self.tensors:
            x = self.conv(x, f"{prefix}.downsample.0", f"{prefix}.downsample.1", stride)
        return self.add("Relu", [self.add("Add", [y, x])])

    def backbone(self, x: str) -> str:
        prefix = "encoder.encoder"
        x = self.add("Relu", [self.conv(x, f"{prefix}.conv1", f"{prefix}.bn1", 2)])
        x = self.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
        for stage, depth in enumerate(DEPTHS):
            for block in range(depth):
                stride = 2 if stage > 0 and block == 0 else 1
                x = self.block(x, f"{prefix}.layer{stage + 1}.{block}", stride)
        return x

    def gate(self, x: str, size: int) -> str:
        """FFE: cosine transforms as matrix products, the quickest form that ONNX has."""
        i = np.arange(size)
        basis = 2 * np.cos(np.pi * np.outer(i, 2 * i + 1) / (2 * size))
        inverse = np.linalg.inv(basis)
        name = "encoder.fft_attn_module.freq_attn_net"
        d = self.constant("dct", basis.astype(np.float32))
        dt = self.constant("dct_t", basis.T.astype(np.float32))
        e = self.constant("idct", inverse.astype(np.float32))
        et = self.constant("idct_t", inverse.T.astype(np.float32))
        spectrum = self.add("MatMul", [self.add("MatMul", [d, x]), dt])
        hidden = self.add("Relu", [self.conv(spectrum, f"{name}.0", None)])
        mask = self.add("Sigmoid", [self.conv(hidden, f"{name}.2", None)])
        masked = self.add("Mul", [spectrum, mask])
        masked = self.add("ReduceMean", [masked, self.constant("axis", np.array([1]))])
        picture = self.add("MatMul", [self.add("MatMul", [e, masked]), et])
        kernel = size // 8
        return self.add(
            "AveragePool",
            [self.add("Sigmoid", [picture])],
            kernel_shape=[kernel] * 2,
            strides=[kernel] * 2,
        )

    def head(self, x: str) -> str:
        x = self.add("Flatten", [self.add("GlobalAveragePool", [x])])
        t = {
            k: self.tensors[f"encoder.bottleneck.{k}"].astype(np.float64)
            for k in ("weight", "bias", "running_mean", "running_var")
        }
        scale = t["weight"] / np.sqrt(t["running_var"] + EPSILON)
        shift = t["bias"] - t["running_mean"] * scale
        x = self.add("Mul", [x, self.constant("neck.scale", scale.astype(np.float32))])
        x = self.add("Add", [x, self.constant("neck.shift", shift.astype(np.float32))])
        rows = self.constant("prototypes", self.tensors["encoder.fc2"].T)
        return self.add("MatMul", [x, rows])


def write(tensors: Tensors, path: Path, batch: int, size: int) -> None:
    graph = Graph(tensors)
    gated = graph.add("Mul", [graph.backbone("image"), graph.gate("image", size)])
    logits = graph.head(gated)
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, 3, size, size])
    output = helper.make_tensor_value_info(logits, TensorProto.FLOAT, [batch, PROTOTYPES])
    proto = helper.make_graph(graph.nodes, "cal", [image], [output], graph.constants)
    model = helper.make_model(proto, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    onnx.save(model, path)
