"""Makes data sets from listings: which classes are known, how many images, what is held out."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .._ahead import check_decoders
from .._progress import Progress
from .classes import Class, classify, find
from .dataset import Dataset
from .listing import Image, Listing, list_images
from .loader import DECODERS, Unreadable
from .options import Settings
from .protocols import PROTOCOLS
from .sample import DataError, Sample, Split, canonical
from .sampling import draw, hold_out
from .screening import screen

if TYPE_CHECKING:
    from typing import Unpack

    from .options import SplitOptions


def split(
    path: str | os.PathLike[str],
    *,
    check: bool = True,
    decoders: int = DECODERS,
    progress: Progress | None = None,
    found: Callable[[Unreadable], object] | None = None,
    **options: Unpack[SplitOptions],
) -> Dataset:
    """Splits the images of a folder of class folders, or of a CSV file with the columns path and
    method.

    The same names, options and seed give the same split, wherever the images lie. A group is in
    the test images as a whole or not at all, and within a class labelled as a whole or not at
    all. `check` decodes every image once; unreadable ones do not take part, but are in the data
    set as such. `found(unreadable)` is called for each of those, `progress(done, total)` after
    each image.
    """
    check_decoders(decoders)
    settings = Settings(**options)
    listing = list_images(Path(path), group=settings.group, group_column=settings.group_column)
    plan = _Plan(listing, settings)
    broken: set[str] = set()
    checked: set[str] = set()
    while True:
        chosen = plan.draw(without=broken)
        new = [image.path for image in chosen if image.path not in checked]
        if not check or not new:
            return plan.dataset(chosen, broken)
        report = _behind(progress, len(checked))
        checked.update(new)
        # What is broken is replaced by the next in order, which may be broken too.
        for one in screen(listing.root, new, decoders=decoders, progress=report):
            broken.add(one.path)
            if found is not None:
                found(one)


def _behind(progress: Progress | None, before: int) -> Progress | None:
    if progress is None:
        return None
    report = progress
    return lambda done, total: report(before + done, before + total)


class _Plan:
    """A listing whose images have labels."""

    def __init__(self, listing: Listing, settings: Settings) -> None:
        self._root = listing.root
        self._settings = settings
        sources = sorted({image.source for image in listing.images})
        merge, known = True, settings.known or ()
        if settings.protocol is not None:
            protocol = PROTOCOLS[settings.protocol]
            sources, merge, known = protocol.check(sources), protocol.merge, protocol.known
        of_source = classify(sources, merge=merge)
        known_classes = {each for item in known for each in find(item, of_source)}
        novel_classes = set(of_source.values()) - known_classes
        classes = [*sorted(known_classes), *sorted(novel_classes)]
        labels = {each: label for label, each in enumerate(classes)}
        self._names = tuple(each.name for each in classes)
        self._known = len(known_classes)
        self._caps = self._limits(of_source, labels)
        self._label = {source: labels[each] for source, each in of_source.items()}
        self._images: list[list[Image]] = [[] for _ in classes]
        for image in listing.images:
            if image.source in self._label:
                self._images[self._label[image.source]].append(image)

    def _limits(
        self, of_source: Mapping[str, Class], labels: Mapping[Class, int]
    ) -> list[int | None]:
        """By label; a cap of the class itself counts before that of its kind."""
        caps = self._settings.caps
        kinds = ["known" if label < self._known else "novel" for label in labels.values()]
        limits = [caps.get(kind) for kind in kinds]
        for name, most in caps.items():
            if name not in ("known", "novel"):
                for each in find(name, of_source):
                    limits[labels[each]] = most
        return limits

    def draw(self, without: set[str]) -> list[Image]:
        """The images that take part."""
        return [
            image
            for images, cap in zip(self._images, self._caps, strict=True)
            for image in draw(
                (image for image in images if image.path not in without), cap, self._settings.seed
            )
        ]

    def dataset(self, chosen: Sequence[Image], broken: Collection[str]) -> Dataset:
        splits: dict[str, Split] = {path: "unreadable" for path in broken}
        splits.update(self._assign(chosen, broken))
        samples = [
            Sample(image.path, label, self._names[label], splits[image.path], image.group)
            for label, images in enumerate(self._images)
            for image in images
            if image.path in splits
        ]
        samples.sort(key=lambda sample: canonical(sample.path))
        return Dataset(self._root, self._names, self._known, tuple(samples))

    def _assign(self, chosen: Sequence[Image], broken: Collection[str]) -> dict[str, Split]:
        """First what is held out, of all classes together; then, class by class, the labelled."""
        splits: dict[str, Split] = {}
        test = hold_out(self._groups(chosen), self._settings.test, self._settings.seed)
        training: defaultdict[int, list[Image]] = defaultdict(list)
        for image in chosen:
            if _group(image) in test:
                splits[image.path] = "test"
            else:
                splits[image.path] = "unlabelled"
                training[self._label[image.source]].append(image)
        for label in range(self._known):
            groups = self._groups(training[label])
            labelled = hold_out(groups, self._settings.labelled, self._settings.seed)
            if not labelled:
                unreadable = sum(image.path in broken for image in self._images[label])
                raise DataError(
                    f"known class {self._names[label]!r} gets no labelled images: of its "
                    f"{len(self._images[label])}, {unreadable} cannot be read, and "
                    f"{len(training[label])} in {len(groups)} groups are not held out"
                )
            for image in training[label]:
                if _group(image) in labelled:
                    splits[image.path] = "labelled"
        return splits

    def _groups(self, images: Iterable[Image]) -> dict[str, Counter[int]]:
        groups: defaultdict[str, Counter[int]] = defaultdict(Counter)
        for image in images:
            groups[_group(image)][self._label[image.source]] += 1
        return groups


def _group(image: Image) -> str:
    """An image without a group is its own."""
    return image.group or image.path
