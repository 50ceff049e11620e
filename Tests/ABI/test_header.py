"""cal.h and cal.hpp with every compiler and standard that the README names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import ROOT, WARNINGS, Installed, check_run, compilers

C_STANDARDS = ["c99", "c11", "c17"]
CPP_STANDARDS = ["c++17", "c++20"]
STRICT = [*WARNINGS, "-Wconversion", "-Wshadow", "-Wstrict-prototypes"]


def compile_only(compiler: str, language: str, standard: str, flags: list[str], source: Path):
    check_run([compiler, "-x", language, f"-std={standard}", "-fsyntax-only", *flags, str(source)])


@pytest.mark.parametrize("standard", C_STANDARDS)
def test_c_header_compiles_alone(installed: Installed, standard: str) -> None:
    for compiler in compilers("gcc", "clang"):
        compile_only(compiler, "c", standard, STRICT, installed.header)


@pytest.mark.parametrize("standard", CPP_STANDARDS)
@pytest.mark.parametrize("name", ["cal.h", "cal.hpp"])
def test_headers_compile_alone_as_cpp(installed: Installed, standard: str, name: str) -> None:
    flags = [flag for flag in STRICT if flag != "-Wstrict-prototypes"]
    for compiler in compilers("g++", "clang++"):
        # -w on the pragma-once-in-main-file kind of remark is not needed: they use guards.
        compile_only(compiler, "c++", standard, flags, installed.prefix / "include" / name)


def test_struct_layouts_and_values_are_frozen(installed: Installed) -> None:
    source = ROOT / "Tests" / "ABI" / "layout.c"
    include = [*WARNINGS, f"-I{installed.prefix / 'include'}"]
    for compiler in compilers("gcc", "clang"):
        compile_only(compiler, "c", "c11", include, source)
    for compiler in compilers("g++", "clang++"):
        compile_only(compiler, "c++", "c++17", include, source)


def test_layout_table_is_complete(installed: Installed) -> None:
    """Every struct, field and enum value of cal.h has its line in layout.c."""
    header = re.sub(r"/\*.*?\*/", "", installed.header.read_text(), flags=re.DOTALL)
    table = (ROOT / "Tests" / "ABI" / "layout.c").read_text()

    structs = re.findall(r"^typedef struct (\w+) \{(.*?)^\} \1;", header, re.DOTALL | re.MULTILINE)
    assert len(structs) >= 9
    for name, body in structs:
        assert f"SIZE({name}, " in table
        for declaration in re.sub(r"\[.*?\]", "", body).split(";")[:-1]:
            first, *others = declaration.split(",")
            for field in [first.split()[-1], *others]:
                assert f"FIELD({name}, {field.strip(' *')}, " in table

    for values in re.findall(r"^enum \{(.*?)^\};|^enum \{(.*?)\};", header, re.DOTALL | re.M):
        for name, value in re.findall(r"(CAL_\w+) = (\d+)", "".join(values)):
            assert f"VALUE({name}, {value});" in table


def test_every_function_says_what_a_caller_must_know(installed: Installed) -> None:
    """The comment above each function states its threads, and its errors if it can fail."""
    declarations = re.findall(
        r"/\*((?:(?!\*/).)*?)\*/\nCAL_(API|CHECKED) [^;]*?(cal_\w+)\(",
        installed.header.read_text(),
        re.DOTALL,
    )
    assert len(declarations) >= 26
    for comment, marker, name in declarations:
        assert "Thread:" in comment, name
        if marker == "CHECKED":
            assert re.search(r"Errors:|CAL_ERR_", comment), name
