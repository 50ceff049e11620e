"""The demonstration's last part: a forgery method that the model has never seen arrives among
others, unlabelled; a commit finds it, and it is recognised afterwards."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cal
from cal.data import Dataset
from page import verdict_name


def update(path: Path, dataset: Dataset, late: Path, threads: int) -> None:
    """`late` is the manifest of the method's images. The unlabelled ones of both arrive; the test
    images show what it is good for."""
    with late.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    method = rows[0]["method"]
    new = [late.parent / row["path"] for row in rows if row["split"] == "unlabelled"]
    held = [late.parent / row["path"] for row in rows if row["split"] == "test"]
    methods = {str(dataset.file(sample)): sample.method for sample in dataset.unlabelled}
    methods |= {str(file): method for file in new}
    print(
        f"\n== {len(new)} images of a method that the model has never seen, {method}, arrive among "
        f"{len(methods) - len(new)} others\n",
        flush=True,
    )
    with cal.Model.load(path) as model, tempfile.TemporaryDirectory() as folder:
        _show("before", model, dataset, held, threads)
        with cal.Updater.create(model, Path(folder, "state")) as updater:
            updater.observe(list(methods), threads=threads)
            born = updater.commit()["born"]
            _births(born, updater.model, methods, threads)
            _show("after", updater.model, dataset, held, threads)


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
    born: Sequence[dict[str, object]], model: cal.Model, methods: dict[str, str], threads: int
) -> None:
    """What made the images that the new prototypes answer, which nobody told."""
    with model.session(threads) as session:
        answers = list(session.stream(methods, top=1))
    print(f"commit: {len(born)} new methods", flush=True)
    for birth in born:
        truths = Counter(
            methods[str(answer.source)]
            for answer in answers
            if answer.top is not None and answer.top.id == birth["id"]
        )
        made = ", ".join(f"{number} {name}" for name, number in truths.most_common(3))
        print(f"  novel prototype {birth['id']}: {truths.total()} images, by {made}", flush=True)
