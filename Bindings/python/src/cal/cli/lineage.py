"""`cal history`: how a model's prototypes came about."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from ..model import Model
from ..updating import Updater
from .exits import DONE
from .records import printable
from .update import told


def register(commands: Any) -> None:
    parser = commands.add_parser(
        "history",
        help="show what each update changed",
        description="Shows the epochs of a model's prototypes: of a model file by the births in "
        "its bank, of the state of an updater by the reports of the epochs it keeps.",
    )
    parser.add_argument("model", metavar="MODEL", help="model file, or folder of a state")
    parser.add_argument("--json", action="store_true", help="as one JSON array")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    if os.path.isdir(chosen.model):
        with Updater.open(chosen.model) as updater:
            epochs = updater.history()
        lines = [line for epoch in epochs for line in _epoch(epoch)]
    else:
        with Model.load(chosen.model) as model:
            epochs = _births(model)
            parent = model.describe().get("provenance", {}).get("parent_sha256")
            lines = [f"model {model.sha256}", f"parent {parent or 'none'}"]
        for epoch in epochs:
            lines.append(f"epoch {epoch['epoch']}")
            lines += [f"  {_shown(prototype)}" for prototype in epoch["born"]]
    print(json.dumps(epochs, ensure_ascii=False) if chosen.json else "\n".join(lines))
    return DONE


def _epoch(epoch: dict[str, Any]) -> list[str]:
    lines = [f"epoch {epoch['epoch']}, model {epoch['model']}"]
    if epoch["report"]:
        lines += [f"  {line}" for line in told(epoch["report"])]
    return lines


def _births(model: Model) -> list[dict[str, Any]]:
    epochs: dict[int, list[dict[str, Any]]] = {}
    for p in model.prototypes:
        born = {"id": p.id, "kind": p.kind, "name": p.name, "merged_into": p.merged_into}
        epochs.setdefault(p.birth_epoch, []).append(born)
    return [{"epoch": epoch, "born": born} for epoch, born in sorted(epochs.items())]


def _shown(prototype: dict[str, Any]) -> str:
    where = f", into {prototype['merged_into']}" if prototype["kind"] == "retired" else ""
    return f"{prototype['id']:6} {prototype['kind']}{where} {printable(prototype['name'])}".rstrip()
