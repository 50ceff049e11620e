"""The demonstration's first part: who made these images, and how often is the answer right?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cal
from cal.cli.eval_table import lines
from cal.data import Dataset
from page import Case, write_page
from tqdm import tqdm

SHOWN = 5
"""Images of each method that the page shows; the others are only counted."""
TITLE = "Which method made this face?"
NOTE = (
    "Portraits drawn by code, forged by code: demonstration data, no evidence of quality on real "
    "forgeries. The people below were not seen in training. Methods that are not known had no "
    "labels in training, and neither their number nor their names were told."
)


def attribute(path: Path, dataset: Dataset, page: Path, threads: int) -> None:
    """Of the test images."""
    with cal.Model.load(path) as model:
        print(f"\n== {len(dataset.test)} images of people never seen, by {path.name}\n", flush=True)
        cases = list(tqdm(_cases(model, dataset, threads), total=len(dataset.test), disable=None))
        facts = lines(cal.evaluate(model, dataset, threads=threads))
        known = [each.name for each in model.prototypes if each.kind == "known"]
    counts = Counter(case.answer.verdict or "unreadable" for case in cases)
    verdicts = ", ".join(f"{number} {verdict}" for verdict, number in counts.most_common())
    facts += ["", f"verdicts: {verdicts}"]
    write_page(page, cases, known=known, title=TITLE, note=NOTE, facts=facts)
    print(*facts, f"\nWith pictures and evidence: {page}", sep="\n", flush=True)


def _cases(model: cal.Model, dataset: Dataset, threads: int) -> Iterator[Case]:
    """In the order of the manifest, with evidence for those that are shown."""
    seen: Counter[str] = Counter()
    files = [dataset.file(sample) for sample in dataset.test]
    with model.session(threads) as answering, model.session(threads) as explaining:
        for sample, answer in zip(dataset.test, answering.stream(files, top=3), strict=True):
            seen[sample.method] += 1
            shown = seen[sample.method] <= SHOWN
            evidence = None
            if shown and answer.top is not None:
                evidence = explaining.evidence(answer.source, answer.top.id)
            yield Case(answer, sample.method, evidence, shown)
