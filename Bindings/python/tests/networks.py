"""Small seeded CAL networks with the names and shapes of published checkpoints, and their
answers worked out by a plain numpy statement of the network (the paper's, layer by layer)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

State = dict[str, np.ndarray]
EPSILON = 1e-5
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


@dataclass(frozen=True)
class Shape:
    bottleneck: bool = False
    kernel: int = 7
    stem: int = 8
    depths: tuple[int, ...] = (1, 2)
    widths: tuple[int, ...] = (4, 8)
    ffe: bool = True
    neck: bool = True
    rows: int = 6


def make(shape: Shape, seed: int = 1) -> State:
    """A state_dict as Lightning saves it."""
    chance = np.random.default_rng(seed)
    state: State = {}

    def convolution(name: str, out: int, inputs: int, kernel: int) -> None:
        spread = (2 / (inputs * kernel * kernel)) ** 0.5
        state[f"{name}.weight"] = chance.normal(0, spread, (out, inputs, kernel, kernel))

    def norm(name: str, channels: int) -> None:
        state[f"{name}.weight"] = chance.uniform(0.5, 1.5, channels)
        state[f"{name}.bias"] = chance.normal(0, 0.1, channels)
        state[f"{name}.running_mean"] = chance.normal(0, 0.1, channels)
        state[f"{name}.running_var"] = chance.uniform(0.5, 1.5, channels)
        state[f"{name}.num_batches_tracked"] = np.array(7, np.int64)

    convolution("encoder.encoder.conv1", shape.stem, 3, shape.kernel)
    norm("encoder.encoder.bn1", shape.stem)
    channels = shape.stem
    for stage, (depth, width) in enumerate(zip(shape.depths, shape.widths, strict=True), 1):
        out = 4 * width if shape.bottleneck else width
        for block in range(depth):
            prefix = f"encoder.encoder.layer{stage}.{block}"
            layers = [(width, channels, 3), (out, width, 3)]
            if shape.bottleneck:
                layers = [(width, channels, 1), (width, width, 3), (out, width, 1)]
            for i, layer in enumerate(layers, 1):
                convolution(f"{prefix}.conv{i}", *layer)
                norm(f"{prefix}.bn{i}", layer[0])
            if block == 0 and (stage > 1 or channels != out):
                convolution(f"{prefix}.downsample.0", out, channels, 1)
                norm(f"{prefix}.downsample.1", out)
            channels = out
    if shape.ffe:
        gate = "encoder.fft_attn_module.freq_attn_net"
        convolution(f"{gate}.0", 16, 3, 3)
        state[f"{gate}.0.bias"] = chance.normal(0, 0.1, 16)
        convolution(f"{gate}.2", 1, 16, 3)
        state[f"{gate}.2.bias"] = chance.normal(0, 0.1, 1)
    if shape.neck:
        norm("encoder.bottleneck", channels)
    state["encoder.fc2"] = chance.normal(0, 0.3, (shape.rows, channels))
    return {
        name: value if value.dtype == np.int64 else value.astype(np.float32)
        for name, value in state.items()
    }


def picture(chance: np.random.Generator) -> np.ndarray:
    """32 x 32 RGB bytes: noise around a colour."""
    noise = chance.normal(chance.integers(0, 256, 3), 10 + 60 * chance.random(), (32, 32, 3))
    return np.clip(noise, 0, 255).astype(np.uint8)


def save(pictures: Iterable[np.ndarray], folder: Path) -> Path:
    """As 00.png, 01.png, ... of a folder that is there."""
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{number:02}.png")
    return folder


def preprocess(pixels: np.ndarray) -> np.ndarray:
    """Height x width x RGB bytes, already of the network's size, to planes."""
    return ((pixels.astype(np.float32) / 255 - MEAN) / DEVIATION).transpose(2, 0, 1)


