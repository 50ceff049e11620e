"""Field updates: discovery, labels, shards, refusals and what is left after a failure."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import cal


def key(number: int) -> bytes:
    return hashlib.sha256(struct.pack("<q", number)).digest()


class Method:
    """Features of one method: a cloud far from the others'."""

    def __init__(self, model: cal.Model, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._seed = seed
        direction = self._random.normal(size=model.info.feature_count)
        self._centre = 0.02 * direction / np.linalg.norm(direction)
        self._next = 0

    def images(self, count: int) -> tuple[np.ndarray, list[bytes]]:
        noise = 0.002 * self._random.normal(size=(count, len(self._centre)))
        keys = [key(self._seed * 1_000_000 + self._next + i) for i in range(count)]
        self._next += count
        return (self._centre + noise).astype(np.float32), keys


def test_a_new_method_is_born_named_and_taken_back(model: cal.Model, tmp_path: Path) -> None:
    method = Method(model, 1)
    features, keys = method.images(40)
    with cal.Updater.create(model, tmp_path / "state") as updater:
        before = updater.model.sha256
        updater.observe_features(features, keys)
        status = updater.status()
        assert status["seen"] == status["unexplained"] == status["reservoir"] == 40
        preview = updater.preview()
        assert updater.model.sha256 == before
        report = updater.commit()
        assert report == preview
        [born] = report["born"]
        assert born["images"] >= 30 and born["founders"] >= 30
        assert set(born["examples"]) <= {each.hex() for each in keys}
        assert updater.model.sha256 != before
        assert report["parent"] == before
        assert updater.model.info.bank_epoch == model.info.bank_epoch + 1
        prototype = next(p for p in updater.model.prototypes if p.id == born["id"])
        assert prototype.kind == "novel" and prototype.name == ""
        assert prototype.birth_epoch == report["epoch"]

        updater.name(born["id"], "Late method")
        assert updater.commit()["renamed"] == [{"id": born["id"], "from": "", "to": "Late method"}]
        went_back = updater.rollback(model.info.bank_epoch)
        assert next(p for p in went_back.prototypes if p.id == born["id"]).kind == "retired"
        history = updater.history()
        assert [entry["epoch"] for entry in history] == status["epochs"] + [
            report["epoch"] + step for step in range(3)
        ]
        assert [entry["parent"] for entry in history[1:]] == [
            entry["model"] for entry in history[:-1]
        ]
        assert history[1]["report"] == report


def test_labelled_images_are_a_method(model: cal.Model, tmp_path: Path) -> None:
    few, keys = Method(model, 3).images(6)
    novel = next(p.id for p in model.prototypes if p.kind == "novel")
    with cal.Updater.create(model, tmp_path / "state") as updater:
        with pytest.raises(LookupError, match=r"keys\[0\]"):
            updater.label(keys, "Told")
        updater.observe_features(few[:4], keys[:4])
        updater.label(keys[:4], "Told")
        updater.label([each.hex() for each in keys[4:]], "Told", few[4:])
        updater.label(keys[:1], novel)
        assert updater.status()["labelled"] == [
            {"id": novel, "images": 1},
            {"name": "Told", "images": 5},
        ]
        report = updater.commit()
        [born] = report["born"]
        assert (born["name"], born["images"], born["separation"]) == ("Told", 5, None)
        assert report["labelled"] == [
            {"id": novel, "images": 1},
            {"id": born["id"], "images": 5},
        ]
        assert updater.model.prototypes[-1].name == "Told"
        with pytest.raises(ValueError, match="shape"):
            updater.label(keys, "Told", few[:2])
        with pytest.raises(LookupError, match="prototype 12345"):
            updater.label(keys, 12345, few)
        with pytest.raises(ValueError, match="empty"):
            updater.label(keys, "", few)


def test_shards_merge_into_the_whole(model: cal.Model, tmp_path: Path) -> None:
    features, keys = Method(model, 2).images(60)
    reports = []
    with cal.Updater.create(model, tmp_path / "whole", seed=3) as whole:
        whole.observe_features(features, keys)
        reports.append(whole.commit())
    for shard in range(2):
        with cal.Updater.create(model, tmp_path / f"shard{shard}", seed=3) as updater:
            updater.observe_features(features[shard::2], keys[shard::2])
    with cal.Updater.create(model, tmp_path / "sum", seed=3) as total:
        total.merge(tmp_path / "shard1")
        total.merge(tmp_path / "shard0")
        reports.append(total.commit())
    assert reports[0] == reports[1]
    assert reports[0]["born"]


def test_images_are_attributed_and_taken_in(model: cal.Model, tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    images = [random.integers(0, 256, (50, 40, 3), dtype=np.uint8) for _ in range(7)]
    with cal.Updater.create(model, tmp_path / "state") as updater:
        plain = model.attribute(images, features="numpy")
        seen = updater.observe([*images, b"no image"], features="numpy", threads=2)
        assert [each.ok for each in seen] == [True] * 7 + [False]
        for ours, theirs in zip(seen, plain, strict=False):
            assert ours.ranked == theirs.ranked and ours.pixels_sha256 == theirs.pixels_sha256
            assert (ours.features == theirs.features).all()
        status = updater.status()
        assert status["seen"] == 7
        # The same again, as features: counted, but kept once.
        updater.observe_features(
            [each.features for each in plain], [each.pixels_sha256 for each in plain]
        )
        again = updater.status()
        assert again["seen"] == 14
        assert again["reservoir"] == status["reservoir"]
        assert again["samples"] == status["samples"]


def test_a_stream_takes_in_batch_by_batch(
    model: cal.Model, pixels: np.ndarray, tmp_path: Path
) -> None:
    asked = []

    def images() -> Iterator[np.ndarray]:
        for number in range(7):
            asked.append(number)
            yield np.roll(pixels, number)

    with cal.Updater.create(model, tmp_path / "state") as updater:
        stream = updater.stream(images(), batch=3, features=True, threads=2)
        assert asked == []
        first = next(stream)
        assert asked == [0, 1, 2] and updater.status()["seen"] == 3
        updater.label([first.pixels_sha256], "Told", [first.features])
        rest = list(stream)
        assert len(rest) == 6 and updater.status()["seen"] == 7
        plain = model.attribute(images(), features=True)
        assert [each.ranked for each in (first, *rest)] == [each.ranked for each in plain]
        stream = updater.stream(images(), batch=3)
        next(stream)
    with pytest.raises(cal.CalHandleError, match="this Updater is closed"):
        list(stream)


def test_state_lives_on(model: cal.Model, tmp_path: Path) -> None:
    features, keys = Method(model, 6).images(5)
    folder = tmp_path / "state"
    with cal.Updater.create(model, folder) as updater:
        updater.observe_features(features, keys)
        with pytest.raises(cal.CalStateError) as locked:
            cal.Updater.open(folder)
        assert locked.value.status == cal.Status.STATE_LOCKED
    with cal.Updater.open(folder) as updater:
        assert updater.status()["seen"] == 5
        assert updater.model.sha256 == model.sha256
    journal = folder / "journal"
    damaged = bytearray(journal.read_bytes())
    damaged[5] ^= 1
    journal.write_bytes(damaged)
    with pytest.raises(cal.CalStateError, match="byte 0"):
        cal.Updater.open(folder)
    with cal.Updater.open(folder, salvage=True) as updater:
        status = updater.status()
        assert status["seen"] == 0
        assert status["recovery"] == {"offset": 0, "lost": len(damaged), "damage": True}


def test_a_missing_journal_is_damage(model: cal.Model, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with cal.Updater.create(model, folder) as updater:
        updater.observe_features(*Method(model, 10).images(5))
    (folder / "journal").unlink()
    with pytest.raises(cal.CalStateError, match="journal is missing") as missing:
        cal.Updater.open(folder)
    assert missing.value.status == cal.Status.STATE_DAMAGED
    with cal.Updater.open(folder, salvage=True) as updater:
        assert updater.status()["recovery"] == {"offset": 0, "lost": 0, "damage": True}


def test_a_commit_without_sync_survives_a_stop_of_the_machine(
    model: cal.Model, tmp_path: Path
) -> None:
    folder, method = tmp_path / "state", Method(model, 11)
    with cal.Updater.create(model, folder, sync=False) as updater:
        updater.observe_features(*method.images(5))
        first = (folder / "journal").read_bytes()
        updater.observe_features(*method.images(5))
        updater.commit()
    # The snapshot is on the disk, but neither the journal's end nor that it was emptied.
    (folder / "journal").write_bytes(first)
    with cal.Updater.open(folder) as updater:
        updater.observe_features(*method.images(5))
    with cal.Updater.open(folder) as updater:
        status = updater.status()
        assert status["seen"] == 5 and status["recovery"] is None


def test_a_merge_only_reads(model: cal.Model, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    with cal.Updater.create(model, folder) as other:
        other.observe_features(*Method(model, 12).images(5))
        other.observe_features(*Method(model, 13).images(5))
    journal = folder / "journal"
    journal.write_bytes(journal.read_bytes()[:-50])
    (folder / "lock").unlink()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with cal.Updater.create(model, tmp_path / "state") as updater:
        updater.merge(folder)
        assert updater.status()["seen"] == 5
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_labels_make_sense(model: cal.Model, tmp_path: Path) -> None:
    first, second = [p.id for p in model.prototypes if p.kind == "novel"][:2]
    with cal.Updater.create(model, tmp_path / "state") as updater:
        updater.assign(first, second)
        with pytest.raises(ValueError, match=f"prototype {second} .* prototype {first}"):
            updater.assign(second, first)
        nowhere = np.zeros((1, model.info.feature_count), np.float32)
        with pytest.raises(ValueError, match=rf"keys\[0\], {key(1).hex()}"):
            updater.label([key(1)], "Told", nowhere)
        assert updater.commit()["born"] == []


def test_arguments_are_checked(model: cal.Model, tmp_path: Path) -> None:
    width = model.info.feature_count
    with cal.Updater.create(model, tmp_path / "state") as updater:
        with pytest.raises(ValueError, match=r"features\[0\]\[2\] is nan"):
            row = np.zeros((1, width), np.float32)
            row[0, 2] = np.nan
            updater.observe_features(row, [key(1)])
        with pytest.raises(ValueError, match="shape"):
            updater.observe_features(np.zeros((1, width + 1), np.float32), [key(1)])
        with pytest.raises(ValueError, match=r"keys\[0\] has 3 bytes"):
            updater.observe_features(np.zeros((1, width), np.float32), [b"abc"])
        with pytest.raises(ValueError, match="founders is 1"):
            updater.commit(founders=1)
        with pytest.raises(LookupError, match="epoch 99"):
            updater.rollback(99)
        with pytest.raises(LookupError, match="prototype 12345"):
            updater.name(12345, "x")
        assert updater.status()["seen"] == 0
    with pytest.raises(ValueError, match="has a state already"):
        cal.Updater.create(model, tmp_path / "state")
    with pytest.raises(LookupError, match="no state"):
        cal.Updater.open(tmp_path)
    with pytest.raises(ValueError, match="reservoir is 3"):
        cal.Updater.create(model, tmp_path / "other", reservoir=3)


def test_progress_cancels(model: cal.Model, tmp_path: Path) -> None:
    with cal.Updater.create(model, tmp_path / "state") as updater:
        features, keys = Method(model, 8).images(40)
        updater.observe_features(features, keys)

        def stop(done: int, total: int) -> None:
            assert total == 1000
            if done > 300:
                raise KeyError("enough")

        with pytest.raises(KeyError):
            updater.commit(progress=stop)
        assert updater.status()["epoch"] == model.info.bank_epoch
        assert updater.commit()["born"]


def test_calibration(model: cal.Model, tmp_path: Path) -> None:
    known = [p.id for p in model.prototypes if p.kind == "known"]
    features, _ = Method(model, 9).images(6)
    calibrated = model.calibrate(features, [known[0]] * 6)
    assert calibrated.sha256 != model.sha256
    calibrated.save(tmp_path / "model.cal")
    assert cal.Model.load(tmp_path / "model.cal").sha256 == calibrated.sha256
    with cal.Updater.create(calibrated, tmp_path / "state") as updater:
        assert updater.preview()["known"]["source"] == "calibration"
        assert updater.preview()["known"]["images"] == 6
    with pytest.raises(cal.CalNotFoundError, match=r"ids\[0\] is 987654"):
        model.calibrate(features, [987654] * 6)
    with pytest.raises(ValueError, match="columns"):
        model.calibrate(features[:, :-1], [known[0]] * 6)


@pytest.mark.parametrize("id", [2**64 + 1, -1])
def test_ids_and_epochs_do_not_wrap(model: cal.Model, tmp_path: Path, id: int) -> None:
    told = rf" is {id}, not 0 to 18446744073709551615"
    with cal.Updater.create(model, tmp_path / "state") as updater:
        for call in (
            lambda: updater.rollback(id),
            lambda: updater.name(id, "x"),
            lambda: updater.assign(id, 0),
            lambda: updater.assign(0, id),
            lambda: updater.label([key(0)], id),
        ):
            with pytest.raises(cal.CalArgumentError, match=told):
                call()
        with pytest.raises(cal.CalArgumentError, match="founders is 4294967298, not"):
            updater.commit(founders=2**32 + 2)
        with pytest.raises(cal.CalArgumentError, match="contains a NUL"):
            updater.name(0, "a\0b")
        with pytest.raises(cal.CalArgumentError, match="no Unicode text"):
            updater.name(0, "\udcff")
        with pytest.raises(cal.CalArgumentError, match="contains a NUL"):
            updater.label([key(0)], "a\0b")
        for option in ("founders", "separation", "duplicate", "coverage"):
            with pytest.raises(cal.CalArgumentError, match=f"{option} is 0, not above 0"):
                updater.commit(**{option: 0})
        assert updater.status()["epoch"] == model.info.bank_epoch
    for option in ("reservoir", "samples", "keep"):
        with pytest.raises(cal.CalArgumentError, match=f"{option} is 0, not above 0"):
            cal.Updater.create(model, tmp_path / "other", **{option: 0})
    with pytest.raises(cal.CalArgumentError, match="seed is 18446744073709551616, not"):
        cal.Updater.create(model, tmp_path / "other", seed=2**64)
    assert not (tmp_path / "other").exists()
