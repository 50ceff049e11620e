"""Models and sessions: loading, closing, threads, forks, cancelling."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cal
from cal._buffer import Pinned


def test_what_a_model_says(model: cal.Model, model_path: Path) -> None:
    import hashlib

    assert model.sha256 == hashlib.sha256(model_path.read_bytes()).hexdigest()
    info = model.info
    assert (info.input_size, info.feature_count) == (32, 8)
    assert (info.prototype_count, info.known_count, info.novel_count) == (6, 2, 4)
    assert info.file_size == model_path.stat().st_size
    assert [p.name for p in model.prototypes] == ["alpha", "beta", "", "", "", ""]
    assert [p.merged_into for p in model.prototypes] == [p.id for p in model.prototypes]
    description = model.describe()
    assert description["provenance"]["creator"].startswith("libcal import")
    assert model.sha256[:16] in repr(model)


def test_from_bytes_and_save(model: cal.Model, model_path: Path, tmp_path: Path) -> None:
    data = model_path.read_bytes()
    for value in (data, bytearray(data), memoryview(data)):
        with cal.Model.from_bytes(value) as copy:
            assert copy.sha256 == model.sha256
    with cal.Model.from_bytes(data) as copy:
        copy.save(tmp_path / "copy.cal")
    assert (tmp_path / "copy.cal").read_bytes() == data


@pytest.mark.parametrize("step", [2, -1])
def test_from_bytes_of_every_other_byte(model: cal.Model, model_path: Path, step: int) -> None:
    data = model_path.read_bytes()
    spread = bytearray(len(data) * abs(step))
    spread[::step] = data
    view = memoryview(spread)[::step]
    assert not view.c_contiguous
    with cal.Model.from_bytes(view) as copy:
        assert copy.sha256 == model.sha256


def test_what_is_no_memory_is_refused_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    with pytest.raises(TypeError):
        Pinned("text")
    gc.collect()
    assert not complaints  # of its __del__


def test_models_that_cannot_be_loaded(native: object, model_path: Path, tmp_path: Path) -> None:
    with pytest.raises(cal.CalIOError, match=r"none\.cal"):
        cal.Model.load(tmp_path / "none.cal")
    data = model_path.read_bytes()
    with pytest.raises(cal.CalModelError):
        cal.Model.from_bytes(data[:-1])
    with pytest.raises(cal.CalModelError) as caught:
        cal.Model.from_bytes(b"")
    assert isinstance(caught.value, ValueError)
    with pytest.raises(cal.CalModelError):
        cal.Model.load(model_path, size_limit=10)
    with pytest.raises(cal.CalArgumentError, match="NUL"):
        cal.Model.load("a\0b")


def test_closing(native: object, model_path: Path, pixels: np.ndarray) -> None:
    model = cal.Model.load(model_path)
    session = model.session()
    model.close()
    model.close()
    assert model.closed
    assert session.attribute(pixels).ok  # a session keeps its model alive
    session.close()
    session.close()
    for use in (model.session, lambda: session.attribute(pixels), model.__enter__):
        with pytest.raises(cal.CalHandleError, match="is closed"):
            use()
    assert repr(model) == "<cal.Model closed>"


def test_handles_go_with_their_objects(
    native: object, model_path: Path, pixels: np.ndarray
) -> None:
    model = cal.Model.load(model_path)
    model.attribute(pixels)
    finalizers = [model._finalizer, *(s._finalizer for kept in model._idle.values() for s in kept)]
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
    assert len(finalizers) == 2
    assert not any(finalizer.alive for finalizer in finalizers)


def test_sessions_are_kept_for_the_next_call(model: cal.Model, pixels: np.ndarray) -> None:
    model.attribute(pixels, threads=1)
    kept = list(model._idle[1, "auto", "auto"])
    model.attribute(pixels, threads=1)
    assert model._idle[1, "auto", "auto"] == kept


def test_many_threads_use_one_model(model: cal.Model) -> None:
    chance = np.random.default_rng(2)
    images = list(chance.integers(0, 256, (24, 40, 40, 3), np.uint8))
    expected = model.attribute(images)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(model.attribute, images)) == expected


def test_python_runs_while_libcal_works(model: cal.Model) -> None:
    # The GIL is free: another thread counts while one long call is under way.
    images = [np.zeros((600, 600, 3), np.uint8)] * 300
    counted, stop = 0, threading.Event()

    def count() -> None:
        nonlocal counted
        while not stop.wait(0.001):
            counted += 1

    seen: list[int] = []
    counter = threading.Thread(target=count)
    counter.start()
    try:
        model.attribute(images, batch=300, progress=lambda done, total: seen.append(counted))
    finally:
        stop.set()
        counter.join()
    assert seen[-1] > seen[0]


def test_kernels_agree(model: cal.Model, pixels: np.ndarray) -> None:
    names = cal.build_info()["kernels-available"].replace(",", " ").split()
    assert "portable" in names
    reference = model.attribute(pixels, kernels="reference", top=None)
    expected = {score.id: score.logit for score in reference.ranked}
    for name in names:
        with model.session(kernels=name) as session:
            assert session.kernels == name
            for score in session.attribute(pixels, top=None).ranked:
                assert score.logit == pytest.approx(expected[score.id], rel=1e-4, abs=1e-5)


# Progress and cancelling. ---------------------------------------------------------------------


def test_progress_counts_images(model: cal.Model, pixels: np.ndarray, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    batch = [pixels, tmp_path / "none.png", pixels, pixels, pixels]
    model.attribute(batch, batch=2, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (5, 5)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == {5}


def test_loading_has_progress(native: object, model_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    cal.Model.load(model_path, progress=lambda *step: seen.append(step)).close()
    assert seen[-1] == (model_path.stat().st_size,) * 2


class Stop(Exception):
    pass


def test_exceptions_in_progress_come_back(model: cal.Model, pixels: np.ndarray) -> None:
    def stop(done: int, total: int) -> None:
        if done >= 2:
            raise Stop(done)

    with pytest.raises(Stop, match="2"):
        model.attribute([pixels] * 5, progress=stop)
    assert model.attribute(pixels).ok  # the session is as good as before

    def refuse(done: int, total: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        cal.Model.from_bytes(pickle_free(model), progress=refuse)


@pytest.mark.parametrize("task", ["load", "quantize"])
def test_the_last_progress_leaves_no_model(
    task: str, model: cal.Model, pixels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is raised when all is done still comes back; the model that was made does not."""
    native = model._library
    symbol = "cal_model_quantize" if task == "quantize" else "cal_model_load_memory"
    made, freed = [], []
    make, free = getattr(native.c, symbol), native.c.cal_model_free

    def making(*arguments: Any) -> int:
        status: int = make(*arguments)
        # As if Ctrl-C came when the last callback had returned.
        signal.raise_signal(signal.SIGINT)
        made.append(arguments[-1]._obj.value)
        return status

    def freeing(pointer: Any) -> None:
        freed.append(getattr(pointer, "value", pointer))
        free(pointer)

    monkeypatch.setattr(native.c, symbol, making)
    monkeypatch.setattr(native.c, "cal_model_free", freeing)
    data = pickle_free(model)
    with pytest.raises(KeyboardInterrupt):
        model.quantize([pixels]) if task == "quantize" else cal.Model.from_bytes(data)
    assert made and made[0] is not None
    assert freed.count(made[0]) == 1


