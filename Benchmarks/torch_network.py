"""The network of CAL and one step of its training in PyTorch eager, channels last.

The objective is only the cross entropy of labelled images and the regulariser; libcal's step has
CCR and ACR too, so what is left out favours PyTorch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Block(nn.Module):
    """A residual block: 3x3, 3x3, or 1x1, 3x3, 1x1 with four times the channels."""

    def __init__(self, into: int, inner: int, stride: int, bottleneck: bool) -> None:
        super().__init__()
        out = 4 * inner if bottleneck else inner
        shapes = [(into, inner, 3, stride), (inner, out, 3, 1)]
        if bottleneck:
            shapes = [(into, inner, 1, 1), (inner, inner, 3, stride), (inner, out, 1, 1)]
        layers: list[nn.Module] = []
        for i, o, kernel, step in shapes:
            layers += [conv(i, o, kernel, step), nn.BatchNorm2d(o), nn.ReLU(inplace=True)]
        self.body = nn.Sequential(*layers[:-1])
        self.shortcut = nn.Identity()
        if stride > 1 or into != out:
            self.shortcut = nn.Sequential(conv(into, out, 1, stride), nn.BatchNorm2d(out))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + self.shortcut(x), inplace=True)


class Gate(nn.Module):
    """FFE: the picture of a masked cosine spectrum, pooled to 8 x 8."""

    def __init__(self, size: int) -> None:
        super().__init__()
        i = torch.arange(size)
        basis = 2 * torch.cos(torch.pi * i[:, None] * (2 * i + 1) / (2 * size))
        self.register_buffer("basis", basis)
        self.register_buffer("inverse", torch.linalg.inv(basis.double()).float())
        self.mask = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(16, 1, 3, padding=1)
        )

    def forward(self, x: Tensor) -> Tensor:
        spectrum = self.basis @ x @ self.basis.T
        masked = (spectrum * self.mask(spectrum).sigmoid()).mean(1, keepdim=True)
        picture = (self.inverse @ masked @ self.inverse.T).sigmoid()
        return F.avg_pool2d(picture, x.shape[-1] // 8)


class Network(nn.Module):
    def __init__(
        self,
        block: str,
        depths: tuple[int, ...],
        width: int,
        size: int,
        small_stem: bool,
        prototypes: int,
    ) -> None:
        super().__init__()
        stem = [conv(3, width, 3 if small_stem else 7, 1 if small_stem else 2)]
        stem += [nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        if not small_stem:
            stem.append(nn.MaxPool2d(3, 2, 1))
        blocks: list[nn.Module] = []
        into = width
        for stage, depth in enumerate(depths):
            inner = width << stage
            for number in range(depth):
                stride = 2 if stage > 0 and number == 0 else 1
                blocks.append(Block(into, inner, stride, block == "bottleneck"))
                into = 4 * inner if block == "bottleneck" else inner
        self.backbone = nn.Sequential(*stem, *blocks)
        self.gate = Gate(size)
        self.neck = nn.BatchNorm1d(into)
        self.neck.bias.requires_grad_(False)
        self.prototypes = nn.Linear(into, prototypes, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        features = self.backbone(x)
        gate = F.interpolate(self.gate(x), features.shape[-2:], mode="bilinear")
        pooled = (features * gate).mean((2, 3))
        return self.prototypes(F.dropout(self.neck(pooled), 0.2, self.training))


def conv(into: int, out: int, kernel: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(into, out, kernel, stride, kernel // 2, bias=False)


def objective(weak: Tensor, strong: Tensor, labels: Tensor) -> Tensor:
    """`labels` are those of the first images; the others have none."""
    both = torch.stack([weak, strong])
    known = both[:, : len(labels)]
    supervised = F.cross_entropy(known.flatten(0, 1), labels.repeat(2))
    mean = both.softmax(-1).mean((0, 1))
    entropy = -(mean * mean.log()).sum()
    return supervised + (torch.log(torch.tensor(float(len(mean)))) - entropy) / 2


class Step:
    """One step on two views that are ready: forward, backward, Adam."""

    def __init__(self, network: Network, batch: int, size: int, known: int) -> None:
        self.network = network.to(memory_format=torch.channels_last).train()
        trained = [p for p in network.parameters() if p.requires_grad]
        self.adam = torch.optim.Adam(trained, lr=2e-4, weight_decay=1e-3)
        shape = (batch, 3, size, size)
        self.views = [
            torch.randn(shape).contiguous(memory_format=torch.channels_last) for _ in range(2)
        ]
        self.labels = torch.arange(batch // 2) % known

    def __call__(self) -> None:
        self.adam.zero_grad(set_to_none=True)
        weak, strong = (self.network(view) for view in self.views)
        objective(weak, strong, self.labels).backward()
        self.adam.step()
