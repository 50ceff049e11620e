"""The constants of cal.h, and the structs of models, images and attribution, as ctypes sees them.

Beside this are _structs_learning.py, _structs_training.py and _structs_updating.py.
tests/test_layout.py compiles a C program against cal.h and compares every size, offset and
constant with these files, so a change of the header cannot pass unnoticed.
"""

from __future__ import annotations

import ctypes
from ctypes import c_char, c_float, c_int32, c_uint8, c_uint32, c_uint64, c_void_p
from typing import Any

from ._checks import integer

ABI_VERSION = 1
VERSION_NUMBER = 1_000_000

IMAGE_SIDE_MAX = 32768
IMAGE_PIXELS_MAX = 268_435_456
THREADS_MAX = 256
NAME_MAX = 255
DIGEST_SIZE = 32
BATCH_MAX = 1_048_576
SAMPLES_MAX = 16_777_216
CLASSES_MAX = 4096
FEATURES_MAX = 16_384

FORMAT_RGB8 = 1
FORMAT_BGR8 = 2
FORMAT_RGBA8 = 3
FORMAT_BGRA8 = 4
FORMAT_GRAY8 = 5

ATTRIBUTE_NO_PIXEL_DIGEST = 1

SESSION_PROFILE = 1

QUANTIZE_DEFAULT = 1

UPDATER_SALVAGE = 1
UPDATER_NO_SYNC = 2

KINDS = {1: "known", 2: "novel", 3: "retired"}
VERDICTS = {0: "undetermined", 1: "known", 2: "novel"}
KERNELS = {"auto": 0, "portable": 1, "avx2": 2, "avx512": 3, "reference": 9}
PRECISIONS = {"auto": 0, "fp32": 1, "int8": 2, "bf16": 3}
STAGES = {
    1: "preprocessing",
    2: "digest",
    3: "backbone",
    4: "ffe",
    5: "neck",
    6: "head",
    7: "waiting",
    8: "whole",
}
BLOCKS = {"basic": 1, "bottleneck": 2}
RECIPES = {"default": 0, "paper": 1}
TAGS = {1: "labelled", 2: "unlabelled", 3: "pseudo_labelled"}
LOG_LEVELS = {1: 10, 2: 20, 3: 30, 4: 40}  # cal_log_level -> level of the logging module

LogCallback = ctypes.CFUNCTYPE(None, c_void_p, c_int32, ctypes.c_char_p)
ProgressCallback = ctypes.CFUNCTYPE(c_int32, c_void_p, c_uint64, c_uint64)


_INTEGERS = (c_int32, c_uint8, c_uint32, c_uint64)


class Versioned(ctypes.Structure):
    """A struct whose first field is its own size: what the _INIT macros of cal.h do. An integer
    that a field cannot hold is an error."""

    def __init__(self, **fields: Any) -> None:
        kinds: dict[str, Any] = {field[0]: field[1] for field in self._fields_}
        for name, value in fields.items():
            kind = kinds[name]
            if kind in _INTEGERS:
                fields[name] = integer(name, value, kind)
            elif issubclass(kind, ctypes.Array) and kind._type_ in _INTEGERS:
                entries = [integer(f"{name}[{i}]", v, kind._type_) for i, v in enumerate(value)]
                fields[name] = kind(*entries)
        super().__init__(struct_size=ctypes.sizeof(type(self)), **fields)


class LoadOptions(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved", c_uint32),
        ("size_limit", c_uint64),
        ("progress", ProgressCallback),
        ("progress_user", c_void_p),
    ]


class ModelInfo(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("format_version", c_uint32),
        ("input_size", c_uint32),
        ("feature_count", c_uint32),
        ("map_height", c_uint32),
        ("map_width", c_uint32),
        ("prototype_count", c_uint32),
        ("known_count", c_uint32),
        ("novel_count", c_uint32),
        ("retired_count", c_uint32),
        ("bank_epoch", c_uint64),
        ("parameter_count", c_uint64),
        ("file_size", c_uint64),
        ("known_threshold", c_float),
        ("novel_threshold", c_float),
        ("temperature", c_float),
        ("reserved", c_uint32),
    ]


class Prototype(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("kind", c_int32),
        ("id", c_uint64),
        ("merged_into", c_uint64),
        ("birth_epoch", c_uint64),
        ("usage", c_uint64),
        ("name", c_char * (NAME_MAX + 1)),
    ]


class Box(ctypes.Structure):
    _fields_ = [("x", c_float), ("y", c_float), ("width", c_float), ("height", c_float)]


class Image(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("format", c_int32),
        ("width", c_uint32),
        ("height", c_uint32),
        ("stride", c_uint64),
        ("pixels", c_void_p),
        ("size", c_uint64),
        ("face", Box),
        ("face_margin", c_float),
        ("reserved", c_uint32),
    ]


class SessionOptions(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("threads", c_uint32),
        ("kernels", c_int32),
        ("reserved", c_uint32),
        ("flags", c_uint32),
        ("precision", c_int32),
    ]


class QuantizeOptions(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("threads", c_uint32),
        ("flags", c_uint32),
        ("reserved", c_uint32),
        ("progress", ProgressCallback),
        ("progress_user", c_void_p),
    ]


class StageTime(ctypes.Structure):
    _fields_ = [("stage", c_int32), ("reserved", c_uint32), ("nanoseconds", c_uint64)]


class Score(ctypes.Structure):
    _fields_ = [
        ("id", c_uint64),
        ("kind", c_int32),
        ("index", c_uint32),
        ("logit", c_float),
        ("probability", c_float),
    ]


class AttributeOptions(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("known_threshold", c_float),
        ("novel_threshold", c_float),
        ("progress", ProgressCallback),
        ("progress_user", c_void_p),
    ]


class Result(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("status", c_int32),
        ("verdict", c_int32),
        ("ranked_capacity", c_uint32),
        ("ranked_count", c_uint32),
        ("feature_capacity", c_uint32),
        ("ranked", ctypes.POINTER(Score)),
        ("features", ctypes.POINTER(c_float)),
        ("known_threshold", c_float),
        ("novel_threshold", c_float),
        ("bank_epoch", c_uint64),
        ("width", c_uint32),
        ("height", c_uint32),
        ("crop_x", c_uint32),
        ("crop_y", c_uint32),
        ("crop_width", c_uint32),
        ("crop_height", c_uint32),
        ("pixels_sha256", c_uint8 * DIGEST_SIZE),
        ("error", c_char * 256),
    ]