def pickle_free(model: cal.Model) -> bytes:
    """The model's bytes, by way of a file."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        model.save(os.path.join(folder, "m"))
        return Path(folder, "m").read_bytes()


def test_cancel_from_another_thread(model: cal.Model, pixels: np.ndarray) -> None:
    with model.session() as session:
        session.cancel()  # nothing runs: nothing happens
        assert session.attribute(pixels).ok
        canceller = threading.Thread(target=session.cancel)

        def start(done: int, total: int) -> None:
            if not canceller.ident:
                canceller.start()
                canceller.join()

        with pytest.raises(cal.CalCancelled) as caught:
            session.attribute_batch([pixels] * 64, batch=64, progress=start)
        assert caught.value.status == cal.Status.CANCELLED
        assert session.attribute(pixels).ok


def test_interrupt_stops_a_batch(native: object, model_path: Path) -> None:
    program = f"""
import os, signal, threading, cal, numpy
model = cal.Model.load({str(model_path)!r})
images = [numpy.zeros((2000, 2000, 3), numpy.uint8)] * 2000
def interrupt(done, total):
    if done == 3:
        threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT)).start()
try:
    model.attribute(images, batch=2000, progress=interrupt)
except KeyboardInterrupt:
    print("interrupted", signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "interrupted True\n", done.stderr
    assert done.stderr == ""


def test_a_session_in_use_is_busy(model: cal.Model, pixels: np.ndarray) -> None:
    problems: list[BaseException] = []
    with model.session() as session:

        def intrude() -> None:
            try:
                session.attribute(pixels)
            except cal.CalBusyError as problem:
                problems.append(problem)

        def progress(done: int, total: int) -> None:
            thread = threading.Thread(target=intrude)
            thread.start()
            thread.join()

        assert all(result.ok for result in session.attribute_batch([pixels], progress=progress))
    assert problems


# Forks. ---------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_handles_stay_with_their_process(native: object, model_path: Path, picture: Path) -> None:
    program = f"""
import os, cal
model = cal.Model.load({str(model_path)!r})
session = model.session(threads=2)
child = os.fork()
if child == 0:
    status = 1
    try:
        session.attribute({str(picture)!r})
    except cal.CalHandleError as problem:
        assert "load the model after the fork" in str(problem)
        session.close()
        model.close()
        with cal.Model.load({str(model_path)!r}) as own:
            status = 0 if own.attribute({str(picture)!r}, threads=2).ok else 2
    os._exit(status)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), session.attribute({str(picture)!r}).ok)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "0 True\n", done.stderr


# Errors and log. ------------------------------------------------------------------------------


def test_errors_are_builtins_too() -> None:
    from cal.errors import error

    for status, builtin in [
        (101, ValueError),
        (104, RuntimeError),
        (106, LookupError),
        (105, ImportError),
        (203, ValueError),
        (302, ValueError),
        (401, ArithmeticError),
        (501, MemoryError),
        (502, OSError),
        (901, RuntimeError),
        (777, cal.CalError),
    ]:
        problem = error(status, "why")
        assert isinstance(problem, builtin)
        assert isinstance(problem, cal.CalError)
        assert (problem.status, problem.detail) == (status, "why")
        assert str(problem) == f"why ({problem.name})"
        again = pickle.loads(pickle.dumps(problem))
        assert (type(again), again.status, str(again)) == (type(problem), status, str(problem))


def test_log(native: object, model_path: Path) -> None:
    import logging

    lines: list[tuple[int, str]] = []
    cal.set_log(lambda level, text: lines.append((level, text)), logging.DEBUG)
    cal.Model.load(model_path).close()
    cal.set_log(logging.getLogger("cal"), logging.CRITICAL)
    assert any(level == logging.INFO and "loaded model" in text for level, text in lines)
    before = len(lines)
    cal.Model.load(model_path).close()
    cal.set_log(lambda level, text: lines.append((level, text)), logging.WARNING)
    cal.Model.load(model_path).close()
    cal.set_log(None)
    cal.Model.load(model_path).close()
    assert len(lines) == before


def test_log_to_a_logger(
    native: object, model_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import logging

    with caplog.at_level(logging.DEBUG, "forensics"):
        cal.set_log(logging.getLogger("forensics"), logging.DEBUG)
        cal.Model.load(model_path).close()
        cal.set_log(None)
    assert [record.name for record in caplog.records if "loaded model" in record.message]


def test_signal_handlers_are_put_back(model: cal.Model, pixels: np.ndarray) -> None:
    before = signal.getsignal(signal.SIGINT)
    model.attribute([pixels] * 2)
    assert signal.getsignal(signal.SIGINT) is before
