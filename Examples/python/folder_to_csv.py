"""All pictures below a folder to one CSV file: what each is, and how sure libcal is.

python folder_to_csv.py model.cal faces/ answers.csv
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import cal

PICTURES = {".png", ".jpg", ".jpeg", ".ppm", ".webp", ".bmp"}
COLUMNS = ["path", "verdict", "id", "name", "kind", "probability", "pixels_sha256", "error"]


def row(path: Path, answer: cal.Attribution) -> list[object]:
    if answer.top is None:
        return [path, "", "", "", "", "", "", answer.error]
    best = answer.top
    probability = f"{best.probability:.6f}"
    return [path, answer.verdict, best.id, best.name, best.kind, probability,
            answer.pixels_sha256, ""]  # fmt: skip


def main(model_path: str, folder: str, out: str) -> int:
    paths = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in PICTURES)
    with cal.Model.load(model_path) as model, open(out, "w", newline="", encoding="utf-8") as file:
        answers = model.attribute(paths, top=1, threads=2)
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(row(path, answer) for path, answer in zip(paths, answers, strict=True))
    failed = sum(not answer.ok for answer in answers)
    print(f"{len(answers)} pictures, {failed} of them unreadable")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
