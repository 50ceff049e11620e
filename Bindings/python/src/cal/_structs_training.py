"""The structs of cal.h for training; see _structs.py."""

from __future__ import annotations

import ctypes
from ctypes import c_double, c_float, c_int32, c_uint32, c_uint64, c_void_p

from ._structs import Versioned


class Source(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved", c_uint32),
        ("count", c_uint64),
        ("label", c_void_p),
        ("images", c_void_p),
        ("load", c_void_p),
        ("unload", c_void_p),
        ("user", c_void_p),
        ("held_out", c_void_p),
    ]


class TrainingOptions(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("recipe", c_int32),
        ("known", c_uint32),
        ("prototypes", c_uint32),
        ("prune", c_int32),
        ("epochs", c_uint32),
        ("batch_size", c_uint32),
        ("pseudo_epoch", c_int32),
        ("block", c_int32),
        ("depth", c_uint32 * 4),
        ("width", c_uint32),
        ("input_size", c_uint32),
        ("small_stem", c_int32),
        ("without_ffe", c_int32),
        ("threads", c_uint32),
        ("kernels", c_int32),
        ("seed", c_uint64),
        ("learning_rate", c_double),
        ("weight_decay", c_double),
        ("decay_epochs", c_uint32),
        ("reserved", c_uint32),
        ("decay_factor", c_double),
        ("dropout", c_double),
        ("gamma", c_double),
        ("ccr_weight", c_double),
        ("coverage", c_double),
        ("mean", c_float * 3),
        ("deviation", c_float * 3),
        ("validation", c_double),
        ("patience", c_uint32),
        ("keep_best", c_int32),
    ]


class TrainingReport(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("epoch", c_uint32),
        ("epochs", c_uint32),
        ("step", c_uint32),
        ("steps", c_uint32),
        ("is_epoch_end", c_int32),
        ("prototypes", c_uint32),
        ("acr_selected", c_uint32),
        ("supervised", c_double),
        ("regulariser", c_double),
        ("ccr", c_double),
        ("acr", c_double),
        ("total", c_double),
        ("novel_threshold", c_double),
        ("learning_rate", c_double),
        ("validation_accuracy", c_double),
        ("validation_confidence", c_double),
        ("validation_images", c_uint32),
        ("best_epoch", c_int32),
        ("is_finished", c_int32),
        ("reserved", c_uint32),
    ]


TrainingCallback = ctypes.CFUNCTYPE(c_int32, c_void_p, ctypes.POINTER(TrainingReport))
