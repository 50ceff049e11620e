"""cal.evaluate: against plain counting, against PyTorch's figures, and what it writes."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import cal
from cal.evaluation import Columns
from cal.evaluation.columns import label_ids
from cal.evaluation.reliability import BINS, reliability
from cal.importer import import_checkpoint
from cal.results import Prototype
from networks import picture

CLASSES = ("beta", "alpha", "x", "y$_^", "z")  # the model knows the first two, in another order
HEAD = "path,label,method,split\n"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> cal.data.Dataset:
    """90 pictures, of which class z has none to test with and one is damaged."""
    root = tmp_path_factory.mktemp("data")
    chance = np.random.default_rng(8)
    text = HEAD
    for i in range(90):
        label = i % 4
        Image.fromarray(picture(chance)).save(root / f"{i:02}.png")
        split = "test" if i >= 20 else "labelled" if label < 2 else "unlabelled"
        text += f"{i:02}.png,{label},{CLASSES[label]},{split}\n"
    (root / "damaged.png").write_bytes(b"")
    (root / "split.csv").write_text(text + "damaged.png,3,y$_^,test\nz.png,4,z,unlabelled\n")
    return cal.data.open(root)


@pytest.fixture(scope="module")
def colours(colour_model_path: Path) -> Iterator[cal.Model]:
    with cal.Model.load(colour_model_path) as model:
        yield model


@pytest.fixture(scope="module")
def evaluation(colours: cal.Model, dataset: cal.data.Dataset) -> cal.Evaluation:
    return cal.evaluate(colours, dataset)


def test_counting_gives_the_same(
    colours: cal.Model, dataset: cal.data.Dataset, evaluation: cal.Evaluation
) -> None:
    samples = [sample for sample in dataset.test if sample.path != "damaged.png"]
    answers = colours.attribute([dataset.file(sample) for sample in samples], top=None)
    best = [answer.ranked[0].id for answer in answers]
    assert len(set(best)) > 2  # or nothing is shown
    # The data's beta is the model's prototype 1, alpha its 0; ids are rows of the checkpoint.
    right = [{0: 1, 1: 0}.get(sample.label, sample.label) for sample in samples]
    score = [sum(s.probability for s in answer.ranked if s.kind == "known") for answer in answers]
    measured = cal.metrics(right, best, known=2, score=score)
    assert evaluation.metrics.all == measured.all
    assert evaluation.metrics.auroc == pytest.approx(measured.auroc)
    assert evaluation.metrics.strict_novel_acc == measured.strict_novel_acc

    counts = Counter(zip((s.label for s in samples), best, strict=True))
    titles = ["alpha", "beta", "novel 2", "novel 3", "novel 4", "novel 5"]
    assert [evaluation.columns.title(i) for i in range(6)] == titles
    assert evaluation.confusion == [[counts[i, j] for j in range(6)] for i in range(5)]
    for label, each in enumerate(evaluation.classes):
        row = evaluation.confusion[label]
        column = {0: 1, 1: 0}.get(label, measured.match[label] if label < 4 else -1)
        assert (each.name, each.images) == (CLASSES[label], sum(row))
        assert each.kind == ("known" if label < 2 else "novel")
        assert each.column == (None if column < 0 else column)
        assert each.hits == (0 if column < 0 else row[column])
        others = [n for i, n in enumerate(row) if i != column]
        assert each.confused == max(others)
        assert each.confused == 0 or row[each.confused_with] == each.confused
    assert evaluation.classes[4].acc is None
    assert [one.path for one in evaluation.unreadable] == ["damaged.png"]
    assert "CAL_ERR_IMAGE_FORMAT" in evaluation.unreadable[0].reason

    sure = [
        (answer.ranked[0].probability, answer.ranked[0].id == label)
        for answer, label in zip(answers, right, strict=True)
        if label < 2
    ]
    assert evaluation.reliability == reliability(sure)


def test_makers(colours: cal.Model, dataset: cal.data.Dataset, evaluation: cal.Evaluation) -> None:
    answers = colours.attribute([dataset.file(sample) for sample in dataset.test], top=1)
    for prototype in colours.prototypes:
        own = Counter(
            sample.method
            for sample, answer in zip(dataset.test, answers, strict=True)
            if answer.ok and answer.ranked[0].id == prototype.id
        )
        found = evaluation.makers(prototype.id)
        assert found == own and 0 not in found.values()
    assert evaluation.makers(0) and len(evaluation.makers(0)) < len(CLASSES)
    with pytest.raises(cal.CalNotFoundError, match="no prototype in use has the id 77"):
        evaluation.makers(77)


def test_splits(colours: cal.Model, dataset: cal.data.Dataset) -> None:
    seen: list[tuple[int, int]] = []
    found = cal.evaluate(
        colours, dataset, split="labelled", progress=lambda *counts: seen.append(counts)
    )
    assert seen == [(i, 10) for i in range(1, 11)]
    assert (found.metrics.known_count, found.metrics.novel_count) == (10, 0)
    assert found.metrics.auroc is None
    both = cal.evaluate(colours, dataset, split="all", threads=2, decoders=0, batch=3)
    assert both.metrics.known_count + both.metrics.novel_count == 90
    assert len(both.unreadable) == 2


def test_what_the_model_calls_a_class(colours: cal.Model, dataset: cal.data.Dataset) -> None:
    found = cal.evaluate(colours, dataset, known_as={"beta": "alpha", "alpha": "", "x": "beta"})
    assert [each.kind for each in found.classes] == ["known", "novel", "known", "novel", "novel"]
    assert [found.classes[i].column for i in (0, 2)] == [0, 1]
    assert found.absent == ()
    merged = cal.evaluate(colours, dataset, known_as={"beta": "alpha"})
    assert [each.column for each in merged.classes[:2]] == [0, 0]
    assert merged.absent == ("beta",)


def prototypes(*names: str, kind: str = "known") -> list[Prototype]:
    return [Prototype(10 + i, name, kind, 0, 0, 10 + i) for i, name in enumerate(names)]


def test_columns_put_known_prototypes_first() -> None:
    bank = [*prototypes("", "fox", kind="novel"), *prototypes("a", "")]
    bank.append(Prototype(90, "gone", "retired", 0, 0, 10))
    columns = Columns.of(bank)
    assert columns.known == 2
    assert [columns.title(i) for i in range(4)] == ["a", "class 11", "novel 10", "novel 11 fox"]
    assert label_ids(["class 11", "q", "a", "fox"], 0, columns, {}) == [1, 2, 0, 3]


@pytest.mark.parametrize(
    ("names", "known_as", "sentence"),
    [
        (["a", "c", "d"], {}, "labelled images of 'c', which the model does not know by name; it"),
        (["a", "c"], {"c": "z"}, "map 'c': the model knows no 'z', but 'a', 'b'"),
        (["a", "b"], {"z": "a"}, "map 'z': the data have no such class, but 'a', 'b'"),
    ],
)
def test_classes_that_do_not_fit(names: list[str], known_as: dict[str, str], sentence: str) -> None:
    with pytest.raises(cal.data.DataError, match=sentence):
        label_ids(names, 2, Columns.of(prototypes("a", "b")), known_as)


def test_prototypes_of_one_name() -> None:
    with pytest.raises(
        cal.data.DataError, match="two known prototypes of the model are called 'a'"
    ):
        label_ids(["a"], 0, Columns.of(prototypes("a", "a")), {})


def test_nothing_to_evaluate(colours: cal.Model, dataset: cal.data.Dataset, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "split.csv").write_text(HEAD + "a.png,0,alpha,test\n")
    empty = cal.data.open(tmp_path)
    with pytest.raises(cal.data.DataError, match=r"none of 1 images could be used; .* 'a\.png': "):
        cal.evaluate(colours, empty)
    with pytest.raises(cal.data.DataError, match="no images to evaluate in the split 'unlabelled'"):
        cal.evaluate(colours, empty, split="unlabelled")


# Calibration. ---------------------------------------------------------------------------------


def test_reliability_by_hand() -> None:
    found = reliability([(0.95, True), (0.95, False), (1.0, True), (0.0, False), (0.5, True)])
    assert found is not None
    assert [each.count for each in found.bins] == [1, *[0] * 6, 1, *[0] * 6, 3]
    last = found.bins[-1]
    assert last.confidence == pytest.approx(2.9 / 3) and last.accuracy == pytest.approx(2 / 3)
    assert found.ece == pytest.approx((0 + 0.5 + 3 * (2.9 / 3 - 2 / 3)) / 5)
    assert reliability([]) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_reliability_adds_up(answers: list[tuple[float, bool]]) -> None:
    found = reliability(answers)
    assert found is not None
    assert len(found.bins) == BINS and found.bins[-1].high == 1
    assert sum(each.count for each in found.bins) == len(answers)
    total = sum(confidence for confidence, _ in answers)
    assert sum(b.count * b.confidence for b in found.bins) == pytest.approx(total)
    hits = sum(right for _, right in answers)
    assert sum(b.count * b.accuracy for b in found.bins) == pytest.approx(hits)
    # Bins hide distances between images, never make any.
    mean = sum(abs(confidence - right) for confidence, right in answers) / len(answers)
    assert abs(total - hits) / len(answers) - 1e-12 <= found.ece <= mean + 1e-12


# Files. ---------------------------------------------------------------------------------------


def test_files(evaluation: cal.Evaluation, tmp_path: Path, colours: cal.Model) -> None:
    written = evaluation.write(tmp_path / "new" / "folder")
    assert [path.name for path in written] == ["evaluation.json", "confusion.csv", "split.csv"]
    numbers = json.loads(written[0].read_text(encoding="utf-8"))
    assert numbers == json.loads(evaluation.to_json()) == evaluation.to_dict()
    assert numbers["model"] == {
        "sha256": colours.sha256,
        "bank_epoch": 0,
        "known": 2,
        "novel": 4,
    }
    assert numbers["metrics"]["all"]["acc"] == evaluation.metrics.all.acc
    assert numbers["data"]["images"] == 70
    assert numbers["classes"][0]["prototype"] == {"id": 1, "name": "beta"}
    assert numbers["classes"][4]["prototype"] is None
    table = list(csv.reader(io.StringIO(written[1].read_text(encoding="utf-8"))))
    assert table[0] == ["class", "kind", *numbers["confusion"]["columns"]]
    assert [row[0] for row in table[1:]] == list(CLASSES)
    assert [[int(n) for n in row[2:]] for row in table[1:]] == evaluation.confusion
    assert cal.data.open(evaluation.dataset.root, written[2]) == evaluation.dataset


def test_figures(evaluation: cal.Evaluation, tmp_path: Path) -> None:
    """Names that matplotlib would take for formulas are among the classes."""
    written = evaluation.write_figures(tmp_path)
    assert [path.name for path in written] == ["confusion.png", "reliability.png"]
    for path in written:
        with Image.open(path) as image:
            assert min(image.size) > 200
            assert len(image.convert("RGB").getcolors(1 << 20)) > 10


def test_no_known_class_no_reliability(colours: cal.Model, dataset: cal.data.Dataset) -> None:
    found = cal.evaluate(colours, dataset, known_as={"alpha": "", "beta": ""})
    assert found.reliability is None and found.to_dict()["reliability"] is None
    assert found.absent == ("alpha", "beta")


# Real data. -----------------------------------------------------------------------------------

FIGURES = {
    "known_k": {"all": 57.6, "known": 94.9, "novel": 44.9, "strict": 13.4, "nmi": 70.6},
    "unknown_k": {"all": 56.7, "known": 88.0, "novel": 51.5, "strict": 19.7, "nmi": 66.6},
}


@pytest.mark.parametrize("name", FIGURES)
def test_the_reference_networks(native: object, shared: Path, tmp_path: Path, name: str) -> None:
    """Figures of shared/models/README.md, which PyTorch and scikit-learn made."""
    dataset = cal.data.open(shared / "data/vae17")
    checkpoint = shared / f"models/vae17_{name}.ckpt"
    import_checkpoint(checkpoint, tmp_path / "model.cal", classes=list(dataset.known_classes))
    with cal.Model.load(tmp_path / "model.cal") as model:
        found = cal.evaluate(model, dataset, threads=2)
    measured = found.metrics
    figures = {
        "all": measured.all.acc,
        "known": measured.known.acc,
        "novel": measured.novel.acc,
        "strict": measured.strict_novel_acc,
        "nmi": measured.all.nmi,
    }
    assert {key: round(100 * value, 1) for key, value in figures.items()} == FIGURES[name]
    assert measured.known_count + measured.novel_count == 797
