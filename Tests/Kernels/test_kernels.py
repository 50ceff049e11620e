"""The hot loops of Sources/CKernels against plain C: here, and for arm64 in an emulator.

libcal is built and tested on x86-64. That its loops are right where vectors are NEON's is seen by
qemu-user. What that needs is only named where it is missing; `scripts/dependencies.sh arm64`
installs it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support import ROOT, check_run

KERNELS = ROOT / "Sources" / "CKernels"
FOLDER = ROOT / "Tests" / "Kernels"
# As Package.swift has it: the loops use pragmas and vector types of clang's.
COMPILE = ["clang", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", f"-I{KERNELS / 'include'}"]
ARM = "aarch64-linux-gnu"


def build(folder: Path, *flags: str) -> list[str]:
    """Object files of the loops and of the tests."""
    objects = []
    for source in sorted([*KERNELS.glob("*.c"), *FOLDER.glob("*.c")]):
        target = folder / f"{source.stem}.o"
        check_run([*COMPILE, *flags, "-c", str(source), "-o", str(target)])
        objects.append(str(target))
    return objects


def sets(output: str) -> list[str]:
    """Of the loops that were run; the program's exit status says whether they were right."""
    return output.splitlines()


def test_on_this_machine(tmp_path: Path) -> None:
    program = tmp_path / "kernels"
    check_run(["clang", *build(tmp_path), "-lm", "-o", str(program)])
    assert "portable int8:portable bf16:emulated" in sets(check_run([str(program)]).stdout)


def test_on_arm64(tmp_path: Path) -> None:
    needed = [f"{ARM}-gcc", "qemu-aarch64"]
    missing = [command for command in needed if not shutil.which(command)]
    if missing:
        pytest.skip(f"arm64: no {', no '.join(missing)} (scripts/dependencies.sh arm64)")
    objects = build(tmp_path, f"--target={ARM}", "-isystem", f"/usr/{ARM}/include")
    program = tmp_path / "kernels"
    # Static, so that the emulator needs no libraries.
    check_run([f"{ARM}-gcc", "-static", *objects, "-lm", "-o", str(program)])
    output = check_run(["qemu-aarch64", str(program)]).stdout
    assert sets(output) == ["portable int8:portable bf16:emulated"]
