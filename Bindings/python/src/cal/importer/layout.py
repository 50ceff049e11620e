"""Which checkpoint is this? Sorts its tensors into network, prototypes and things to ignore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .tensor import ImportRefused, Tensor

# Published CAL checkpoints, by prefix. The names behind encoder.encoder are timm's ResNet.
_CAL = {
    "encoder.encoder.": "backbone.",
    "encoder.fft_attn_module.freq_attn_net.": "ffe.",
    "encoder.bottleneck.": "neck.",
}
_PROTOTYPES = "encoder.fc2"
# Put before every name by DataParallel and by torch.compile.
_WRAPPERS = ("module.", "_orig_mod.")
_IGNORED = ("backbone.fc.weight", "backbone.fc.bias")


@dataclass(frozen=True, slots=True)
class Sorted:
    kind: str
    """"CAL checkpoint" or "ResNet weights"."""
    network: dict[str, Tensor]
    """By the names of the model file."""
    prototypes: Tensor | None
    """Shape (rows, features)."""


def sort(tensors: Mapping[str, Tensor]) -> Sorted:
    tensors = _unwrap(tensors)
    if any(name.startswith("encoder.") for name in tensors):
        return _sort_cal(tensors)
    if "conv1.weight" in tensors and "layer1.0.conv1.weight" in tensors:
        network = _keep({f"backbone.{name}": tensor for name, tensor in tensors.items()})
        return Sorted("ResNet weights", network, None)
    some = ", ".join(repr(name) for name in list(tensors)[:5])
    raise ImportRefused(
        "neither a CAL checkpoint (encoder.encoder..., encoder.fc2) nor ResNet weights "
        f"(conv1.weight, layer1.0...): its first tensors are {some or 'none'}"
    )


def _unwrap(tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    for wrapper in _WRAPPERS:
        if tensors and all(name.startswith(wrapper) for name in tensors):
            return {name.removeprefix(wrapper): tensor for name, tensor in tensors.items()}
    return tensors


def _sort_cal(tensors: Mapping[str, Tensor]) -> Sorted:
    network: dict[str, Tensor] = {}
    unexpected = []
    for name, tensor in tensors.items():
        prefix = next((prefix for prefix in _CAL if name.startswith(prefix)), None)
        if prefix is not None:
            network[_CAL[prefix] + name.removeprefix(prefix)] = tensor
        elif name != _PROTOTYPES:
            unexpected.append(name)
    if unexpected:
        raise ImportRefused(f"unexpected in a CAL checkpoint: {', '.join(unexpected)}")
    prototypes = tensors.get(_PROTOTYPES)
    if prototypes is None:
        raise ImportRefused(f"the CAL checkpoint has no prototypes: {_PROTOTYPES!r} is missing")
    if len(prototypes.shape) != 2 or 0 in prototypes.shape:
        raise ImportRefused(
            f"tensor {_PROTOTYPES!r} has shape {list(prototypes.shape)}; it must be "
            "(prototypes, features)"
        )
    return Sorted("CAL checkpoint", _keep(network), prototypes)


def _keep(network: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without what inference has no use for: batch counters and the classification layer."""
    return {
        name: tensor
        for name, tensor in network.items()
        if name not in _IGNORED and not name.endswith(".num_batches_tracked")
    }
