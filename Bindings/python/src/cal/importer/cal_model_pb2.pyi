from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Model(_message.Message):
    __slots__ = ("magic", "format_version", "preprocessing", "network", "bank", "decision", "provenance", "calibration", "quantization", "tensors")
    MAGIC_FIELD_NUMBER: _ClassVar[int]
    FORMAT_VERSION_FIELD_NUMBER: _ClassVar[int]
    PREPROCESSING_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    BANK_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    QUANTIZATION_FIELD_NUMBER: _ClassVar[int]
    TENSORS_FIELD_NUMBER: _ClassVar[int]
    magic: int
    format_version: int
    preprocessing: Preprocessing
    network: Network
    bank: Bank
    decision: Decision
    provenance: Provenance
    calibration: Calibration
    quantization: Quantization
    tensors: _containers.RepeatedCompositeFieldContainer[Tensor]
    def __init__(self, magic: _Optional[int] = ..., format_version: _Optional[int] = ..., preprocessing: _Optional[_Union[Preprocessing, _Mapping]] = ..., network: _Optional[_Union[Network, _Mapping]] = ..., bank: _Optional[_Union[Bank, _Mapping]] = ..., decision: _Optional[_Union[Decision, _Mapping]] = ..., provenance: _Optional[_Union[Provenance, _Mapping]] = ..., calibration: _Optional[_Union[Calibration, _Mapping]] = ..., quantization: _Optional[_Union[Quantization, _Mapping]] = ..., tensors: _Optional[_Iterable[_Union[Tensor, _Mapping]]] = ...) -> None: ...

