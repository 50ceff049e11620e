"""Training through the library: what the C ABI promises, seen from Python."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest

import cal
from cal.training import Network, Report, Trainer

NETWORK = Network("basic", (1, 1, 1, 1), width=4, size=16, small_stem=True)
KNOWN = ("stripes", "checks")


def pictures(count: int = 48) -> tuple[list[np.ndarray], list[int | None]]:
    """Four methods, which differ in their grid; the first two are known."""
    random = np.random.default_rng(3)
    images, labels = [], []
    rows, columns = np.indices((16, 16))
    grids = [columns % 2, (rows + columns) % 2, rows // 2 % 2, columns // 4 % 2]
    for i in range(count):
        method = i % 4
        noise = random.integers(0, 90, (16, 16, 3))
        images.append((grids[method][:, :, None] * 140 + noise).astype(np.uint8))
        labels.append(method if method < 2 and i % 3 else None)
    return images, labels


def trainer(**options: object) -> Trainer:
    images, labels = pictures()
    defaults = dict(
        network=NETWORK, prototypes=6, epochs=3, batch_size=8, pseudo_epoch=1, learning_rate=3e-3
    )
    return Trainer(images, labels, KNOWN, **(defaults | options))  # type: ignore[arg-type]


@pytest.mark.parametrize("recipe", ["paper", "default"])
def test_a_training_gives_a_model_that_works(recipe: str) -> None:
    reports: list[Report] = []
    with trainer(recipe=recipe, epochs=14, unknown_k=True) as training:
        training.run(reports.append)
        model = training.model("grids")
    images, labels = pictures()
    right = [
        result.ranked[0].name == KNOWN[label]
        for result, label in zip(model.attribute(images), labels, strict=True)
        if label is not None
    ]
    assert np.mean(right) > 0.9
    assert model.info.known_count == 2
    assert model.info.prototype_count == reports[-1].prototypes
    described = model.describe()
    assert described["provenance"]["training_data"] == "grids"
    assert described["provenance"]["recipe"] == recipe

    steps = [report for report in reports if not report.is_epoch_end]
    ends = [report for report in reports if report.is_epoch_end]
    assert [end.epoch for end in ends] == list(range(14))
    assert [report.step for report in steps[:6]] == [1, 2, 3, 4, 5, 6] == list(range(1, 7))
    assert all(np.isfinite(report.total) for report in steps)
    first, last = (np.mean([r.supervised for r in part]) for part in (steps[:6], steps[-6:]))
    assert last < first / 2


def trained(**options: object) -> cal.Model:
    with trainer(**options) as training:
        training.run()
        return training.model()


@pytest.mark.parametrize(
    ("recipe", "weight_decay", "ccr_weight"), [("default", 1e-4, 1.0), ("paper", 1e-3, 0.2)]
)
def test_recipes_have_their_own_defaults(
    recipe: str, weight_decay: float, ccr_weight: float
) -> None:
    own = trained(recipe=recipe).sha256
    assert trained(recipe=recipe, weight_decay=weight_decay, ccr_weight=ccr_weight).sha256 == own
    assert trained(recipe=recipe, weight_decay=0).sha256 != own
    assert trained(recipe=recipe, ccr_weight=0).sha256 != own


def test_the_default_recipe_has_cosines() -> None:
    images, _ = pictures()
    model = trained()
    assert model.describe()["network"]["neck"]["kind"] == "statistics"
    assert np.linalg.norm(model.session().features(images[0])) == pytest.approx(1, abs=1e-6)
    logits = [score.logit for score in model.attribute(images[0]).ranked]
    assert max(map(abs, logits)) <= 10 * (1 + 1e-5)


def test_models_start_each_other() -> None:
    published = trained(recipe="paper")
    assert published.describe()["network"]["neck"]["kind"] == "batch_norm"
    cosines = trained(start=published, network=None)
    assert cosines.describe()["network"]["neck"]["kind"] == "statistics"
    again = trained(start=cosines, network=None, recipe="paper")
    assert again.describe()["network"] == published.describe()["network"]


def test_bits_depend_on_the_seed_alone() -> None:
    one = trained(seed=4).sha256
    assert trained(seed=4, threads=3).sha256 == one
    assert trained(seed=5).sha256 != one


def test_what_the_report_raises_stops_and_a_further_run_goes_on(tmp_path: Path) -> None:
    with trainer() as whole:
        whole.run()
        expected = whole.model().sha256

    class Stop(Exception):
        pass

    def stop(report: Report) -> None:
        if report.epoch == 1 and report.step == 2:
            raise Stop

    with trainer() as training:
        with pytest.raises(Stop):
            training.run(stop)
        assert training.model().sha256 != expected
        training.run()
        assert training.model().sha256 == expected


def test_validation_by_images_of_the_host() -> None:
    held_out = [1, 4, 5, 13]
    reports: list[Report] = []
    # Validation is of the head that is trained, which is the model's in this recipe.
    with trainer(held_out=held_out, epochs=8, recipe="paper") as training:
        training.run(reports.append)
        model = training.model()
    assert all(report.validation_images == 4 for report in reports)
    assert all(r.validation_accuracy is None for r in reports if not r.is_epoch_end)
    ends = [report for report in reports if report.is_epoch_end]
    assert [end.is_finished for end in ends] == [False] * 7 + [True]
    # The same by attribution with the model.
    images, labels = pictures()
    best = [result.ranked[0] for result in model.attribute([images[i] for i in held_out])]
    hits = [score.id == labels[i] for score, i in zip(best, held_out, strict=True)]
    assert ends[-1].validation_accuracy == np.mean(hits)
    confidence = np.mean([score.probability for score in best])
    assert ends[-1].validation_confidence == pytest.approx(confidence, abs=1e-5)
    accuracies = [end.validation_accuracy for end in ends]
    assert ends[-1].best_epoch == np.argmax(accuracies)


def test_the_best_epoch_is_kept_and_patience_ends_early() -> None:
    def run(**options: object) -> tuple[list[Report], list[str]]:
        ends: list[Report] = []
        models: list[str] = []

        def see(report: Report) -> None:
            if report.is_epoch_end:
                ends.append(report)
                models.append(training.model().sha256)

        with trainer(validation=0.3, epochs=14, **options) as training:
            training.run(see)
            models.append(training.model().sha256)
        return ends, models

    ends, models = run()
    accuracies = [end.validation_accuracy for end in ends]
    best = int(np.argmax(accuracies))
    assert best < 11 and models[-1] == models[-2]
    kept_ends, kept_models = run(keep="best", patience=2)
    last = kept_ends[-1]
    assert last.is_finished and last.epoch < 13 and last.epoch - (last.best_epoch or 0) == 2
    assert [end.validation_accuracy for end in kept_ends] == accuracies[: last.epoch + 1]
    assert kept_models[-1] == models[last.best_epoch or 0] != models[last.epoch]


def test_the_learning_rate_is_reported() -> None:
    reports: list[Report] = []
    with trainer(decay_epochs=1, decay_factor=0.5) as training:
        training.run(reports.append)
    assert [report.learning_rate for report in reports] == [
        pytest.approx(3e-3 * 0.5**report.epoch) for report in reports
    ]


SCRIPT = textwrap.dedent("""
    import sys
    sys.path.insert(0, {folder!r})
    from test_training import trainer
    with trainer(epochs=40) as training:
        training.run(lambda report: (training.save({path!r}), print(report.step, flush=True)))
