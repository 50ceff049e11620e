"""Answers as one self-contained HTML page: counts, then every image with its verdict, its best
methods and where the evidence lies. No scripts, nothing loaded from elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cal
from cal._page import render
from cal.cli.records import label, printable
from overlay import overlay, thumbnail
from PIL import Image

TEMPLATE = Path(__file__).parent / "page.html.jinja"
UNREADABLE, UNDETERMINED = "unreadable", "undetermined"


@dataclass(frozen=True)
class Case:
    """One image of the page."""

    answer: cal.Attribution
    """Its source is the path of the image."""
    truth: str
    """The method that made it."""
    evidence: cal.Evidence | None = None
    """For the best prototype."""
    shown: bool = True
    """With a picture; images that are not are only counted."""


def write_page(
    path: Path,
    cases: Sequence[Case],
    *,
    known: Sequence[str],
    title: str,
    note: str,
    facts: Sequence[str] = (),
) -> None:
    """`known` are the methods that the model knows by name; `note` says what is to be seen,
    `facts` are lines to be kept as they are, such as a table of measures."""
    cards = [_card(case, known) for case in cases if case.shown]
    values = {
        "title": title,
        "note": note,
        "cards": cards,
        "facts": facts,
        "images": len(cases),
        "table": _table(cases, known),
        "outcomes": Counter(outcome(case, known) for case in cases),
    }
    page = render(TEMPLATE, values, {"printable": printable})
    path.write_text(page, encoding="utf-8")


def verdict_name(answer: cal.Attribution) -> str:
    """What the image counts as: a method's name or number, or that it has none."""
    if answer.top is None:
        return UNREADABLE
    if answer.verdict == "undetermined":
        return UNDETERMINED
    return label(answer.top)


def outcome(case: Case, known: Sequence[str]) -> str:
    """right, wrong or open. A method without a name is right if it was called novel: whether it
    is always called by the same number, the table shows."""
    if case.answer.verdict in (None, "undetermined"):
        return "open"
    if case.truth in known:
        return "right" if verdict_name(case.answer) == case.truth else "wrong"
    return "right" if case.answer.verdict == "novel" else "wrong"


def _card(case: Case, known: Sequence[str]) -> dict[str, object]:
    answer = case.answer
    card: dict[str, object] = {
        "source": answer.source or "",
        "truth": case.truth,
        "verdict": verdict_name(answer),
        "error": answer.error,
        "outcome": outcome(case, known),
        "scores": [(label(score), score.probability) for score in answer.ranked],
        "thumbnail": "",
        "overlay": "",
    }
    if answer.ok and answer.source:
        x, y, width, height = answer.crop
        with Image.open(answer.source) as image:
            face = image.convert("RGB").crop((x, y, x + width, y + height))
        card["thumbnail"] = thumbnail(face)
        card["overlay"] = overlay(face, case.evidence) if case.evidence else ""
    return card


def _table(cases: Sequence[Case], known: Sequence[str]) -> dict[str, object]:
    """How many images of each method got which verdict. Known methods first, in the model's
    order, and as columns even if nothing was called so; then all others as they come."""
    counts = Counter((case.truth, verdict_name(case.answer)) for case in cases)
    truths = list(dict.fromkeys(case.truth for case in cases))
    rows = [name for name in known if name in truths]
    rows += [name for name in truths if name not in known]
    last = [UNDETERMINED, UNREADABLE]
    named = {verdict for _, verdict in counts} - {*known, *last}
    columns = [*known, *sorted(named, key=_by_number)]
    columns += [name for name in last if any(counts[truth, name] for truth in truths)]
    return {
        "columns": columns,
        "rows": [(truth, [counts[truth, column] for column in columns]) for truth in rows],
        "known": list(known),
    }


def _by_number(name: str) -> tuple[str, int]:
    """Prototype 9 before prototype 10."""
    words, _, number = name.rpartition(" ")
    return (words, int(number)) if number.isdecimal() else (name, 0)
