"""The structs of cal.h for field updates; see _structs.py."""

from __future__ import annotations

from ctypes import c_double, c_uint32, c_uint64, c_void_p

from ._structs import ProgressCallback, Versioned


class UpdaterOptions(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("flags", c_uint32),
        ("seed", c_uint64),
        ("reservoir", c_uint32),
        ("samples", c_uint32),
        ("keep", c_uint32),
        ("reserved", c_uint32),
    ]


class CommitOptions(Versioned):
    _fields_ = [
        ("struct_size", c_uint32),
        ("founders", c_uint32),
        ("separation", c_double),
        ("duplicate", c_double),
        ("known_loss", c_double),
        ("coverage", c_double),
        ("progress", ProgressCallback),
        ("progress_user", c_void_p),
    ]