class Preprocessing(_message.Message):
    __slots__ = ("size", "mean", "deviation", "filter")
    class Filter(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FILTER_UNSPECIFIED: _ClassVar[Preprocessing.Filter]
        FILTER_BILINEAR_ANTIALIASED: _ClassVar[Preprocessing.Filter]
    FILTER_UNSPECIFIED: Preprocessing.Filter
    FILTER_BILINEAR_ANTIALIASED: Preprocessing.Filter
    SIZE_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    DEVIATION_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    size: int
    mean: _containers.RepeatedScalarFieldContainer[float]
    deviation: _containers.RepeatedScalarFieldContainer[float]
    filter: Preprocessing.Filter
    def __init__(self, size: _Optional[int] = ..., mean: _Optional[_Iterable[float]] = ..., deviation: _Optional[_Iterable[float]] = ..., filter: _Optional[_Union[Preprocessing.Filter, str]] = ...) -> None: ...

class Network(_message.Message):
    __slots__ = ("block", "stem", "stages", "ffe", "neck", "norm_epsilon")
    class Block(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        BLOCK_UNSPECIFIED: _ClassVar[Network.Block]
        BLOCK_BASIC: _ClassVar[Network.Block]
        BLOCK_BOTTLENECK: _ClassVar[Network.Block]
    BLOCK_UNSPECIFIED: Network.Block
    BLOCK_BASIC: Network.Block
    BLOCK_BOTTLENECK: Network.Block
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    STEM_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    FFE_FIELD_NUMBER: _ClassVar[int]
    NECK_FIELD_NUMBER: _ClassVar[int]
    NORM_EPSILON_FIELD_NUMBER: _ClassVar[int]
    block: Network.Block
    stem: Stem
    stages: _containers.RepeatedCompositeFieldContainer[Stage]
    ffe: Ffe
    neck: Neck
    norm_epsilon: float
    def __init__(self, block: _Optional[_Union[Network.Block, str]] = ..., stem: _Optional[_Union[Stem, _Mapping]] = ..., stages: _Optional[_Iterable[_Union[Stage, _Mapping]]] = ..., ffe: _Optional[_Union[Ffe, _Mapping]] = ..., neck: _Optional[_Union[Neck, _Mapping]] = ..., norm_epsilon: _Optional[float] = ...) -> None: ...

class Stem(_message.Message):
    __slots__ = ("kernel", "stride", "channels", "max_pool")
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    MAX_POOL_FIELD_NUMBER: _ClassVar[int]
    kernel: int
    stride: int
    channels: int
    max_pool: bool
    def __init__(self, kernel: _Optional[int] = ..., stride: _Optional[int] = ..., channels: _Optional[int] = ..., max_pool: bool = ...) -> None: ...

class Stage(_message.Message):
    __slots__ = ("blocks", "inner_channels", "out_channels", "stride")
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    INNER_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    OUT_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    blocks: int
    inner_channels: int
    out_channels: int
    stride: int
    def __init__(self, blocks: _Optional[int] = ..., inner_channels: _Optional[int] = ..., out_channels: _Optional[int] = ..., stride: _Optional[int] = ...) -> None: ...

class Ffe(_message.Message):
    __slots__ = ("hidden_channels", "grid")
    HIDDEN_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    GRID_FIELD_NUMBER: _ClassVar[int]
    hidden_channels: int
    grid: int
    def __init__(self, hidden_channels: _Optional[int] = ..., grid: _Optional[int] = ...) -> None: ...

class Neck(_message.Message):
    __slots__ = ("kind", "norm_epsilon", "features")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Neck.Kind]
        KIND_NONE: _ClassVar[Neck.Kind]
        KIND_BATCH_NORM: _ClassVar[Neck.Kind]
        KIND_BATCH_NORM_UNIT: _ClassVar[Neck.Kind]
        KIND_STATISTICS: _ClassVar[Neck.Kind]
    KIND_UNSPECIFIED: Neck.Kind
    KIND_NONE: Neck.Kind
    KIND_BATCH_NORM: Neck.Kind
    KIND_BATCH_NORM_UNIT: Neck.Kind
    KIND_STATISTICS: Neck.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    NORM_EPSILON_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    kind: Neck.Kind
    norm_epsilon: float
    features: int
    def __init__(self, kind: _Optional[_Union[Neck.Kind, str]] = ..., norm_epsilon: _Optional[float] = ..., features: _Optional[int] = ...) -> None: ...

class Tensor(_message.Message):
    __slots__ = ("name", "shape", "type", "data")
    class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        TYPE_UNSPECIFIED: _ClassVar[Tensor.Type]
        TYPE_F32: _ClassVar[Tensor.Type]
        TYPE_BF16: _ClassVar[Tensor.Type]
        TYPE_INT8: _ClassVar[Tensor.Type]
    TYPE_UNSPECIFIED: Tensor.Type
    TYPE_F32: Tensor.Type
    TYPE_BF16: Tensor.Type
    TYPE_INT8: Tensor.Type
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    name: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    type: Tensor.Type
    data: bytes
    def __init__(self, name: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ..., type: _Optional[_Union[Tensor.Type, str]] = ..., data: _Optional[bytes] = ...) -> None: ...

class Bank(_message.Message):
    __slots__ = ("epoch", "next_id", "prototypes")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    NEXT_ID_FIELD_NUMBER: _ClassVar[int]
    PROTOTYPES_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    next_id: int
    prototypes: _containers.RepeatedCompositeFieldContainer[Prototype]
    def __init__(self, epoch: _Optional[int] = ..., next_id: _Optional[int] = ..., prototypes: _Optional[_Iterable[_Union[Prototype, _Mapping]]] = ...) -> None: ...

class Prototype(_message.Message):
    __slots__ = ("id", "kind", "name", "vector", "usage", "confidence_sum", "birth_epoch", "merged_into")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Prototype.Kind]
        KIND_KNOWN: _ClassVar[Prototype.Kind]
        KIND_NOVEL: _ClassVar[Prototype.Kind]
        KIND_RETIRED: _ClassVar[Prototype.Kind]
    KIND_UNSPECIFIED: Prototype.Kind
    KIND_KNOWN: Prototype.Kind
    KIND_NOVEL: Prototype.Kind
    KIND_RETIRED: Prototype.Kind
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_SUM_FIELD_NUMBER: _ClassVar[int]
    BIRTH_EPOCH_FIELD_NUMBER: _ClassVar[int]
    MERGED_INTO_FIELD_NUMBER: _ClassVar[int]
    id: int
    kind: Prototype.Kind
    name: str
    vector: bytes
    usage: int
    confidence_sum: float
    birth_epoch: int
    merged_into: int
    def __init__(self, id: _Optional[int] = ..., kind: _Optional[_Union[Prototype.Kind, str]] = ..., name: _Optional[str] = ..., vector: _Optional[bytes] = ..., usage: _Optional[int] = ..., confidence_sum: _Optional[float] = ..., birth_epoch: _Optional[int] = ..., merged_into: _Optional[int] = ...) -> None: ...

