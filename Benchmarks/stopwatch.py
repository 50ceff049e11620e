"""Times calls in this process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

WARM = 2
"""Calls that are not counted: the first meets fresh memory, the next caches that it filled."""


class Times(NamedTuple):
    """Of a call, milliseconds: medians, and the least."""

    ms: float
    cpu_ms: float
    """Of the processor, all threads together."""
    least_cpu_ms: float
    """What others on the machine have spoilt least."""


def timed(work: Callable[[], object], least: int, seconds: float) -> Times:
    """At least so many calls, and for at least so long."""
    for _ in range(WARM):
        work()
    wall: list[int] = []
    processor: list[int] = []
    end = time.perf_counter_ns() + seconds * 1e9
    while len(wall) < least or time.perf_counter_ns() < end:
        start, own = time.perf_counter_ns(), time.process_time_ns()
        work()
        processor.append(time.process_time_ns() - own)
        wall.append(time.perf_counter_ns() - start)
    middle = statistics.median
    return Times(middle(wall) / 1e6, middle(processor) / 1e6, min(processor) / 1e6)
