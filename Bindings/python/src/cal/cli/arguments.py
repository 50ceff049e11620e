"""Types and defaults of command-line arguments: a value out of range is an error that names it."""

from __future__ import annotations

import argparse
import math
import os
import re
from pathlib import Path


def positive(text: str) -> int:
    value = count(text)
    if value == 0:
        raise argparse.ArgumentTypeError("0 is not a number above 0")
    return value


def positives(text: str) -> list[int]:
    """Numbers above 0, with commas between them; each once."""
    return list(dict.fromkeys(positive(each.strip()) for each in text.split(",")))


def count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def threshold(text: str) -> float:
    value = _number(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def factor(text: str) -> float:
    value = _number(text)
    if not 0 < value <= 10:
        raise argparse.ArgumentTypeError(f"{text} is not a factor above 0, up to 10")
    return value


def share(text: str) -> float:
    value = _number(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share, 0 to 1")
    return value


def gamma(text: str) -> float:
    value = share(text)
    if value == 0:
        raise argparse.ArgumentTypeError(f"{text} is not a share above 0, up to 1")
    return value


def amount(text: str) -> float:
    value = _number(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return value


def above_zero(text: str) -> float:
    value = amount(text)
    if value == 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return value


def expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as problem:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {problem}") from None
    return text


def names(text: str) -> list[str]:
    """A file's lines if there is such a file; else the text itself, split at its commas."""
    file = Path(text)
    if "," not in text and file.is_file():
        try:
            return file_lines(file)
        except UnicodeDecodeError:
            raise argparse.ArgumentTypeError(f"{text!r} is a file that is not UTF-8") from None
    return [name.strip() for name in text.split(",")]


def file_lines(file: Path) -> list[str]:
    """Those of a UTF-8 file that are not blank, stripped; spreadsheets put a mark in front."""
    lines = (line.strip() for line in file.read_text("utf-8-sig").splitlines())
    return [line for line in lines if line]


def add_threads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threads", type=positive, default=processors(), help="of the network (all processors)"
    )


def add_decoders(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--decoders",
        type=count,
        # A small network takes an image about as long as decoding it does.
        default=min(max(processors(), 2), 16),
        help="threads that read images ahead (as many as processors, 2 to 16)",
    )


def add_file_options(parser: argparse.ArgumentParser) -> None:
    """How folders are searched, and files read."""
    parser.add_argument(
        "--exif-orientation", action="store_true", help="turn images as their EXIF says"
    )
    parser.add_argument(
        "--all-files", action="store_true", help="try every file in folders, whatever its suffix"
    )


def processors() -> int:
    """As many as this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value