def logits(state: State, shape: Shape, image: np.ndarray, pool: bool, stride: int) -> np.ndarray:
    """The network in float64. image: 3 x size x size."""
    s = {name: value.astype(np.float64) for name, value in state.items()}
    x = relu(norm(s, "encoder.encoder.bn1", conv(image, s["encoder.encoder.conv1.weight"], stride)))
    if pool:
        x = max_pool(x)
    for stage, depth in enumerate(shape.depths, 1):
        for block in range(depth):
            down = 2 if stage > 1 and block == 0 else 1
            x = residual(s, f"encoder.encoder.layer{stage}.{block}", x, down, shape.bottleneck)
    if shape.ffe:
        x = x * gate(s, image, x.shape[1])
    features = x.mean((1, 2))
    if shape.neck:
        features = norm(s, "encoder.bottleneck", features[:, None, None])[:, 0, 0]
    return s["encoder.fc2"] @ features


def residual(s: State, prefix: str, x: np.ndarray, down: int, bottleneck: bool) -> np.ndarray:
    strides = [1, down, 1] if bottleneck else [down, 1]
    y = x
    for i, stride in enumerate(strides, 1):
        y = norm(s, f"{prefix}.bn{i}", conv(y, s[f"{prefix}.conv{i}.weight"], stride))
        y = relu(y) if i < len(strides) else y
    if f"{prefix}.downsample.0.weight" in s:
        x = conv(x, s[f"{prefix}.downsample.0.weight"], down)
        x = norm(s, f"{prefix}.downsample.1", x)
    return relu(x + y)


def gate(s: State, image: np.ndarray, side: int) -> np.ndarray:
    """FFE: DCT, mask, inverse DCT, mean, sigmoid, pooling to 8 x 8, bilinear to the map."""
    size = image.shape[1]
    position = np.arange(size)
    # X_k = 2 sum x_n cos(pi k (2n + 1) / 2N): un-normalised DCT-II
    dct = 2 * np.cos(np.pi * np.outer(position, 2 * position + 1) / (2 * size))
    frequencies = dct @ image @ dct.T
    prefix = "encoder.fft_attn_module.freq_attn_net"
    hidden = conv(frequencies, s[f"{prefix}.0.weight"], 1) + s[f"{prefix}.0.bias"][:, None, None]
    mask = conv(relu(hidden), s[f"{prefix}.2.weight"], 1) + s[f"{prefix}.2.bias"][:, None, None]
    inverse = np.linalg.inv(dct)
    back = inverse @ (frequencies * sigmoid(mask)) @ inverse.T
    attention = sigmoid(back.mean(0))
    edges = [(i * size // 8, -(-(i + 1) * size // 8)) for i in range(8)]
    pooled = np.array([[attention[a:b, c:d].mean() for c, d in edges] for a, b in edges])
    return bilinear(pooled, side)


def bilinear(grid: np.ndarray, side: int) -> np.ndarray:
    """align_corners false."""
    at = np.clip((np.arange(side) + 0.5) * len(grid) / side - 0.5, 0, None)
    low = np.minimum(at.astype(int), len(grid) - 1)
    high = np.minimum(low + 1, len(grid) - 1)
    part = at - low
    rows = grid[low] * (1 - part)[:, None] + grid[high] * part[:, None]
    return rows[:, low] * (1 - part) + rows[:, high] * part


def conv(x: np.ndarray, weight: np.ndarray, stride: int) -> np.ndarray:
    pad = weight.shape[2] // 2
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], (1, 2))
    return np.einsum("ihwkl,oikl->ohw", windows[:, ::stride, ::stride], weight, optimize=True)


def max_pool(x: np.ndarray) -> np.ndarray:
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
    return windows[:, ::2, ::2].max((3, 4))


def norm(s: State, prefix: str, x: np.ndarray) -> np.ndarray:
    scale = s[f"{prefix}.weight"] / np.sqrt(s[f"{prefix}.running_var"] + EPSILON)
    shift = s[f"{prefix}.bias"] - s[f"{prefix}.running_mean"] * scale
    return x * scale[:, None, None] + shift[:, None, None]


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -700, 700)))