""")


def test_a_killed_training_goes_on_with_the_same_bits(tmp_path: Path) -> None:
    path = tmp_path / "training.ckpt"
    script = SCRIPT.format(folder=str(Path(__file__).parent), path=str(path))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout is not None
    for _ in range(9):
        assert process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    with trainer(epochs=40) as whole, trainer(epochs=40) as resumed:
        whole.run()
        resumed.resume(path)
        reports: list[Report] = []
        resumed.run(reports.append)
        assert reports[0].epoch in (1, 2)
        assert resumed.model().sha256 == whole.model().sha256


def test_a_model_is_a_start(tmp_path: Path) -> None:
    with trainer() as training:
        training.run()
        model = training.model()
    with trainer(start=model, network=None, epochs=1) as further:
        further.run()
        assert further.model().describe()["provenance"]["parent_sha256"] == model.sha256


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"batch_size": 1}, "batch_size is 1"),
        ({"prototypes": 1}, "number of prototypes is 1, not 2"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"dropout": 0.95}, "dropout is 0.95"),
        ({"decay_factor": 2.0}, "factor is 2.0"),
        ({"gamma": 1.5}, "gamma is 1.5"),
        ({"threads": 1000}, "threads is 1000"),
        ({"kernels": "reference"}, "reference path, which cannot train"),
        ({"network": Network(size=100_000)}, "100000"),
        ({"epochs": 0}, "epochs is 0, not above 0"),
        ({"gamma": 0.0}, "gamma is 0.0, not above 0"),
        ({"batch_size": 0}, "batch_size is 0, not above 0"),
        ({"prototypes": 0}, "prototypes is 0, not above 0"),
        ({"network": Network(width=0)}, "width is 0, not above 0"),
        ({"seed": 2**64 + 5}, "seed is 18446744073709551621, not 0 to 18446744073709551615"),
        ({"seed": -1}, "seed is -1, not 0 to"),
        ({"threads": 2**32 + 1}, "threads is 4294967297, not 0 to 4294967295"),
        ({"pseudo_epoch": 2**31}, "pseudo_epoch is 2147483648, not -2147483648 to"),
        ({"network": Network("basic", (1, 1, 2**32 + 1, 1))}, "depth[2] is 4294967297, not 0"),
        ({"recipe": "x"}, "recipe 'x' must be one of default, paper"),
        ({"keep": "x"}, "keep 'x' must be one of last, best"),
        ({"kernels": "x"}, "kernels 'x' must be one of auto"),
        ({"network": Network(block="x")}, "block 'x' must be one of basic, bottleneck"),
        ({"decay_factor": 0.0}, "decay_factor is 0.0, not above 0"),
        ({"patience": 0}, "patience is 0, not above 0"),
        ({"patience": 2}, "patience is 2, but no images are held out"),
        ({"keep": "best"}, "best epoch is to be kept, but no images are held out"),
        ({"validation": 0.95}, "validation is 0.95, not 0.0 to 0.9"),
        ({"validation": 0.1, "held_out": [1]}, "but 1 images are held out already"),
        ({"held_out": [48]}, "held_out has 48, but there are 48 images"),
        ({"held_out": [0]}, "image 0 is held out, but has no label"),
        ({"network": Network("basic", (1, 1, 1, 2000))}, "depth[3] is 2000"),
    ],
)
def test_bad_options_are_named(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(cal.CalArgumentError, match=sentence.replace("[", r"\[")):
        trainer(**options)


def test_bad_labels_and_images_are_named() -> None:
    images, labels = pictures()
    with pytest.raises(cal.CalArgumentError, match="48 images, but 47 labels"):
        Trainer(images, labels[:-1], KNOWN, network=NETWORK)
    wrong = [*labels[:-1], 2]
    with pytest.raises(cal.CalArgumentError, match="label of image 47 is 2, but there are 2 known"):
        Trainer(images, wrong, KNOWN, network=NETWORK)


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "training.ckpt"
    with trainer() as training, trainer(learning_rate=1e-3) as other:
        training.save(path)
        with pytest.raises(cal.CalArgumentError, match="learning_rate = 0.003, here .* = 0.001"):
            other.resume(path)
        with pytest.raises(cal.CalIOError):
            other.resume(tmp_path / "missing")
        assert os.listdir(tmp_path) == ["training.ckpt"]


# Memory and numbers. --------------------------------------------------------------------------


def is_held(image: bytearray) -> bool:
    """Whether someone relies on its memory: such an array cannot grow."""
    try:
        image.append(0)
    except BufferError:
        return True
    image.pop()
    return False


def borrowing() -> tuple[Trainer, bytearray]:
    """A training, and the memory of one of its images."""
    images, labels = pictures()
    memory = bytearray(images[0].tobytes())
    given = [memoryview(memory).cast("B", (16, 16, 3)), *images[1:]]
    options = dict(network=NETWORK, prototypes=6, epochs=2, batch_size=8)
    return Trainer(given, labels, KNOWN, **options), memory  # type: ignore[arg-type]


def test_images_stay_while_a_closed_training_runs_on() -> None:
    training, memory = borrowing()
    held: list[bool] = []

    def close(_: Report) -> None:
        training.close()
        held.append(is_held(memory))

    training.run(close)
    assert len(held) > 2 and all(held)
    assert not is_held(memory)
    with pytest.raises(cal.CalHandleError):
        training.run()


def test_images_stay_while_another_thread_closes() -> None:
    training, memory = borrowing()
    held: list[bool] = []

    def close(_: Report) -> None:
        closer = threading.Thread(target=training.close)
        closer.start()
        closer.join()
        held.append(is_held(memory))

    training.run(close)
    assert all(held) and not is_held(memory)


def test_closing_lets_go_of_the_images() -> None:
    training, memory = borrowing()
    assert is_held(memory)
    training.close()
    training.close()
    assert not is_held(memory)


def test_text_for_c_has_no_nul(tmp_path: Path) -> None:
    with pytest.raises(cal.CalArgumentError, match=r"name 'a\\x00b' contains a NUL"):
        Trainer(*pictures(), ("a\0b", "c"), network=NETWORK)
    with trainer() as training:
        for call in (training.save, training.resume):
            with pytest.raises(cal.CalArgumentError, match="contains a NUL"):
                call(f"{tmp_path}/ck\0x")
        with pytest.raises(cal.CalArgumentError, match="training_data 'a.*NUL"):
            training.model("a\0b")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("label", [2**32, -1])
def test_labels_do_not_wrap(label: int) -> None:
    images, labels = pictures()
    with pytest.raises(cal.CalArgumentError, match=f"label of image 47 is {label}, not "):
        Trainer(images, [*labels[:-1], label], KNOWN, network=NETWORK)
