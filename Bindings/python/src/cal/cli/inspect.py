"""`cal inspect`: what a model file says of itself."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..model import Model
from .exits import DONE
from .records import printable


def register(commands: Any) -> None:
    parser = commands.add_parser(
        "inspect", help="show what a model is", description="Shows what a model file contains."
    )
    parser.add_argument("model", metavar="MODEL", help="model file")
    parser.add_argument("--json", action="store_true", help="everything, as one JSON object")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    with Model.load(chosen.model) as model:
        if chosen.json:
            print(json.dumps(model.describe(), ensure_ascii=False))
        else:
            for line in summary(model):
                print(line)
    return DONE


def summary(model: Model) -> list[str]:
    info = model.info
    lines = [
        f"sha256      {model.sha256}",
        f"file        {info.file_size} bytes, format {info.format_version}",
        f"input       {info.input_size} x {info.input_size} pixels",
        f"network     {info.parameter_count} parameters, {info.feature_count} features, "
        f"map {info.map_height} x {info.map_width}",
        f"thresholds  known {info.known_threshold:g}, novel {info.novel_threshold:g}, "
        f"temperature {info.temperature:g}",
    ]
    described = model.describe()
    if calibration := described["calibration"]:
        images = sum(part["images"] for part in calibration)
        lines.append(f"calibration {images} images of {len(calibration)} prototypes")
    provenance = described["provenance"].items()
    lines += [f"{key:11} {printable(str(value))}" for key, value in provenance if value]
    lines.append(
        f"bank        epoch {info.bank_epoch}: {info.known_count} known, {info.novel_count} novel, "
        f"{info.retired_count} retired"
    )
    lines += [
        f"  {prototype.id:6}  {prototype.kind:8} usage {prototype.usage:<8} "
        f"{printable(prototype.name)}".rstrip()
        for prototype in model.prototypes
    ]
    return lines
