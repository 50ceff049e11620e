"""Which revision the regression check compares with, and its library: in a small repository whose
libraries are text."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import regression_base as base
from rounds import Failed

MAKEFILE = """\
build/lib/libcal.so.1: version FORCE
\tmkdir -p build/lib
\tcp version $@
\techo built >> {log}
FORCE:
"""


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root / "tree"
        self.log = root / "log"
        self.root.mkdir()
        self.git("init", "--quiet", "--initial-branch", "main")
        (self.root / ".gitignore").write_text("build/\n")
        (self.root / "Makefile").write_text(MAKEFILE.format(log=self.log))
        package = self.root / "Bindings/python/src/cal"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        command = ["git", *identity, *arguments]
        return subprocess.run(
            command, cwd=self.root, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self, version: str) -> str:
        (self.root / "version").write_text(version)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", version)
        return self.git("rev-parse", "HEAD")

    def builds(self) -> int:
        return len(self.log.read_text().splitlines())


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = Repository(tmp_path)
    monkeypatch.setattr(base, "ROOT", made.root)
    monkeypatch.setattr(base, "BASES", made.root / "build/base")
    return made


def test_on_a_branch_it_is_where_that_left_main(repository: Repository) -> None:
    left = repository.commit("one")
    repository.git("switch", "--quiet", "--create", "branch")
    repository.commit("two")
    repository.commit("three")
    assert base.commit(None) == left
    assert base.commit("HEAD~1") == repository.git("rev-parse", "HEAD~1")


def test_on_main_it_is_the_commit_before(repository: Repository) -> None:
    before = repository.commit("one")
    repository.commit("two")
    assert base.commit(None) == before


def test_no_such_revision(repository: Repository) -> None:
    repository.commit("one")
    with pytest.raises(Failed, match="nowhere"):
        base.commit("nowhere")
    with pytest.raises(Failed, match="HEAD~1"):
        base.commit(None)


def test_libraries_are_built_once(repository: Repository) -> None:
    ids = [repository.commit(version) for version in ("one", "two")]
    libraries = [base.build(id) for id in ids]
    assert [library.file.read_text() for library in libraries] == ["one", "two"]
    assert all((library.package / "cal/__init__.py").is_file() for library in libraries)
    assert repository.builds() == 2
    assert [base.build(id) for id in ids] == libraries
    assert repository.builds() == 2
    assert (repository.root / "version").read_text() == "two"


def test_it_builds_after_the_build_folder_was_removed(repository: Repository) -> None:
    id = repository.commit("one")
    base.build(id)
    repository.git("clean", "--quiet", "-dffx", "build")
    assert base.build(id).file.read_text() == "one"


def test_a_revision_that_cannot_be_built(repository: Repository) -> None:
    (repository.root / "Makefile").write_text("build/lib/libcal.so.1:\n\tfalse\n")
    id = repository.commit("broken")
    for _ in range(2):  # nothing half-done is taken for a library
        with pytest.raises(Failed, match=f"{id} could not be built"):
            base.build(id)
