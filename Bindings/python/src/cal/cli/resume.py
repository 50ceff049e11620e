"""`--resume`: what a run that was stopped has left in its output file, and whether this run may go
on with it.

A record names its model, but not all of the options that it was made with. So some of the answered
images are attributed once more: the same model, options and pixels give the same record.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from ..images import source_name
from ..results import Attribution
from .records import columns

SAMPLES = 16
"""Records that are made anew, at most, beside the last."""

_REPORT = '{"schema":"cal.report/1",'

Fields = dict[str, Any]
Again = Callable[[list[str]], Iterable[tuple[Attribution, str]]]
"""Attributes images; gives each answer and its record."""


@dataclass(frozen=True)
class Form:
    """How records are read back."""

    option: str
    begins: str
    """What the file begins with."""
    header: bool
    """Whether that is a record of its own."""
    quoted: bool
    """Whether a record goes on behind a line's end while a quotation mark is open."""
    digest: str
    """The field with the model's SHA-256."""
    fields: Callable[[str], Fields]
    """Of a record; ValueError or csv.Error if it is none."""


def jsonl() -> Form:
    return Form("--jsonl", _REPORT, False, False, "model.sha256", _report)


def rows(top: int) -> Form:
    names = columns(top)
    return Form(
        "--csv", ",".join(names) + "\n", True, True, "model_sha256", lambda text: _row(text, names)
    )


@dataclass(frozen=True)
class Record:
    line: int
    fields: Fields


@dataclass
class Kept:
    """What stands in the file and stays."""

    count: int = 0
    failed: int = 0
    end: int = 0
    """Bytes; what lies behind is a record that was not finished."""
    samples: list[Record] = field(default_factory=list)
    """Of images with an answer, spread over the file; the last is among them."""
    _answered: Counter[str | None] = field(default_factory=Counter)
    _last: Record | None = None
    _every: int = 1

    def add(self, record: Record) -> None:
        self.count += 1
        self._answered[record.fields["source"]] += 1
        if record.fields["status"] != "CAL_OK":
            self.failed += 1
            return
        self._last = record
        if (self.count - self.failed) % self._every == 0:
            self.samples.append(record)
        if len(self.samples) > SAMPLES:
            del self.samples[::2]
            self._every *= 2

    def finish(self) -> None:
        if self._last is not None and self._last not in self.samples:
            self.samples.append(self._last)

    def left(self, paths: Iterable[str]) -> Iterator[str]:
        """Those without a record. A path that is given several times needs as many."""
        for path in paths:
            name = source_name(path)
            if self._answered[name] > 0:
                self._answered[name] -= 1
            else:
                yield path


def look(path: str, form: Form, model_sha256: str) -> Kept:
    """Reads the file at path; nothing is kept if there is none. OSError if it cannot be gone on
    with."""
    kept = Kept()
    if not os.path.exists(path):
        return kept
    if not os.path.isfile(path):
        raise OSError(0, "is no file that a run can go on with", path)
    with open(path, "rb") as file:
        for line, data, is_whole in _records(file, form.quoted):
            if kept.end == 0:
                _check_beginning(path, form, data, is_whole)
            if not is_whole:
                _check_rest(path, line, data, model_sha256)
                break
            if kept.end > 0 or not form.header:
                kept.add(_read(path, form, line, data, model_sha256))
            kept.end += len(data)
    kept.finish()
    return kept


def check(path: str, form: Form, kept: Kept, again: Again) -> None:
    """OSError unless `again` makes of the sampled images what is kept of them. An image that
    cannot be read any more says nothing."""
    made = again([record.fields["source"] for record in kept.samples])
    for record, (result, text) in zip(kept.samples, made, strict=True):
        if not result.ok:
            continue
        now = form.fields(text)
        for name in record.fields | now:
            old, new = record.fields.get(name), now.get(name)
            if old != new:
                raise OSError(
                    0,
                    f"line {record.line}, {result.source}, has {name} {old!r}; with this model and "
                    f"these options it is {new!r}. Give the options that the file was begun with",
                    path,
                )


def _records(file: BinaryIO, quoted: bool) -> Iterator[tuple[int, bytes, bool]]:
    """(number of the first line, bytes, whether it is whole), of each record."""
    first, held, is_open = 1, [], False
    for number, line in enumerate(file, 1):
        held.append(line)
        is_open ^= quoted and line.count(b'"') % 2 == 1
        if line.endswith(b"\n") and not is_open:
            yield first, b"".join(held), True
            first, held = number + 1, []
    if held:
        yield first, b"".join(held), False


def _check_beginning(path: str, form: Form, data: bytes, is_whole: bool) -> None:
    """The first record, before anything is cut off: is this such a file at all?"""
    wanted = form.begins.encode()
    if data[: len(wanted)] == wanted or (not is_whole and wanted.startswith(data)):
        return
    found = data.decode("utf-8", "backslashreplace")
    names = found.strip().split(",")
    if form.header and names[:4] == columns(0)[:4]:
        raise OSError(
            0,
            f"has {len(names)} columns, up to {names[-1]!r}; these options give "
            f"{wanted.count(b',') + 1}, up to {form.begins.strip().split(',')[-1]!r}",
            path,
        )
    raise OSError(0, f"line 1 is {found[:60]!r}, which is not what {form.option} writes", path)


def _check_rest(path: str, line: int, data: bytes, model_sha256: str) -> None:
    """One unfinished record is cut off; whole ones behind a lost quotation mark are not."""
    if data.count(model_sha256.encode()) > 1:
        raise OSError(0, f"a quotation mark is not closed in the record of line {line}", path)


def _read(path: str, form: Form, line: int, data: bytes, model_sha256: str) -> Record:
    try:
        record = Record(line, form.fields(data.decode("utf-8")))
        model = record.fields[form.digest]
        record.fields["source"], record.fields["status"]
    except (ValueError, KeyError, csv.Error):
        raise OSError(0, f"line {line} is no record of {form.option}", path) from None
    if model != model_sha256:
        raise OSError(
            0, f"line {line} was written with the model {model}; this one is {model_sha256}", path
        )
    return record


def _report(text: str) -> Fields:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("no object")
    return dict(_flat(value, ""))


def _flat(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """a.b for the members of an object; an array's length and entries."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _flat(member, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        yield f"number of {name}", len(value)
        for number, entry in enumerate(value, 1):
            yield from _flat(entry, f"{name}.{number}")
    else:
        yield name, value


def _row(text: str, names: list[str]) -> Fields:
    [row] = csv.reader(io.StringIO(text, newline=""), strict=True)
    return dict(zip(names, row, strict=True))
