"""The demo's page: counts and pictures are right, and no name can become markup."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cal
import numpy as np
import pytest
from overlay import overlay
from page import Case, outcome, write_page
from PIL import Image

KNOWN = ["Real", "Swap"]
NAMES = {0: "Real", 1: "Swap"}


@pytest.fixture
def face(tmp_path: Path) -> Path:
    Image.new("RGB", (40, 30), (200, 150, 100)).save(tmp_path / "face.png")
    return tmp_path / "face.png"


def answer(source: Path, id: int, verdict: cal.Verdict | None = None) -> cal.Attribution:
    """That prototype first, Real second."""
    kind: cal.Kind = "known" if id in NAMES else "novel"
    scores = (
        cal.Score(id, NAMES.get(id, ""), kind, 2.0, 0.875),
        cal.Score(0, "Real", "known", 0.0, 0.1),
    )
    return cal.Attribution(
        str(source), cal.Status.OK, "", verdict or kind, scores, 0.5, 0.5, 0, 40, 30,
        (10, 5, 20, 20), None,
    )  # fmt: skip


def failed(source: str) -> cal.Attribution:
    return cal.Attribution(
        source, cal.Status.IMAGE_FORMAT, "not an image <that> can be read", None, (), None, None,
        0, 0, 0, (0, 0, 0, 0), None,
    )  # fmt: skip


def evidence(*shares: float) -> cal.Evidence:
    return cal.Evidence(0, sum(shares), 1, len(shares), shares)


class Elements(HTMLParser):
    """Tags with their attributes, and the text of table cells by row."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.in_cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.in_cell = False

    def handle_data(self, text: str) -> None:
        self.text += text
        if self.in_cell:
            self.rows[-1][-1] += text


def render(path: Path, cases: list[Case], **words: Any) -> Elements:
    words = {"title": "A demonstration", "note": "Nothing more.", **words}
    write_page(path / "page.html", cases, known=KNOWN, **words)
    return Elements((path / "page.html").read_text(encoding="utf-8"))


def picture(address: str | None) -> Image.Image:
    head, _, body = (address or "").partition(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(body, validate=True)))


def test_counts(face: Path, tmp_path: Path) -> None:
    cases = [
        Case(answer(face, 0), "Real"),
        Case(answer(face, 0), "Real"),
        Case(answer(face, 10), "Real"),
        Case(answer(face, 10), "Warp"),
        Case(answer(face, 9), "Warp"),
        Case(answer(face, 1, "undetermined"), "Swap"),
        Case(failed("gone.png"), "Swap"),
    ]
    page = render(tmp_path, cases)
    assert page.rows[:4] == [
        ["made by", "Real", "Swap", "novel prototype 9", "novel prototype 10", "undetermined",
         "unreadable"],
        ["Real", "2", "0", "0", "1", "0", "0"],
        ["Swap", "0", "0", "0", "0", "1", "1"],
        ["Warp (not known)", "0", "0", "1", "1", "0", "0"],
    ]  # fmt: skip
    assert "7 images: 4 right, 1 wrong,\n2 left open." in page.text


def test_not_shown_is_counted(face: Path, tmp_path: Path) -> None:
    cases = [Case(answer(face, 0), "Real", shown=False), Case(answer(face, 1), "Swap")]
    page = render(tmp_path, cases)
    assert [row[1:] for row in page.rows[1:3]] == [["1", "0"], ["0", "1"]]
    assert "2 images: 2 right" in page.text
    assert [tag["alt"] for name, tag in page.tags if name == "img"] == ["face"]


def test_facts_keep_their_lines(face: Path, tmp_path: Path) -> None:
    page = render(tmp_path, [Case(answer(face, 0), "Real")], facts=["ACC   1", "", "<b>\u202e"])
    assert "\nACC   1\n\n<b>\\u202e\n" in page.text
    assert "b" not in {kind for kind, _ in page.tags}


def test_card(face: Path, tmp_path: Path) -> None:
    page = render(tmp_path, [Case(answer(face, 1), "Real", evidence(1, -1))])
    assert "Swap:\nwrong. Made by Real." in page.text
    assert page.rows[-2:] == [["Swap", "87.5 %"], ["Real", "10.0 %"]]
    thumbnail, shown = (picture(tag["src"]) for name, tag in page.tags if name == "img")
    assert thumbnail.size == shown.size == (20, 20)  # the crop
    assert thumbnail.getpixel((3, 3)) == (200, 150, 100)


@pytest.mark.parametrize(
    ("id", "verdict", "truth", "expected"),
    [
        (0, "known", "Real", "right"),
        (0, "known", "Swap", "wrong"),
        (0, "known", "Warp", "wrong"),
        (9, "novel", "Warp", "right"),
        (9, "novel", "Real", "wrong"),
        (0, "undetermined", "Real", "open"),
    ],
)
def test_outcome(face: Path, id: int, verdict: cal.Verdict, truth: str, expected: str) -> None:
    assert outcome(Case(answer(face, id, verdict), truth), KNOWN) == expected


def test_names_stay_text(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>'\"&\u202e.png"
    Image.new("RGB", (40, 30)).save(tmp_path / name)
    cases = [Case(answer(tmp_path / name, 0), name), Case(failed(name), "Real")]
    page = render(tmp_path, cases, title="</title><b>", note="<i>")
    shown = name.replace("\u202e", "\\u202e")
    assert {tag["alt"] for kind, tag in page.tags if kind == "img"} == {"face"}
    assert not {"script", "b", "i"} & {kind for kind, _ in page.tags}
    assert f"Made by {shown}." in page.text
    assert page.text.count(shown) == 4  # table, truth, and the source of both cards
    assert "not an image <that> can be read" in page.text
    assert "\u202e" not in page.text


def test_nothing_is_loaded(face: Path, tmp_path: Path) -> None:
    page = render(tmp_path, [Case(answer(face, 0), "Real", evidence(1))])
    for kind, tag in page.tags:
        assert kind not in ("script", "link", "iframe", "object")
        assert all(not value or value.startswith("data:") for key, value in tag.items()
                   if key in ("src", "href"))  # fmt: skip
    assert not re.search(r"url\(|@import|https?:", (tmp_path / "page.html").read_text())


def test_overlay_colours() -> None:
    grey = Image.new("RGB", (64, 32), (128, 128, 128))
    shown = picture(overlay(grey, evidence(2, -2)))
    (red, _, blue), (red_right, _, blue_right) = shown.getpixel((8, 16)), shown.getpixel((56, 16))
    assert red > 200 and blue < 60
    assert red_right < 60 and blue_right > 200
    none = picture(overlay(grey, evidence(0, 0)))
    assert none.getextrema() == ((128, 128), (128, 128), (128, 128))


def test_overlay_follows_the_shares() -> None:
    """Half the largest share is drawn with half its opacity."""
    black = Image.new("RGB", (300, 10))
    shown = np.asarray(picture(overlay(black, evidence(1, 0.5, 0)))).astype(float)
    strong, half, none = (shown[2, column, 0] for column in (6, 63, 121))
    assert shown.shape == (4, 128, 3)  # no larger than it is shown
    assert half == pytest.approx(strong / 2, rel=0.1)
    assert none == pytest.approx(0, abs=4)
