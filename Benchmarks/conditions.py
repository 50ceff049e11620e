"""What a benchmark ran on, for its heading. It loads libcal, so no peer's process imports it."""

from __future__ import annotations

import os

import cal
from common import machine


class Conditions:
    """Made when a benchmark starts, and printed when it has ended."""

    def __init__(self) -> None:
        self.before = os.getloadavg()[0]

    def __str__(self) -> str:
        return (
            f"Machine: {machine()}; libcal's kernels {cal.build_info()['kernels']}; "
            f"load {self.before:.1f} at the start and {os.getloadavg()[0]:.1f} at the end."
        )
