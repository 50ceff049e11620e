"""Two machines observe, one commits: pictures of two folders are taken in by an updater each, the
two states are merged, the next epoch is made of both, and all pictures are attributed again.

python two_shards.py model.cal folder-a/ folder-b/ work/ next.cal
"""

from __future__ import annotations

import sys
from pathlib import Path

import cal

PICTURES = {".png", ".jpg", ".jpeg", ".ppm", ".webp", ".bmp"}


def pictures(folder: str) -> list[Path]:
    return sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in PICTURES)


def told(answer: cal.Attribution) -> str:
    if answer.top is None:
        return f"error: {answer.error}"
    return f"{answer.verdict} {answer.top.name or '#' + str(answer.top.id)}"


def main(model_path: str, *rest: str) -> int:
    *folders, work, out = rest
    before: dict[Path, str] = {}
    shards = []
    with cal.Model.load(model_path) as model:
        # On two machines these run at the same time; only the state's folder has to travel.
        for number, folder in enumerate(folders):
            shards.append(Path(work, f"shard-{number}"))
            with cal.Updater.create(model, shards[-1]) as shard:
                paths = pictures(folder)
                answers = shard.observe(paths, top=1)
                before |= {path: told(each) for path, each in zip(paths, answers, strict=True)}
                print(f"{folder}: {shard.status()['unexplained']} of {len(paths)} unexplained")

        with cal.Updater.create(model, Path(work, "sum")) as total:
            for shard_folder in shards:
                total.merge(shard_folder)
            report = total.commit()
            for born in report["born"]:
                print(f"born: #{born['id']}, of {born['images']} pictures")
            total.model.save(out)

    with cal.Model.load(out) as model:
        for (path, old), answer in zip(before.items(), model.attribute(before, top=1), strict=True):
            new = told(answer)
            print(f"{path.name}: {old}" + (f" -> {new}" if new != old else ""))
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    Path(sys.argv[4]).mkdir(parents=True, exist_ok=True)
    sys.exit(main(*sys.argv[1:]))
