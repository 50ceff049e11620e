"""What the benchmarks share."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Collection
from pathlib import Path


def peak(process: int | str = "self") -> float:
    """Peak resident memory of a program, by default this one, MB.

    From the kernel's count for its address space: getrusage's would be the parent's peak where
    that was higher, because it survives exec.
    """
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"/proc/{process}/status has no VmHWM")


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0))


def machine() -> str:
    system = f"{cores()} cores, {platform.system()} {platform.machine()}"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{line.split(':')[1].strip()}, {system}"
    return f"{platform.processor() or 'unknown processor'}, {system}"


def numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def some_of(names: Collection[str]) -> Callable[[str], list[str]]:
    """The type of an argument: names with commas between them."""

    def parse(text: str) -> list[str]:
        found = text.split(",")
        for name in found:
            if name not in names:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(names)}")
        return found

    return parse
