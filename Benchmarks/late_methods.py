"""Methods that arrive after training, on a real data set, for docs/RESULTS.md.

For each seed three novel methods are drawn and left out, and a model is trained on the rest, K
unknown. Then all unlabelled images arrive, those of the three among them, and there is one commit.
The ceiling is the model that is trained with everything from the beginning, of the same seed, as
results.py makes it.

usage: late_methods.py DATA OUT [--seeds 1,2,3] [--threads 1] [--evaluate]

A training has a folder OUT/late-SEED, and one whose model is there is not made again; nor is
OUT/default-unknown-SEED.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import cal
import roles
from cal.data import Dataset
from common import machine, numbers
from results import command

LATE = 3
COLUMNS = "seed, born, methods of the births (purity), Known before, Known after, late strict, "
COLUMNS += "ceiling, share of it, Known of the ceiling, births without the late methods"


def draw(dataset: Dataset, seed: int) -> list[int]:
    """Labels of the methods that come late."""
    novel = range(dataset.known, len(dataset.classes))
    return sorted(random.Random(seed).sample(novel, LATE))


def train(data: Path, out: Path, seed: int, late: list[int], threads: int) -> None:
    dataset = cal.data.open(data)
    manifest = out / f"late-{seed}.csv"
    roles.without(dataset, late).write(manifest)
    partial = command(data, out / f"late-{seed}", "default-unknown", seed, threads)
    everything = command(data, out / f"default-unknown-{seed}", "default-unknown", seed, threads)
    for arguments in ([*partial, "--manifest", str(manifest)], everything):
        if not (Path(arguments[2]) / "model.cal").is_file():
            print("cal", *arguments, file=sys.stderr, flush=True)
            subprocess.run([sys.executable, "-m", "cal", *arguments], check=True)


def measure(model: cal.Model, dataset: Dataset, late: list[int]) -> tuple[float, float]:
    """ACC of known methods, and strict ACC of late ones, in percent: by the best matching of all
    novel methods to novel prototypes."""
    found = cal.evaluate(model, dataset)
    classes = [found.classes[label] for label in late]
    hits, images = sum(each.hits for each in classes), sum(each.images for each in classes)
    return 100 * found.metrics.known.acc, 100 * hits / images


def commit(model: cal.Model, dataset: Dataset) -> tuple[cal.Model, list[str]]:
    """The next model once the unlabelled images have arrived, and what made those that each birth
    answers."""
    with (
        tempfile.TemporaryDirectory() as folder,
        cal.Updater.create(model, Path(folder, "state")) as updater,
    ):
        updater.observe([dataset.file(sample) for sample in dataset.unlabelled])
        report = updater.commit()
        after = updater.model
    found = cal.evaluate(after, dataset, split="unlabelled")
    return after, [purity(found.makers(birth["id"])) for birth in report["born"]]


def purity(methods: Counter[str]) -> str:
    """The method of most of a prototype's images, and its share of them."""
    if not methods:  # others answer what it was made of
        return "no image"
    name, count = methods.most_common(1)[0]
    return f"{name} {100 * count / methods.total():.0f} %"


def row(dataset: Dataset, out: Path, seed: int, late: list[int]) -> str:
    with cal.Model.load(out / f"late-{seed}" / "model.cal") as model:
        before, _ = measure(model, dataset, late)
        after, births = commit(model, dataset)
        _, others = commit(model, roles.without(dataset, late))
    known, strict = measure(after, dataset, late)
    cells = [str(seed), str(len(births)), ", ".join(births), f"{before:.1f}", f"{known:.1f}"]
    cells.append(f"{strict:.1f}")
    whole = out / f"default-unknown-{seed}" / "model.cal"
    if whole.is_file():
        with cal.Model.load(whole) as model:
            ceiling = measure(model, dataset, late)
        share = f"{100 * strict / ceiling[1]:.0f} %" if ceiling[1] else ""
        cells += [f"{ceiling[1]:.1f}", share, f"{ceiling[0]:.1f}"]
    else:
        cells += ["", "", ""]
    return "| " + " | ".join([*cells, ", ".join(others) or "none"]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=numbers, default=[1, 2, 3])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--evaluate", action="store_true", help="what is there; train nothing")
    chosen = parser.parse_args()
    dataset = cal.data.open(chosen.data)
    chosen.out.mkdir(parents=True, exist_ok=True)
    lines = []
    for seed in chosen.seeds:
        late = draw(dataset, seed)
        print(seed, *(dataset.classes[label] for label in late), file=sys.stderr, flush=True)
        if not chosen.evaluate:
            train(chosen.data, chosen.out, seed, late, chosen.threads)
        if (chosen.out / f"late-{seed}" / "model.cal").is_file():
            lines.append(row(dataset, chosen.out, seed, late))
    print(f"Machine: {machine()}.\n")
    header = COLUMNS.split(", ")
    print("| " + " | ".join(header) + " |")
    print("|---" * len(header) + "|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
