"""Writes adam.json: what PyTorch's Adam and gradient clipping give, for CALLearningTests.

Needs PyTorch; the file is of version 2.13.0.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

COUNT = 12


def shortest(values: torch.Tensor) -> list[float]:
    """With no more digits than single precision needs."""
    return [float(f"{value:.9g}") for value in values.tolist()]


def adam(rate: float, decay: float, betas: tuple[float, float], epsilon: float, steps: int) -> dict:
    """The default, on the CPU, is the implementation for single tensors."""
    parameters = torch.nn.Parameter(torch.randn(COUNT))
    optimizer = torch.optim.Adam(
        [parameters], lr=rate, betas=betas, eps=epsilon, weight_decay=decay, foreach=False
    )
    case = {
        "rate": rate, "weightDecay": decay, "beta1": betas[0], "beta2": betas[1],
        "epsilon": epsilon, "parameters": shortest(parameters.detach()), "steps": [],
    }  # fmt: skip
    for step in range(steps):
        gradients = torch.randn(COUNT) * 10.0 ** torch.randint(-6, 3, (COUNT,))
        gradients[step] = 0
        parameters.grad = gradients
        optimizer.step()
        state = optimizer.state[parameters]
        case["steps"].append(
            {
                "gradients": shortest(gradients),
                "parameters": shortest(parameters.detach()),
                "mean": shortest(state["exp_avg"]),
                "square": shortest(state["exp_avg_sq"]),
            }
        )
    return case


def clip(limit: float) -> dict:
    parameters = torch.nn.Parameter(torch.zeros(COUNT))
    parameters.grad = torch.randn(COUNT)
    before = shortest(parameters.grad)
    norm = torch.nn.utils.clip_grad_norm_([parameters], limit).item()
    return {"limit": limit, "before": before, "norm": norm, "after": shortest(parameters.grad)}


def main() -> None:
    torch.manual_seed(20260214)
    fixture = {
        "adam": [
            adam(2e-4, 1e-3, (0.9, 0.999), 1e-8, steps=6),
            adam(0.05, 0.0, (0.9, 0.999), 1e-8, steps=3),
            adam(0.01, 0.1, (0.5, 0.9), 1e-3, steps=4),
        ],
        "clip": [clip(0.5), clip(100)],
    }
    path = Path(__file__).with_name("adam.json")
    path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes, PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
