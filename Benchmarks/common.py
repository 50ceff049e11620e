"""What the benchmarks share."""

from __future__ import annotations

import platform
from pathlib import Path


def peak() -> float:
    """Peak resident memory of this program, MB.

    From the kernel's count for this address space: getrusage's would be the parent's peak where
    that was higher, because it survives exec.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status has no VmHWM")


def machine() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{line.split(':')[1].strip()}, {platform.system()} {platform.machine()}"
    return platform.platform()


def numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]
