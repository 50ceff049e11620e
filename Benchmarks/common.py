"""What the benchmarks share."""

from __future__ import annotations

import platform
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


def machine() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{line.split(':')[1].strip()}, {platform.system()} {platform.machine()}"
    return platform.platform()


def numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def publish(text: str, output: Path | None) -> None:
    """Prints it, and writes it to a file if there is to be one."""
    print(text, end="")
    if output:
        output.write_text(text)
