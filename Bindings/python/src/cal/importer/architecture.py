"""The network behind a set of parameter names and shapes.

Names and shapes tell the block type, depths, widths, the stem's kernel and whether FFE and neck
are there. They do not tell the image size nor what follows the stem's convolution; the defaults
are those of the published networks: a 7x7 stem has stride 2 and max pooling and takes 256 pixels;
a 3x3 stem has stride 1, no pooling and takes 64 pixels. Stages have strides 1, 2, 2, 2, ...
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .tensor import ImportRefused

Shapes = Mapping[str, tuple[int, ...]]
"""Of the tensors by their name in a model file: backbone.conv1.weight, ffe.0.bias, ..."""

MAX_CHANNELS = 16384
MAX_BLOCKS = 256
MAX_STAGES = 8
MAX_FFE_CHANNELS = 256

_LAYER = re.compile(r"backbone\.layer([1-9])\.(0|[1-9][0-9]{0,2})\.")
_STEM = re.compile(r"(3x3|7x7)/([12])(\+pool)?")


@dataclass(frozen=True, slots=True)
class Stem:
    kernel: int
    stride: int
    max_pool: bool

    def __str__(self) -> str:
        pool = "+pool" if self.max_pool else ""
        return f"{self.kernel}x{self.kernel}/{self.stride}{pool}"


@dataclass(frozen=True, slots=True)
class Stage:
    blocks: int
    inner_channels: int
    out_channels: int
    stride: int


@dataclass(frozen=True, slots=True)
class Architecture:
    block: str
    """"basic" or "bottleneck"."""
    stem: Stem
    stem_channels: int
    stages: tuple[Stage, ...]
    ffe_channels: int
    """Hidden channels of FFE; 0: none."""
    neck: bool
    size: int

    @property
    def feature_count(self) -> int:
        return self.stages[-1].out_channels

    def __str__(self) -> str:
        depths = ",".join(str(stage.blocks) for stage in self.stages)
        widths = ",".join(str(stage.out_channels) for stage in self.stages)
        return (
            f"ResNet of {self.block} blocks ({depths}), stem {self.stem} with "
            f"{self.stem_channels} channels, stages of {widths} channels, "
            f"{'FFE' if self.ffe_channels else 'no FFE'}, "
            f"{'BNNeck' if self.neck else 'no neck'}, input {self.size} x {self.size}"
        )

    def parameters(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Every tensor that the network needs, in the order of computation."""
        yield from _convolution("backbone.conv1", self.stem_channels, 3, self.stem.kernel)
        yield from _norm("backbone.bn1", self.stem_channels)
        channels = self.stem_channels
        for number, stage in enumerate(self.stages, 1):
            for block in range(stage.blocks):
                yield from self._block(f"backbone.layer{number}.{block}", stage, channels, block)
                channels = stage.out_channels
        if self.ffe_channels:
            yield from _convolution("ffe.0", self.ffe_channels, 3, 3)
            yield "ffe.0.bias", (self.ffe_channels,)
            yield from _convolution("ffe.2", 1, self.ffe_channels, 3)
            yield "ffe.2.bias", (1,)
        if self.neck:
            yield from _norm("neck", self.feature_count)

    def _block(
        self, prefix: str, stage: Stage, channels: int, number: int
    ) -> Iterator[tuple[str, tuple[int, ...]]]:
        inner, out = stage.inner_channels, stage.out_channels
        if self.block == "basic":
            convolutions = [(inner, channels, 3), (out, inner, 3)]
        else:
            convolutions = [(inner, channels, 1), (inner, inner, 3), (out, inner, 1)]
        for i, (outputs, inputs, kernel) in enumerate(convolutions, 1):
            yield from _convolution(f"{prefix}.conv{i}", outputs, inputs, kernel)
            yield from _norm(f"{prefix}.bn{i}", outputs)
        if number == 0 and (stage.stride != 1 or channels != out):
            yield from _convolution(f"{prefix}.downsample.0", out, channels, 1)
            yield from _norm(f"{prefix}.downsample.1", out)


def _convolution(
    name: str, out: int, inputs: int, kernel: int
) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (out, inputs, kernel, kernel)


