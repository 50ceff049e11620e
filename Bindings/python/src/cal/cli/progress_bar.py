"""A progress bar on stderr, where someone watches."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from tqdm import tqdm


@contextlib.contextmanager
def progress_bar(
    done: int = 0, total: int = 0, *, what: str | None = None, shown: bool | None = None
) -> Iterator[Callable[[int, int], None]]:
    """Gives the function to call with how many images are done, and of how many; 0: nobody knows.
    A bar that says of what it is goes when all is done. Shown: unless told, on a terminal."""
    with tqdm(
        desc=what,
        initial=done,
        total=total or None,
        unit=" images",
        file=sys.stderr,
        disable=not (sys.stderr.isatty() if shown is None else shown),
        leave=what is None,
    ) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total or None
            bar.update(done - bar.n)

        yield show


def say(line: str) -> None:
    """A line on stderr, above the bar if there is one."""
    tqdm.write(line, file=sys.stderr)
