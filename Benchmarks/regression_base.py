"""Builds the library of another revision, in a git worktree of its own under build/."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from rounds import Failed

ROOT = Path(__file__).resolve().parents[1]
BASES = ROOT / "build/base"


class Library(NamedTuple):
    file: Path
    package: Path
    """The folder that holds the Python package of its revision."""

    def environment(self) -> dict[str, str]:
        """Of a process that is to use it."""
        return {**os.environ, "CAL_LIBRARY": str(self.file), "PYTHONPATH": str(self.package)}


PRESENT = Library(ROOT / "Bindings/python/src/cal/_lib/libcal.so.1", ROOT / "Bindings/python/src")


def git(*arguments: str | Path) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"git {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout.strip()


def commit(ref: str | None) -> str:
    """Its id. Without a ref, where this branch left main, and on main the commit before."""
    if ref is None:
        ref = git("merge-base", "HEAD", "main")
        if ref == git("rev-parse", "HEAD"):
            ref = "HEAD~1"
    return git("rev-parse", "--verify", "--end-of-options", ref + "^{commit}")


def build(id: str) -> Library:
    """Of a commit; what was built once is kept. The worktree stays too, so that the next build has
    less to do."""
    library = Library(BASES / id / "libcal.so.1", BASES / id / "python")
    if library.file.exists():
        return library
    tree = BASES / "tree"
    if tree.exists():
        git("-C", tree, "checkout", "--quiet", "--detach", "--force", id)
    else:
        git("worktree", "add", "--quiet", "--force", "--detach", tree, id)
    print(f"building {git('log', '-1', '--format=%h %s', id)}", flush=True)
    # Not a part of the make that may have started this one.
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKEOVERRIDES")}
    command = ["make", "-C", str(tree), "build/lib/libcal.so.1"]
    if subprocess.run(command, env=environment).returncode != 0:
        raise Failed(f"{id} could not be built; choose another BASE")
    shutil.copytree(tree / "Bindings/python/src", library.package, dirs_exist_ok=True)
    shutil.copy(tree / "build/lib/libcal.so.1", library.file)  # last: it says that all is there
    return library
