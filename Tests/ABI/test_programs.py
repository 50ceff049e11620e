"""The C and C++ programs beside this file, compiled against the installed libcal and run."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from support import ROOT, Installed, check_run

FOLDER = ROOT / "Tests" / "ABI"
POSIX = "-D_POSIX_C_SOURCE=200809L"

PROGRAMS = [
    "colours.c",
    "misuse.c",
    "batch.c",
    "quantize.c",
    "bf16.c",
    "rounding.c",
    "threads.c",
    "damaged.c",
    "quiet.c",
    "learning.c",
    "learning.cpp",
    "owners.cpp",
]


def build(installed: Installed, folder: Path, source: str, *flags: str, link: bool = True) -> Path:
    return installed.compile(FOLDER / source, folder / Path(source).stem, *flags, link=link)


@pytest.mark.parametrize("source", PROGRAMS)
def test_program(installed: Installed, models: list[Path], tmp_path: Path, source: str) -> None:
    program = build(installed, tmp_path, source, "-D_GNU_SOURCE")
    done = installed.run(program, *models, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("", "")
    # No files but the ones the caller names.
    assert list(tmp_path.iterdir()) == [program]


def test_a_session_allocates_nothing_for_an_image(
    installed: Installed, models: list[Path], tmp_path: Path
) -> None:
    program = build(installed, tmp_path, "allocations.c", "-std=c11", "-D_GNU_SOURCE")
    installed.run(program, *models)


@pytest.mark.parametrize(
    "source",
    [
        "misuse.c",
        "batch.c",
        "quantize.c",
        "bf16.c",
        "damaged.c",
        "learning.c",
        "learning.cpp",
        "owners.cpp",
    ],
)
def test_program_with_address_sanitizer(
    installed: Installed, models: list[Path], tmp_path: Path, source: str
) -> None:
    """Sees libcal's heap too: overruns in what it copies, uses after free, handles that leak."""
    program = build(installed, tmp_path, source, "-D_GNU_SOURCE", "-fsanitize=address")
    environment = installed.environment() | {"ASAN_OPTIONS": "detect_leaks=1"}
    installed.run(program, *models, cwd=tmp_path, env=environment)


@pytest.mark.parametrize("source", ["training.c", "training.cpp"])
@pytest.mark.parametrize("flag", ["-O1", "-fsanitize=address"])
def test_training(installed: Installed, tmp_path: Path, source: str, flag: str) -> None:
    program = build(installed, tmp_path, source, "-D_GNU_SOURCE", flag)
    checkpoint = tmp_path / "training.ckpt"
    environment = installed.environment() | {"ASAN_OPTIONS": "detect_leaks=1"}
    done = installed.run(program, checkpoint, cwd=tmp_path, env=environment)
    assert (done.stdout, done.stderr) == ("", "")
    assert sorted(tmp_path.iterdir()) == sorted([program, checkpoint])


UPDATING = {
    "updating.c": ["site0", "site1"],
    "updating.cpp": ["calibrated", "failing", "images", "labels", "other", "own"],
    "epochs.c": ["state"],
}


@pytest.mark.parametrize("source", UPDATING)
@pytest.mark.parametrize("flag", ["-O1", "-fsanitize=address"])
def test_updating(
    installed: Installed, models: list[Path], tmp_path: Path, source: str, flag: str
) -> None:
    program = build(installed, tmp_path, source, "-D_GNU_SOURCE", flag)
    environment = installed.environment() | {"ASAN_OPTIONS": "detect_leaks=1"}
    done = installed.run(program, *models, tmp_path, cwd=tmp_path, env=environment)
    assert (done.stdout, done.stderr) == ("", "")
    folders = [tmp_path / name for name in UPDATING[source]]
    assert sorted(tmp_path.iterdir()) == sorted([*folders, program])


def run_in_little_memory(installed: Installed, *command: Path) -> None:
    """Half a GiB of address space holds a program and its libraries."""
    limit = 1 << 29
    installed.run(
        *command, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    )


def test_damaged_models_do_not_take_memory(
    installed: Installed, models: list[Path], tmp_path: Path
) -> None:
    """A length of 2 GiB in a file of 2 kB must be refused before anything of that size is asked
    for."""
    run_in_little_memory(installed, build(installed, tmp_path, "damaged.c"), *models)


def test_memory_that_is_short_is_an_error(installed: Installed, tmp_path: Path) -> None:
    run_in_little_memory(installed, build(installed, tmp_path, "memory.c"))


def test_closed_streams(installed: Installed, models: list[Path], tmp_path: Path) -> None:
    """A service has neither stdout nor stderr, and the next file opened takes their numbers."""
    program = build(installed, tmp_path, "quiet.c", "-D_GNU_SOURCE")
    check_run(
        ["sh", "-c", f"exec '{program}' '{models[0]}' '{models[1]}' <&- >&- 2>&-"],
        env=installed.environment(),
        capture_output=False,
    )


@pytest.mark.parametrize("blas", [{}, {"OPENBLAS_NUM_THREADS": "1"}], ids=["as it is", "1"])
def test_loading_starts_no_thread_but_openblas_own(
    installed: Installed, tmp_path: Path, blas: dict[str, str]
) -> None:
    environment = installed.environment() | blas
    if not blas:
        environment.pop("OPENBLAS_NUM_THREADS", None)
    program = build(installed, tmp_path, "loading.c", POSIX, link=False)
    installed.run(program, env=environment)


def test_open_and_close_three_times(
    installed: Installed, models: list[Path], tmp_path: Path
) -> None:
    program = build(installed, tmp_path, "unload.c", POSIX, link=False)
    installed.run(program, *models)
