"""An open-world data set: a folder per class, a manifest, and nobody in two splits.

Every class shows the same people, each in another picture, so that nothing but the method tells
classes apart; labelled, unlabelled and test images show different people."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property, partial
from multiprocessing import get_context
from pathlib import Path

from forgeries.catalogue import Method, catalogue
from forgeries.shot import Shot
from PIL import Image
from portraits.plane import Array
from studio import Draw, Studio

SITTERS = 100
"""People whose photographs the learned methods learn from; they appear nowhere else."""
SIZES = range(32, 513, 8)
"""Multiples of 8, since blocks and three halvings must come out even."""
LEAST = 10
"""Images per class from which every split has two people: a swap needs another face."""
PARTS = ("late", "faces")
"""In the order of their manifests: that of the faces is written last, when all is there."""
CHUNK = 16
"""Images that a process is handed at a time."""
COLUMNS = ["path", "label", "method", "split"]

Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Entry:
    """One image to make."""

    method: Method
    person: int
    donor: int
    """Somebody else of the same split."""
    split: str
    """labelled, unlabelled or test."""

    @property
    def part(self) -> str:
        """One of PARTS."""
        return "late" if self.method.role == "late" else "faces"

    @property
    def path(self) -> str:
        """Below its part of the data set."""
        return f"{self.method.folder}/p{self.person:05}.png"


class OpenWorld:
    def __init__(self, seed: int = 1, size: int = 64, per_class: int = 240) -> None:
        if size not in SIZES:
            raise ValueError(f"size {size} must be a multiple of 8 from {SIZES[0]} to {SIZES[-1]}")
        if per_class < LEAST:
            raise ValueError(f"{per_class} images per class are too few: at least {LEAST}")
        if seed < 0:
            raise ValueError(f"seed {seed} must not be negative")
        self._studio = Studio(seed, size)
        self._people = _people(per_class)
        self._numbers = (seed, size, per_class)

    @cached_property
    def methods(self) -> list[Method]:
        photographs = [self._studio.shot(p, 0, p).pixels for p in range(SITTERS)]
        return catalogue(photographs, self._studio.random(Draw.LEARNING))

    def entries(self) -> Iterator[Entry]:
        """In the order of the manifest: by class, then labelled, unlabelled, test.

        A quarter of the training images of a known class is unlabelled, of other classes all."""
        for method in self.methods:
            for split, people in self._people.items():
                if method.role == "known" and split == "unlabelled":
                    people = people[len(self._people["labelled"]) :]
                if method.role == "known" or split != "labelled":
                    yield from (
                        Entry(method, person, donor, split)
                        for person, donor in zip(people, [*people[1:], people[0]], strict=True)
                    )

    def shot(self, entry: Entry) -> Shot:
        """The photograph that the image is made from."""
        return self._studio.shot(entry.person, entry.method.index, entry.donor)

    def image(self, entry: Entry) -> Array:
        """The finished image: 8-bit sRGB, (size, size, 3)."""
        numbers = (entry.person, entry.method.index)
        random = self._studio.random(Draw.FORGERY, *numbers)
        return self._studio.shared(entry.method.forge(self.shot(entry), random), *numbers)

    def write(self, folder: Path, progress: Progress | None = None, processes: int = 1) -> None:
        """folder/faces with the classes there are to learn, folder/late with the method that
        comes later; `progress` is called with images done and images to make."""
        if folder.exists() and any(folder.iterdir()):
            raise FileExistsError(f"{folder} is not empty")
        entries = list(self.entries())
        for entry in entries:
            (folder / entry.part / entry.path).parent.mkdir(parents=True, exist_ok=True)
        for done, _ in enumerate(self._write_images(folder, entries, processes), 1):
            if progress:
                progress(done, len(entries))
        for part in PARTS:
            _write_manifest(folder / part / "split.csv", [e for e in entries if e.part == part])

    def _write_images(self, folder: Path, entries: list[Entry], processes: int) -> Iterator[None]:
        """An image depends on nothing but its numbers, so processes share them out."""
        if processes == 1:
            for entry in entries:
                yield self.write_image(folder, entry)
            return
        work = partial(_work, self._numbers, folder)
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            yield from pool.map(work, range(len(entries)), chunksize=CHUNK)

    def write_image(self, folder: Path, entry: Entry) -> None:
        # Not compressed: a file's size must not tell what is in it.
        image = Image.fromarray(self.image(entry))
        image.save(folder / entry.part / entry.path, compress_level=0)


@cache
def _world(*numbers: int) -> tuple[OpenWorld, list[Entry]]:
    world = OpenWorld(*numbers)
    return world, list(world.entries())


def _work(numbers: tuple[int, int, int], folder: Path, index: int) -> None:
    """In a process of its own, which makes its world once."""
    world, entries = _world(*numbers)
    world.write_image(folder, entries[index])


def _people(per_class: int) -> dict[str, list[int]]:
    """Who appears in which split: a fifth is for testing, three quarters of the rest labelled."""
    test = per_class // 5
    labelled = (per_class - test) * 3 // 4
    counts = {"labelled": labelled, "unlabelled": per_class - test, "test": test}
    people, first = {}, SITTERS
    for split, count in counts.items():
        people[split] = list(range(first, first + count))
        first += count
    return people


def _write_manifest(path: Path, entries: list[Entry]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for entry in entries:
            table.writerow([entry.path, entry.method.index, entry.method.name, entry.split])
