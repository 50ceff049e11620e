"""Which libcal is loaded, and which is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cal
from cal._library import SONAME
from cal._native import PROTOTYPES
from conftest import compiler

PACKAGE = Path(cal.__file__).parent
SHOW = "import cal; print(cal.library_path(), cal.library_version())"


def build_fake(folder: Path, abi: int = 1, check: int = 0, leave_out: str = "") -> Path:
    """A library with libcal's names that answers only about its version."""
    functions = [
        f"int {name}(void) {{ return {abi if name == 'cal_abi_version' else 0}; }}"
        for name in PROTOTYPES
        if name not in ("cal_version", "cal_check_version", leave_out)
    ]
    functions.append('const char *cal_version(void) { return "fake"; }')
    functions.append(f"int cal_check_version(int a, int b) {{ return a - a + b - b + {check}; }}")
    source = folder / "fake.c"
    source.write_text("\n".join(functions))
    library = folder / SONAME
    subprocess.run([compiler(), "-shared", "-fPIC", "-o", library, source], check=True)
    return library


def run(program: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """In a fresh interpreter, with the package in its place and no CAL_LIBRARY but ours."""
    clean = {k: v for k, v in os.environ.items() if k not in ("CAL_LIBRARY", "LD_LIBRARY_PATH")}
    clean |= {"PYTHONPATH": str(PACKAGE.parent), "PYTHONSAFEPATH": "1"} | environment
    return subprocess.run(
        [sys.executable, "-c", program], cwd=cwd, env=clean, capture_output=True, text=True
    )


def test_cal_library_is_used(tmp_path: Path) -> None:
    library = build_fake(tmp_path)
    done = run(SHOW, tmp_path, CAL_LIBRARY=str(library))
    assert done.stdout.split() == [str(library), "fake"], done.stderr


def test_a_relative_cal_library_is_refused(tmp_path: Path) -> None:
    build_fake(tmp_path)
    done = run(SHOW, tmp_path, CAL_LIBRARY=SONAME)
    assert f"CAL_LIBRARY must be an absolute path, and is '{SONAME}'" in done.stderr
    assert done.returncode == 1


def test_a_cal_library_that_is_not_there_has_no_substitute(tmp_path: Path) -> None:
    done = run(SHOW, tmp_path, CAL_LIBRARY=str(tmp_path / "none.so"))
    assert "CalLibraryError: libcal not loaded: the file cannot be loaded" in done.stderr
    assert str(tmp_path / "none.so") in done.stderr


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The package in another place, without a bundled library."""
    place = tmp_path / "site"
    shutil.copytree(PACKAGE, place / "cal", ignore=shutil.ignore_patterns("_lib", "__pycache__"))
    return place


def test_the_bundled_library_is_used(tmp_path: Path, copied: Path) -> None:
    (copied / "cal" / "_lib").mkdir()
    library = build_fake(copied / "cal" / "_lib")
    done = run(SHOW, tmp_path, PYTHONPATH=str(copied))
    assert done.stdout.split() == [str(library), "fake"], done.stderr


def test_the_soname_is_found_by_the_loader(tmp_path: Path, copied: Path) -> None:
    build_fake(tmp_path)
    variable = "DYLD_LIBRARY_PATH" if sys.platform == "darwin" else "LD_LIBRARY_PATH"
    done = run(SHOW, copied, PYTHONPATH=str(copied), **{variable: str(tmp_path)})
    assert done.stdout.split() == [SONAME, "fake"], done.stderr


def test_the_current_directory_is_never_searched(tmp_path: Path, copied: Path) -> None:
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    build_fake(evidence)
    for folder in ("_lib", "cal/_lib", "lib"):
        (evidence / folder).mkdir(parents=True)
        shutil.copy(evidence / SONAME, evidence / folder)
    done = run(SHOW, evidence, PYTHONPATH=str(copied))
    assert "fake" not in done.stdout  # a libcal installed on this machine would be all right


def test_another_abi_is_refused_with_both_versions(tmp_path: Path) -> None:
    library = build_fake(tmp_path, abi=7)
    done = run(SHOW, tmp_path, CAL_LIBRARY=str(library))
    assert f"{library} has ABI version 7, and this package needs 1" in done.stderr


def test_an_older_release_is_refused(tmp_path: Path) -> None:
    library = build_fake(tmp_path, check=105)
    done = run(SHOW, tmp_path, CAL_LIBRARY=str(library))
    assert "has version number 0, and this package needs 1000000 or later" in done.stderr


def test_a_missing_function_is_named(tmp_path: Path) -> None:
    library = build_fake(tmp_path, leave_out="cal_session_evidence")
    done = run(SHOW, tmp_path, CAL_LIBRARY=str(library))
    assert "is not a libcal of ABI 1: no cal_session_evidence" in done.stderr


def test_the_package_imports_without_a_library(tmp_path: Path) -> None:
    program = "import cal; print(cal.__version__)"
    done = run(program, tmp_path, CAL_LIBRARY=str(tmp_path / "none.so"))
    assert done.stdout.strip() == cal.__version__


def test_nothing_optional_is_imported(tmp_path: Path) -> None:
    program = "import cal, sys; print([m for m in ('numpy', 'PIL', 'google') if m in sys.modules])"
    assert run(program, tmp_path).stdout.strip() == "[]"
