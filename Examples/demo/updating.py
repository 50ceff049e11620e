"""The demonstration's last part: a forgery method that the model has never seen arrives among
others, unlabelled; a commit finds it, and it is recognised afterwards."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cal
from cal.data import Dataset, Sample
from page import verdict_name


def update(path: Path, dataset: Dataset, late: Path, threads: int) -> None:
    """`late` is the manifest of the method's images. The unlabelled ones of both arrive; the test
    images show what it is good for."""
    new = _one_class(late)
    held = [new.file(sample) for sample in new.test]
    arriving = [each.file(sample) for each in (dataset, new) for sample in each.unlabelled]
    print(
        f"\n== {len(new.unlabelled)} images of a method that the model has never seen, "
        f"{', '.join(new.classes)}, arrive among {len(dataset.unlabelled)} others\n",
        flush=True,
    )
    with cal.Model.load(path) as model, tempfile.TemporaryDirectory() as folder:
        _show("before", model, dataset, held, threads)
        with cal.Updater.create(model, Path(folder, "state")) as updater:
            updater.observe(arriving, threads=threads)
            born = updater.commit()["born"]
            _births(born, updater.model, (dataset, new), threads)
            _show("after", updater.model, dataset, held, threads)


def _one_class(manifest: Path) -> Dataset:
    """Its label goes on from those of the other classes; here the method is by itself."""
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    method = rows[0]["method"]
    samples = (Sample(row["path"], 0, method, row["split"]) for row in rows)
    return Dataset(manifest.parent, (method,), 0, tuple(samples))


def _show(when: str, model: cal.Model, dataset: Dataset, held: list[Path], threads: int) -> None:
    with model.session(threads) as session:
        counts = Counter(verdict_name(answer) for answer in session.stream(held, top=1))
    known = cal.evaluate(model, dataset, threads=threads).metrics.known.acc
    called = ", ".join(f"{number} {name}" for name, number in counts.most_common())
    print(
        f"{when}: known ACC {100 * known:.1f}; {len(held)} test images of it are called {called}",
        flush=True,
    )


def _births(
    born: Sequence[dict[str, int]], model: cal.Model, arrived: Sequence[Dataset], threads: int
) -> None:
    """What made the images that the new prototypes answer, which nobody told."""
    found = [cal.evaluate(model, each, split="unlabelled", threads=threads) for each in arrived]
    print(f"commit: {len(born)} new methods", flush=True)
    for birth in born:
        truths = sum((each.makers(birth["id"]) for each in found), Counter[str]())
        made = ", ".join(f"{number} {name}" for name, number in truths.most_common(3))
        print(f"  novel prototype {birth['id']}: {truths.total()} images, by {made}", flush=True)