def _norm(name: str, channels: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    for part in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{part}", (channels,)


def infer(shapes: Shapes, stem: str = "auto", size: int | None = None) -> Architecture:
    """The architecture; checked so that shapes holds exactly its parameters."""
    kernel = _shape(shapes, "backbone.conv1.weight", 4)[2]
    chosen = _stem(stem, kernel)
    block, stages = _stages(shapes)
    architecture = Architecture(
        block=block,
        stem=chosen,
        stem_channels=_shape(shapes, "backbone.conv1.weight", 4)[0],
        stages=stages,
        ffe_channels=_shape(shapes, "ffe.0.weight", 4)[0] if "ffe.0.weight" in shapes else 0,
        neck="neck.weight" in shapes,
        size=size if size is not None else (256 if kernel == 7 else 64),
    )
    if architecture.ffe_channels > MAX_FFE_CHANNELS:
        raise ImportRefused(
            f"FFE has {architecture.ffe_channels} hidden channels; the limit is {MAX_FFE_CHANNELS}"
        )
    _check(architecture, shapes)
    return architecture


def _stem(stem: str, kernel: int) -> Stem:
    if stem == "auto":
        if kernel not in (3, 7):
            raise ImportRefused(f"the stem's kernel is {kernel}x{kernel}; it must be 3x3 or 7x7")
        return Stem(7, 2, True) if kernel == 7 else Stem(3, 1, False)
    match = _STEM.fullmatch(stem)
    if match is None:
        raise ImportRefused(
            f"stem {stem!r} must be auto or KERNEL/STRIDE with or without +pool, like "
            "7x7/2+pool, 3x3/1 or 3x3/2+pool"
        )
    if int(match[1][0]) != kernel:
        raise ImportRefused(f"stem {stem!r} contradicts the checkpoint's {kernel}x{kernel} kernel")
    return Stem(kernel, int(match[2]), match[3] is not None)


def _stages(shapes: Shapes) -> tuple[str, tuple[Stage, ...]]:
    counts: dict[int, int] = {}
    for name in shapes:
        if match := _LAYER.match(name):
            stage, number = int(match[1]), int(match[2])
            counts[stage] = max(counts.get(stage, 0), number + 1)
    if len(counts) > MAX_STAGES:
        raise ImportRefused(f"{len(counts)} stages; the limit is {MAX_STAGES}")
    if not counts:
        raise ImportRefused("the checkpoint has no layer1.0...: it is no residual network")
    if sum(counts.values()) > MAX_BLOCKS:
        raise ImportRefused(f"over {MAX_BLOCKS} residual blocks")
    block = "bottleneck" if "backbone.layer1.0.conv3.weight" in shapes else "basic"
    last = "conv3" if block == "bottleneck" else "conv2"
    stages = []
    for stage in range(1, max(counts) + 1):
        prefix = f"backbone.layer{stage}.0"
        stages.append(
            Stage(
                blocks=counts.get(stage, 0),
                inner_channels=_shape(shapes, f"{prefix}.conv1.weight", 4)[0],
                out_channels=_shape(shapes, f"{prefix}.{last}.weight", 4)[0],
                stride=1 if stage == 1 else 2,
            )
        )
    return block, tuple(stages)


def _shape(shapes: Shapes, name: str, dimensions: int) -> tuple[int, ...]:
    shape = shapes.get(name)
    if shape is None:
        raise ImportRefused(f"tensor {name!r} is missing")
    if len(shape) != dimensions or not all(0 < length <= MAX_CHANNELS for length in shape):
        raise ImportRefused(f"tensor {name!r} has shape {list(shape)}, which no network has")
    return shape


def _check(architecture: Architecture, shapes: Shapes) -> None:
    needed = dict(architecture.parameters())
    missing = [name for name in needed if name not in shapes]
    unexpected = [name for name in shapes if name not in needed]
    if missing or unexpected:
        sentences = [
            f"{what}: {', '.join(names)}"
            for what, names in (("missing", missing), ("unexpected", unexpected))
            if names
        ]
        raise ImportRefused(f"the parameters are not those of a {architecture}; "
                            f"{'; '.join(sentences)}")  # fmt: skip
    for name, shape in needed.items():
        if shapes[name] != shape:
            raise ImportRefused(
                f"tensor {name!r} has shape {list(shapes[name])}; a {architecture} needs "
                f"{list(shape)}"
            )
