"""The shared library as a file: what it exports, needs, and gives away."""

from __future__ import annotations

import re
import subprocess

import pytest
from support import ROOT, Installed, check_run, declared_functions

ALLOWED = {
    "libopenblas.so.0", "libprotobuf-c.so.1", "libc.so.6", "libm.so.6", "libstdc++.so.6",
    "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1",
}  # fmt: skip


def dynamic_section(installed: Installed) -> str:
    return check_run(["readelf", "--dynamic", "--wide", str(installed.library)]).stdout


def test_exports_are_the_header_and_the_committed_list(installed: Installed) -> None:
    listed = (ROOT / "packaging" / "symbols.txt").read_text().split()
    assert listed == sorted(set(listed))
    assert declared_functions(installed.header.read_text()) == set(listed)

    table = check_run(["nm", "--dynamic", "--defined-only", str(installed.library)]).stdout
    # Upper case means global. The version's own name is absolute and has no code behind it.
    exported = re.findall(r"^\S+ ([A-Z]) (\S+)$", table, re.MULTILINE)
    functions = {name for kind, name in exported if kind == "T"}
    assert functions == {f"{name}@@LIBCAL_1" for name in listed}
    assert {name for kind, name in exported if kind != "T"} == {"LIBCAL_1"}


def test_needs_only_the_runtimes_openblas_and_protobuf_c(installed: Installed) -> None:
    needed = set(re.findall(r"NEEDED.*\[(.*)\]", dynamic_section(installed)))
    assert {"libc.so.6", "libopenblas.so.0", "libprotobuf-c.so.1"} <= needed <= ALLOWED


def test_has_a_soname_stays_mapped_and_resolves_at_once(installed: Installed) -> None:
    section = dynamic_section(installed)
    assert re.search(r"SONAME.*\[libcal\.so\.1\]", section)
    assert re.search(r"FLAGS_1.*NOW.*NODELETE", section)
    assert (installed.prefix / "lib" / "libcal.so").readlink().name == "libcal.so.1"


def test_searches_no_folder_of_its_own(installed: Installed) -> None:
    assert not re.search(r"RPATH|RUNPATH", dynamic_section(installed))


def test_is_stripped_and_names_no_folder_of_the_build(installed: Installed) -> None:
    content = installed.library.read_bytes()
    print(f"libcal.so.1: {len(content)} bytes")
    assert str(ROOT).encode() not in content
    sections = check_run(["readelf", "--sections", "--wide", str(installed.library)]).stdout
    assert ".symtab" not in sections and ".debug_info" not in sections
    # The README states the size in MB; a reader should find it true.
    stated = re.search(r"([\d.]+) MB.*stripped", (ROOT / "README.md").read_text())
    assert stated and abs(float(stated[1]) - len(content) / 1e6) < 0.3


def test_generated_code_is_fresh() -> None:
    script = ROOT / "Sources" / "CModelFormat" / "check-generated.sh"
    result = subprocess.run([script], capture_output=True, text=True)
    if result.returncode == 77:
        pytest.skip(result.stderr.strip())
    assert result.returncode == 0, result.stdout + result.stderr
