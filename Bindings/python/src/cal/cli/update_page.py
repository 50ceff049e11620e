"""What a commit did, or would do, as one HTML page that loads nothing."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from ..model import Model

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
    environment = Environment(
        loader=PackageLoader("cal.cli", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = {p.id: p.name for model in (before, after) if model for p in model.prototypes}
    usage = {p.id: p.usage for p in before.prototypes if p.kind != "retired"}
    pictures = {
        born["id"]: [_picture(sources[key]) for key in born["examples"] if key in sources]
        for born in report["born"]
    }
    page = environment.get_template("update.html.jinja").render(
        report=report,
        names=names,
        usage=usage,
        pictures=pictures,
        model=after.sha256 if after else None,
    )
    path.write_text(page, encoding="utf-8")


def _picture(source: str) -> str:
    """A small copy as a data URI."""
    with Image.open(source) as image:
        small = image.convert("RGB")
        small.thumbnail((THUMBNAIL, THUMBNAIL))
        file = io.BytesIO()
        small.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
