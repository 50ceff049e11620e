"""Debian packages, unpacked into a folder: nothing is installed, the system's own stay as they are.

Each is fetched from deb.debian.org by its name and held against the SHA-256 that the suite's index
has of it. Libraries that a package depends on come with it.
"""

from __future__ import annotations

import hashlib
import lzma
import re
import subprocess
import urllib.request
from pathlib import Path

ARCHIVE = "https://deb.debian.org/debian"


def fetch(path: str) -> bytes:
    with urllib.request.urlopen(f"{ARCHIVE}/{path}", timeout=300) as answer:
        return answer.read()


def index(suite: str) -> dict[str, dict[str, str]]:
    """What the suite says of each of its packages."""
    text = lzma.decompress(fetch(f"dists/{suite}/main/binary-amd64/Packages.xz")).decode()
    packages = {}
    for paragraph in text.split("\n\n"):
        fields = dict(re.findall(r"^(\S+): (.*)$", paragraph, re.MULTILINE))
        if fields:
            packages[fields["Package"]] = fields
    return packages


def dependencies(package: dict[str, str]) -> list[str]:
    """The first of each of its alternatives: libraries, and the kernel that a name stands for."""
    names = []
    for field in ("Pre-Depends", "Depends"):
        for alternatives in package.get(field, "").split(","):
            name = re.split(r"[ (|:]", alternatives.strip())[0]
            if name.startswith(("lib", "linux-image-")):
                names.append(name)
    return names


def closure(packages: dict[str, dict[str, str]], names: list[str]) -> list[str]:
    wanted, todo = set(), list(names)
    while todo:
        name = todo.pop()
        if name in packages and name not in wanted:
            wanted.add(name)
            todo += dependencies(packages[name])
    return sorted(wanted)


def unpack(suite: str, names: list[str], folder: Path) -> None:
    """The packages' files below the folder; does nothing if that was done before."""
    done = folder / "done"
    if done.exists():
        return
    packages = index(suite)
    missing = [name for name in names if name not in packages]
    if missing:
        raise SystemExit(f"{suite} has no package {', '.join(missing)}")
    for name in closure(packages, names):
        package = packages[name]
        content = fetch(package["Filename"])
        if hashlib.sha256(content).hexdigest() != package["SHA256"]:
            raise SystemExit(f"{name}: not what {suite}'s index says it is")
        print(f"unpacking {name} {package['Version']}", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        archive = folder / "package.deb"
        archive.write_bytes(content)
        subprocess.run(["dpkg", "-x", str(archive), str(folder)], check=True)
        archive.unlink()
    done.touch()
