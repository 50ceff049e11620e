"""Writes a model file: Sources/CModelFormat/cal_model.proto.

cal_model_pb2.py is generated from it, with protobuf 6.31.1 so that runtimes from there on work:

    python -m grpc_tools.protoc -I ../../Sources/CModelFormat \\
        --python_out=src/cal/importer --pyi_out=src/cal/importer cal_model.proto
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from . import cal_model_pb2 as pb
from .architecture import Architecture
from .prototypes import Bank
from .tensor import ImportRefused, Tensor, floats

MAGIC = 0x4D4C4143
FORMAT_VERSION = 1
EPSILON = 1e-5
"""Of every BatchNorm in PyTorch unless told otherwise."""
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
"""ImageNet's, which the published networks are trained with."""
FFE_GRID = 8
"""The gate is pooled to 8 x 8 in the published networks; no tensor depends on it."""
MAX_FILE = (1 << 31) - 1


MAX_TEXT = 4096
MAX_DESCRIPTION = 65536


@dataclass(frozen=True, slots=True)
class Provenance:
    creator: str
    recipe: str
    training_data: str = ""
    licence: str = ""
    description: str = ""
    source_sha256: str = ""

    def __post_init__(self) -> None:
        for name, text in asdict(self).items():
            limit = MAX_DESCRIPTION if name == "description" else MAX_TEXT
            size = len(text.encode("utf-8", "replace"))
            lines = text.replace("\n", "").replace("\t", "") if name == "description" else text
            if size > limit or any(unicodedata.category(c) in ("Cc", "Cs") for c in lines):
                raise ImportRefused(
                    f"{name.replace('_', ' ')} must be at most {limit} bytes of UTF-8 without "
                    f"control characters; it has {size} bytes"
                )


def serialise(
    architecture: Architecture,
    tensors: Mapping[str, Tensor],
    bank: Bank,
    provenance: Provenance,
) -> bytes:
    """The file's bytes. Equal input gives equal bytes, so the clock is left out."""
    model = pb.Model(
        magic=MAGIC,
        format_version=FORMAT_VERSION,
        preprocessing=pb.Preprocessing(
            size=architecture.size,
            mean=MEAN,
            deviation=DEVIATION,
            filter=pb.Preprocessing.FILTER_BILINEAR_ANTIALIASED,
        ),
        network=_network(architecture),
        bank=_bank(bank),
        decision=pb.Decision(known_threshold=0.5, novel_threshold=0.5, temperature=1.0),
        provenance=pb.Provenance(**asdict(provenance)),
    )
    for name, shape in architecture.parameters():
        data = tensors[name].f32()
        if name.endswith("running_var") and min(floats(data)) < 0:
            raise ImportRefused(f"tensor {name!r} holds a negative variance")
        model.tensors.add(name=name, shape=shape, type=pb.Tensor.TYPE_F32, data=data)
    if model.ByteSize() > MAX_FILE:
        raise ImportRefused(f"the model has {model.ByteSize()} bytes; the limit is {MAX_FILE}")
    return bytes(model.SerializeToString(deterministic=True))


def _network(architecture: Architecture) -> pb.Network:
    block = pb.Network.BLOCK_BASIC if architecture.block == "basic" else pb.Network.BLOCK_BOTTLENECK
    network = pb.Network(
        block=block,
        stem=pb.Stem(**asdict(architecture.stem), channels=architecture.stem_channels),
        stages=[pb.Stage(**asdict(stage)) for stage in architecture.stages],
        neck=pb.Neck(kind=pb.Neck.KIND_NONE),
        norm_epsilon=EPSILON,
    )
    if architecture.neck:
        network.neck.kind = pb.Neck.KIND_BATCH_NORM
        network.neck.norm_epsilon = EPSILON
    if architecture.ffe_channels:
        network.ffe.hidden_channels = architecture.ffe_channels
        network.ffe.grid = FFE_GRID
    return network


def _bank(bank: Bank) -> pb.Bank:
    """Ids are row numbers; those of rows not in use are never given to another prototype."""
    message = pb.Bank(next_id=bank.rows)
    for row, vector in enumerate(bank.vectors):
        known = row < bank.known
        message.prototypes.add(
            id=row,
            kind=pb.Prototype.KIND_KNOWN if known else pb.Prototype.KIND_NOVEL,
            name=bank.names[row] if known else "",
            vector=vector,
        )
    return message
