"""What a commit did, or would do, as one HTML page that loads nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from .._page import png_uri, render
from ..model import Model

TEMPLATE = Path(__file__).parent / "templates" / "update.html.jinja"
THUMBNAIL = 96
"""Pixels of a founder's longer side."""


def write_page(
    path: Path,
    report: dict[str, Any],
    before: Model,
    after: Model | None,
    sources: dict[str, str],
) -> None:
    """sources: files by the digest of their pixels, for the founders' pictures."""
    names = {p.id: p.name for model in (before, after) if model for p in model.prototypes}
    usage = {p.id: p.usage for p in before.prototypes if p.kind != "retired"}
    pictures = {
        born["id"]: [_picture(sources[key]) for key in born["examples"] if key in sources]
        for born in report["born"]
    }
    values = {
        "report": report,
        "names": names,
        "usage": usage,
        "pictures": pictures,
        "model": after.sha256 if after else None,
    }
    path.write_text(render(TEMPLATE, values), encoding="utf-8")


def _picture(source: str) -> str:
    """A small copy as a data URI."""
    with Image.open(source) as image:
        small = image.convert("RGB")
        small.thumbnail((THUMBNAIL, THUMBNAIL))
    return png_uri(small)
