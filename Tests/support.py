"""Helpers for the tests in this folder: compilers, commands, an installed libcal."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wpedantic"]
C = ["-x", "c", "-std=c99"]
CPP = ["-x", "c++", "-std=c++17"]


@dataclass(frozen=True)
class Installed:
    """libcal as `make install` leaves it."""

    prefix: Path

    @property
    def library(self) -> Path:
        return self.prefix / "lib" / "libcal.so.1"

    @property
    def header(self) -> Path:
        return self.prefix / "include" / "cal.h"

    def environment(self) -> dict[str, str]:
        return {**os.environ, "LD_LIBRARY_PATH": str(self.prefix / "lib")}

    def compile(self, source: Path, program: Path, *flags: str, link: bool = True) -> Path:
        """Builds a C or C++ program with warnings as errors."""
        language, compiler = (CPP, "c++") if source.suffix == ".cpp" else (C, "cc")
        libraries = [f"-L{self.prefix / 'lib'}", "-lcal"] if link else []
        check_run(
            [compiler, *language, "-O1", "-g", *WARNINGS, *flags, f"-I{self.prefix / 'include'}",
             str(source), "-x", "none", "-o", str(program), *libraries, "-lm", "-ldl", "-pthread"]
        )  # fmt: skip
        return program

    def run(self, *command: str | Path, **options) -> subprocess.CompletedProcess[str]:
        options.setdefault("env", self.environment())
        return check_run([str(part) for part in command], **options)


def check_run(command: list[str], **options) -> subprocess.CompletedProcess[str]:
    """Runs a command; if it fails, its output is the failure's message."""
    options = {"capture_output": True, "text": True, "timeout": 600, **options}
    done = subprocess.run(command, **options)
    if done.returncode != 0:
        pytest.fail(
            f"{' '.join(command)}\nexit status {done.returncode}\n{done.stdout}{done.stderr}",
            pytrace=False,
        )
    return done


def declared_functions(header: str) -> set[str]:
    """The functions that cal.h declares: a name behind its API marker."""
    return set(re.findall(r"^CAL_(?:API|CHECKED) [^(;]*?(cal_\w+)\(", header, re.MULTILINE))


def compilers(*names: str) -> list[str]:
    """Those of the compilers that this machine has; at least one."""
    found = [name for name in names if shutil.which(name)]
    assert found, f"none of {names} is installed"
    return found


def ppm(width: int, height: int, pixels: bytes) -> bytes:
    assert len(pixels) == width * height * 3
    return b"P6\n%d %d\n255\n" % (width, height) + pixels
