"""An installed libcal is found and linked through pkg-config and through CMake."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from support import ROOT, WARNINGS, Installed, check_run

CONSUMER = ROOT / "Tests" / "Packaging" / "consumer"


@pytest.fixture
def version(installed: Installed) -> str:
    """The version that pkg-config states, and that the programs must then print."""
    return pkg_config(installed, "--modversion")


def pkg_config(installed: Installed, *arguments: str) -> str:
    path = installed.prefix / "lib" / "pkgconfig"
    environment = {**os.environ, "PKG_CONFIG_PATH": str(path)}
    return check_run(["pkg-config", *arguments, "cal"], env=environment).stdout.strip()


def test_pkg_config(installed: Installed, version: str, tmp_path: Path) -> None:
    flags = pkg_config(installed, "--cflags", "--libs").split()
    program = tmp_path / "consumer"
    check_run(["cc", *WARNINGS, str(CONSUMER / "main.c"), "-o", str(program), *flags])
    assert installed.run(program).stdout == f"C {version}\n"


def test_cmake(installed: Installed, version: str, tmp_path: Path) -> None:
    check_run(["cmake", "-S", str(CONSUMER), "-B", str(tmp_path),
               f"-DCMAKE_PREFIX_PATH={installed.prefix}"])  # fmt: skip
    check_run(["cmake", "--build", str(tmp_path)])
    # Without LD_LIBRARY_PATH: CMake gives a program in its build tree the library's place.
    assert check_run([str(tmp_path / "consumer_c")]).stdout == f"C {version}\n"
    assert check_run([str(tmp_path / "consumer_cpp")]).stdout == f"C++ {version}\n"


@pytest.mark.parametrize("request_version", ["2.0", "1.99", "0.9"])
def test_cmake_refuses_other_versions(
    installed: Installed, tmp_path: Path, request_version: str
) -> None:
    source = tmp_path / "source"
    shutil.copytree(CONSUMER, source)
    lists = source / "CMakeLists.txt"
    lists.write_text(
        lists.read_text().replace("find_package(cal 1.0", f"find_package(cal {request_version}")
    )
    with pytest.raises(pytest.fail.Exception, match=r"compatible\s+with\s+requested"):
        check_run(["cmake", "-S", str(source), "-B", str(tmp_path / "build"),
                   f"-DCMAKE_PREFIX_PATH={installed.prefix}"])  # fmt: skip


def test_the_tree_can_be_moved(installed: Installed, version: str, tmp_path: Path) -> None:
    moved = Installed(tmp_path / "elsewhere")
    shutil.copytree(installed.prefix, moved.prefix, symlinks=True)
    flags = pkg_config(moved, "--cflags", "--libs")
    assert str(installed.prefix) not in flags
    program = tmp_path / "consumer"
    check_run(["cc", str(CONSUMER / "main.c"), "-o", str(program), *flags.split()])
    assert moved.run(program).stdout == f"C {version}\n"
