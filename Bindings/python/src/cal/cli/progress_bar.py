"""A progress bar on stderr, where someone watches."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from tqdm import tqdm


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[int, int], None]]:
    """Gives the function to call with how many images are done, and of how many."""
    with tqdm(unit=" images", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show


def say(line: str) -> None:
    """A line on stderr, above the bar if there is one."""
    tqdm.write(line, file=sys.stderr)
