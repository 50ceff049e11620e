"""The structs of cal.h for the objective, pruning and metrics; see _structs.py."""

from __future__ import annotations

import ctypes
from ctypes import c_double, c_int32, c_uint32, c_uint64, c_void_p

from ._structs import Versioned


class ObjectiveInput(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("rows", c_uint32),
        ("classes", c_uint32),
        ("known", c_uint32),
        ("weak", c_void_p),
        ("strong", c_void_p),
        ("tag", c_void_p),
        ("target", c_void_p),
    ]


class ObjectiveOptions(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("recipe", c_int32),
        ("epoch", c_int32),
        ("epochs", c_int32),
        ("pseudo_epoch", c_int32),
        ("reserved", c_uint32),
        ("gamma", c_double),
        ("novel_threshold", c_double),
        ("threshold_floor", c_double),
        ("teacher_temperature", c_double),
        ("student_temperature", c_double),
        ("ccr_weight", c_double),
    ]


class Confidence(ctypes.Structure):
    _fields_ = [
        ("sum_known", c_double),
        ("sum_novel", c_double),
        ("count_known", c_uint64),
        ("count_novel", c_uint64),
    ]


class ObjectiveResult(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("acr_selected", c_uint32),
        ("supervised", c_double),
        ("regulariser", c_double),
        ("ccr", c_double),
        ("acr", c_double),
        ("total", c_double),
        ("confidence", Confidence),
        ("weak_gradient", c_void_p),
        ("strong_gradient", c_void_p),
        ("gradient_capacity", c_uint64),
    ]


class PruneInput(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("rows", c_uint32),
        ("features", c_uint32),
        ("known", c_uint32),
        ("prototypes", c_void_p),
        ("usage", c_void_p),
    ]


class PruneOptions(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("recipe", c_int32),
        ("coverage", c_double),
    ]


class PruneResult(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("kept_count", c_uint32),
        ("prototypes", c_void_p),
        ("prototype_capacity", c_uint64),
        ("kept", c_void_p),
        ("merged_into", c_void_p),
        ("row_capacity", c_uint64),
    ]


class MetricsInput(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("count", c_uint32),
        ("classes", c_uint32),
        ("known", c_uint32),
        ("label", c_void_p),
        ("predicted", c_void_p),
        ("score", c_void_p),
    ]


class MetricsOptions(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved", c_uint32),
        ("minimum_share", c_double),
    ]


class Agreement(ctypes.Structure):
    _fields_ = [("acc", c_double), ("nmi", c_double), ("ari", c_double)]


class MetricsResult(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("known_count", c_uint32),
        ("novel_count", c_uint32),
        ("label_ids", c_uint32),
        ("predicted_ids", c_uint32),
        ("predicted_novel_ids", c_uint32),
        ("frequent_ids", c_uint32),
        ("frequent_novel_ids", c_uint32),
        ("all", Agreement),
        ("known", Agreement),
        ("novel", Agreement),
        ("joint_known_acc", c_double),
        ("joint_novel_acc", c_double),
        ("strict_novel_acc", c_double),
        ("macro_acc", c_double),
        ("macro_known_acc", c_double),
        ("macro_novel_acc", c_double),
        ("auroc", c_double),
        ("oscr", c_double),
        ("confusion", c_void_p),
        ("confusion_capacity", c_uint64),
        ("match", c_void_p),
        ("match_capacity", c_uint64),
    ]