class Calibration(_message.Message):
    __slots__ = ("classes",)
    class Class(_message.Message):
        __slots__ = ("id", "features")
        ID_FIELD_NUMBER: _ClassVar[int]
        FEATURES_FIELD_NUMBER: _ClassVar[int]
        id: int
        features: bytes
        def __init__(self, id: _Optional[int] = ..., features: _Optional[bytes] = ...) -> None: ...
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    classes: _containers.RepeatedCompositeFieldContainer[Calibration.Class]
    def __init__(self, classes: _Optional[_Iterable[_Union[Calibration.Class, _Mapping]]] = ...) -> None: ...

class Quantization(_message.Message):
    __slots__ = ("inputs", "images", "agreeing", "probability_change", "is_default")
    class Input(_message.Message):
        __slots__ = ("name", "range")
        NAME_FIELD_NUMBER: _ClassVar[int]
        RANGE_FIELD_NUMBER: _ClassVar[int]
        name: str
        range: float
        def __init__(self, name: _Optional[str] = ..., range: _Optional[float] = ...) -> None: ...
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    AGREEING_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_CHANGE_FIELD_NUMBER: _ClassVar[int]
    IS_DEFAULT_FIELD_NUMBER: _ClassVar[int]
    inputs: _containers.RepeatedCompositeFieldContainer[Quantization.Input]
    images: int
    agreeing: int
    probability_change: float
    is_default: bool
    def __init__(self, inputs: _Optional[_Iterable[_Union[Quantization.Input, _Mapping]]] = ..., images: _Optional[int] = ..., agreeing: _Optional[int] = ..., probability_change: _Optional[float] = ..., is_default: bool = ...) -> None: ...

class Decision(_message.Message):
    __slots__ = ("known_threshold", "novel_threshold", "temperature")
    KNOWN_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    NOVEL_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    known_threshold: float
    novel_threshold: float
    temperature: float
    def __init__(self, known_threshold: _Optional[float] = ..., novel_threshold: _Optional[float] = ..., temperature: _Optional[float] = ...) -> None: ...

class Provenance(_message.Message):
    __slots__ = ("creator", "training_data", "recipe", "parent_sha256", "licence", "description", "source_sha256", "created")
    CREATOR_FIELD_NUMBER: _ClassVar[int]
    TRAINING_DATA_FIELD_NUMBER: _ClassVar[int]
    RECIPE_FIELD_NUMBER: _ClassVar[int]
    PARENT_SHA256_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_SHA256_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    creator: str
    training_data: str
    recipe: str
    parent_sha256: bytes
    licence: str
    description: str
    source_sha256: str
    created: str
    def __init__(self, creator: _Optional[str] = ..., training_data: _Optional[str] = ..., recipe: _Optional[str] = ..., parent_sha256: _Optional[bytes] = ..., licence: _Optional[str] = ..., description: _Optional[str] = ..., source_sha256: _Optional[str] = ..., created: _Optional[str] = ...) -> None: ...
