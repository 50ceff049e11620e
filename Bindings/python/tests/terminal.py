"""Runs the `cal` command: with pipes, or with a terminal as its stderr."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from typing import Any, NamedTuple


def run(
    *arguments: object, stdin: str | None = None, **more: Any
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cal", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        **more,
    )


class Done(NamedTuple):
    status: int
    stdout: bytes
    seen: bytes
    """What the terminal was sent."""


def run_on_terminal(*arguments: object, columns: int = 80) -> Done:
    """For commands that write less to the terminal than it buffers: some kilobytes."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (25, columns))
    command = [sys.executable, "-m", "cal", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=slave, timeout=60)
    os.close(slave)
    seen = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        seen += part
    os.close(master)
    return Done(done.returncode, done.stdout, seen)
