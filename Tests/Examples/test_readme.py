"""Every fenced block of README.md runs, in a folder with a model and pictures, and prints what
it should; so does the tour at the top of cal.h. Every link leads somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import cal
import networks
import pytest
import torchfile
from make_model import COLOURS
from PIL import Image
from support import ROOT, Installed, check_run, ppm

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)

# What stands around the C and C++ snippets: the pixels that a tool would have.
PROGRAM = """
#include <{header}>
#include <stdio.h>
{includes}
#include "{root}/Examples/ppm.h"
int main(void) {{
    uint32_t width = 0, height = 0;
    uint8_t *pixels = ppm_read("face.ppm", &width, &height);
    const size_t size = (size_t)width * height * 3;
    if (pixels == NULL || size == 0) return 1;
    {{
{snippet}
    }}
    free(pixels);
    return 0;
}}
"""


def blocks(language: str) -> list[str]:
    found = [body for name, body in BLOCKS if name == language]
    assert found, f"README.md has no {language} block"
    return found


@pytest.fixture
def folder(tmp_path: Path, models: list[Path]) -> Path:
    """model.cal, face.ppm and face.png (red), other.png (white), faces/ with both, and a
    checkpoint as PyTorch saves it."""
    torchfile.save(tmp_path / "run.ckpt", {"state_dict": networks.make(networks.Shape())})
    (tmp_path / "model.cal").write_bytes(models[0].read_bytes())
    (tmp_path / "face.ppm").write_bytes(ppm(40, 40, b"\xff\0\0" * 1600))
    (tmp_path / "faces").mkdir()
    for name, colour in {"face.png": "red", "other.png": "white"}.items():
        for place in (tmp_path, tmp_path / "faces"):
            Image.new("RGB", (40, 40), colour).save(place / name)
    return tmp_path


def run_snippet(installed: Installed, folder: Path, suffix: str, snippet: str) -> str:
    cpp = suffix == ".cpp"
    source = folder / f"snippet{suffix}"
    source.write_text(
        PROGRAM.format(
            header="cal.hpp" if cpp else "cal.h",
            includes="#include <iostream>" if cpp else "",
            root=ROOT,
            snippet=snippet,
        )
    )
    program = installed.compile(source, folder / "snippet")
    return installed.run(program, cwd=folder).stdout


def test_c(installed: Installed, folder: Path) -> None:
    (snippet,) = blocks("c")
    assert run_snippet(installed, folder, ".c", snippet) == "prototype 0, p = 0.982\n"


def test_cpp(installed: Installed, folder: Path) -> None:
    (snippet,) = blocks("cpp")
    assert run_snippet(installed, folder, ".cpp", snippet) == "red\n"


def test_tour_of_the_header(installed: Installed, folder: Path) -> None:
    comment = installed.header.read_text().split("*/")[0]
    lines = re.findall(r"^ \*     (.*)$", comment, re.MULTILINE)
    tour = "\n".join(
        line.split("//")[0] for line in lines[: lines.index("cal_model_free(model);") + 1]
    )
    tour = "const uint32_t w = width, h = height; (void)size;\n" + tour
    assert run_snippet(installed, folder, ".c", tour) == "prototype 0, p = 0.982\n"


def test_python(folder: Path) -> None:
    (snippet,) = blocks("python")
    done = check_run([sys.executable, "-c", snippet], cwd=folder)
    first, second = done.stdout.splitlines()
    assert first.startswith(f"face.png known {COLOURS[0][1]} 0.98")
    assert second.startswith("other.png novel ")


def test_commands(folder: Path) -> None:
    build, commands = blocks("sh")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = check_run(["sh", "-e", "-c", commands], cwd=folder, env={**os.environ, "PATH": path})
    assert all(name in done.stdout for name in ("red", "green", "blue"))
    with cal.Model.load(folder / "imported.cal") as model:
        assert [entry.name for entry in model.prototypes[:2]] == ["real", "vae"]
    answers = (folder / "answers.csv").read_text().splitlines()
    assert len(answers) == 3 and "known" in answers[1] and "novel" in answers[2]

    # The first block is how these tests were started, so only its targets are checked.
    targets = re.findall(r"^make (\w+)", build, re.MULTILINE)
    assert targets == ["demo", "test", "python"]
    for target in targets:
        check_run(["make", "-C", str(ROOT), "--dry-run", target])
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == "exec make test"


def test_links_lead_somewhere() -> None:
    pages = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert "README.md" in pages
    for page in pages:
        # A lambda in code looks like a link.
        prose = re.sub(
            r"^```.*?^```", "", (ROOT / page).read_text(), flags=re.DOTALL | re.MULTILINE
        )
        for target, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", prose):
            if "://" not in target:
                file = (ROOT / page).parent.joinpath(target) if target else ROOT / page
                assert file.exists(), f"{page}: {target}"
                assert not anchor or anchor in anchors(file), f"{page}: {target}#{anchor}"


def anchors(page: Path) -> set[str]:
    """Of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in kept}


@pytest.mark.parametrize("page", ["ARCHITECTURE", "PERFORMANCE"])
def test_what_docs_name_is_in_the_code(page: str) -> None:
    code = "\n".join(
        file.read_text()
        for folder in ("Sources", "Include", "Benchmarks", "Tests")
        for file in sorted((ROOT / folder).rglob("*"))
        if file.suffix in {".swift", ".h", ".c", ".py"}
    )
    camel = r"`(?:[A-Za-z]\w*\.)?([a-z]\w*[A-Z]\w*|[A-Z][a-z]\w*[A-Z]\w*)`"
    names = set(re.findall(camel, (ROOT / "docs" / f"{page}.md").read_text()))
    missing = {name for name in names if not re.search(rf"\b{name}\b", code)}
    assert names and not missing, missing
