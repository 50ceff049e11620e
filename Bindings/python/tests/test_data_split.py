"""cal.data.split: the properties of every split, and one that is written down."""

from __future__ import annotations

import csv
import hashlib
import os
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cal
from cal.data.sampling import hold_out, place, rounded, shares

Rows = list[tuple[str, str, str]]  # path, method, group


@st.composite
def listings(draw: st.DrawFn, *, grouped: bool = False, across: bool = False) -> Rows:
    """Images of 2 to 5 classes, a third of them in groups of up to 7 if there are groups; groups
    may reach across classes."""
    rows: Rows = []
    for label in range(draw(st.integers(2, 5))):
        size, chance = draw(st.integers(4, 60)), random.Random(draw(st.integers(0, 1 << 30)))
        for number in range(size):
            group = f"video {number // chance.randint(1, 7)}" if grouped else ""
            if grouped and not across:
                group = f"class {label} {group}"
            rows.append((f"{label}/{number:03}.png", f"class {label}", group))
    return rows


def split(rows: Rows, **options: object) -> cal.data.Dataset:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "listing.csv"
        with open(file, "w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([("path", "method", "video"), *rows])
        options = {"known": ["class 0", "class 1"], "check": False, **options}
        return cal.data.split(file, **options)


def by_class(dataset: cal.data.Dataset, *splits: str) -> Counter[str]:
    return Counter(sample.method for sample in dataset.of(*splits))


# Beyond these a class of one large group can be held out as a whole, or not be labelled at all.
test_shares = st.floats(0, 0.4)
labelled_shares = st.floats(0.75, 1)
seeds = st.integers(0, 1 << 40)


@given(listings(), test_shares, labelled_shares, seeds)
def test_counts_are_exact_without_groups(
    rows: Rows, test: float, labelled: float, seed: int
) -> None:
    dataset = split(rows, test=test, labelled=labelled, seed=seed)
    sizes = Counter(method for _, method, _ in rows)
    assert Counter((s.path, s.method) for s in dataset.samples) == Counter(r[:2] for r in rows)
    for label, name in enumerate(dataset.classes):
        held_out = by_class(dataset, "test")[name]
        training = sizes[name] - held_out
        assert abs(held_out - test * sizes[name]) <= 0.5
        if label < dataset.known:
            assert abs(by_class(dataset, "labelled")[name] - labelled * training) <= 0.5
        else:
            assert by_class(dataset, "labelled")[name] == 0


@given(listings(grouped=True), test_shares, labelled_shares, seeds)
def test_groups_stay_together(rows: Rows, test: float, labelled: float, seed: int) -> None:
    dataset = split(rows, test=test, labelled=labelled, seed=seed, group_column="video")
    splits = defaultdict(set)
    largest: Counter[str] = Counter()
    for group, name in {(sample.group, sample.method) for sample in dataset.samples}:
        largest[name] = max(largest[name], sum(row[2] == group for row in rows))
    for sample in dataset.samples:
        splits[sample.group].add(sample.split)
    assert all(len(each) == 1 for each in splits.values())
    sizes = Counter(method for _, method, _ in rows)
    for label, name in enumerate(dataset.classes):
        off = largest[name] / 2 + 0.5
        held_out = by_class(dataset, "test")[name]
        assert abs(held_out - test * sizes[name]) <= off
        if label < dataset.known:
            training = sizes[name] - held_out
            assert abs(by_class(dataset, "labelled")[name] - labelled * training) <= off


@given(listings(grouped=True, across=True), test_shares, seeds)
def test_groups_across_classes_are_held_out_whole(rows: Rows, test: float, seed: int) -> None:
    try:
        dataset = split(rows, test=test, labelled=0.75, seed=seed, group_column="video")
    except cal.data.DataError as problem:  # all of a known class was in groups of the test
        assert "gets no labelled images" in str(problem)
        return
    held_out = {sample.group for sample in dataset.test}
    assert not held_out & {s.group for s in dataset.of("labelled", "unlabelled")}
    within = defaultdict(set)
    for sample in dataset.samples:
        within[sample.group, sample.label].add(sample.split)
    assert all(len(each) == 1 for each in within.values())


@given(listings(grouped=True, across=True), seeds, st.randoms(use_true_random=False))
def test_the_order_of_the_listing_means_nothing(
    rows: Rows, seed: int, chance: random.Random
) -> None:
    options = {"seed": seed, "test": 0.1, "labelled": 0.8, "group_column": "video", "cap": 30}
    first = split(rows, **options)
    again = split(chance.sample(rows, len(rows)), **options)
    assert (first.samples, first.classes) == (again.samples, again.classes)


@given(listings(), st.integers(1, 70), st.integers(2, 70), st.integers(4, 70), seeds)
def test_caps(rows: Rows, cap_novel: int, cap_known: int, cap_one: int, seed: int) -> None:
    cap = {"novel": cap_novel, "known": cap_known, "class 1": cap_one}
    dataset = split(rows, cap=cap, seed=seed, labelled=0.75)
    whole = split(rows, seed=seed, labelled=0.75)
    taken = by_class(dataset, "labelled", "unlabelled", "test")
    for name, size in Counter(method for _, method, _ in rows).items():
        most = {"class 0": cap_known, "class 1": cap_one}.get(name, cap_novel)
        assert taken[name] == min(most, size)
    # What is held out of less is held out of more.
    assert set(dataset.test) <= set(whole.test)


def test_the_split_is_this_one() -> None:
    """On every machine, with every version: manifests of long ago can be made again."""
    rows = [
        (f"{label}/v{number // 4}/{number}.png", f"class {label}", f"v{number // 4}")
        for label in range(4)
        for number in range(40)
    ]
    dataset = split(rows, seed=7, cap={"novel": 30}, group_column="video")
    text = "".join(f"{s.path} {s.label} {s.split} {s.group}\n" for s in dataset.samples)
    assert len(dataset.samples) == 140
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "d3ce7fda203f534d"
    assert place("a/é.png", 1).hex() == place("a/e\u0301.png", 1).hex()
    assert place("a.png", 1) != place("a.png", 2)


def test_another_seed_is_another_split() -> None:
    rows = [(f"{i % 2}/{i}.png", f"class {i % 2}", "") for i in range(200)]
    tests = {frozenset(s.path for s in split(rows, seed=seed).test) for seed in range(5)}
    assert len(tests) == 5


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 9), max_size=40), test_shares, seeds)
def test_hold_out_of_one_class(sizes: dict[str, int], share: float, seed: int) -> None:
    taken = hold_out({name: Counter({0: n}) for name, n in sizes.items()}, share, seed)
    target = rounded(share, sum(sizes.values()))
    off = abs(sum(sizes[name] for name in taken) - target)
    assert off <= max(sizes.values(), default=0) / 2


@given(st.integers(0, 100) | st.none(), st.lists(st.integers(0, 50), max_size=6))
def test_shares_are_even(most: int | None, sizes: list[int]) -> None:
    taken = shares(most, sizes)
    total = sum(sizes)
    assert sum(taken) == (total if most is None else min(most, total))
    for one, size in zip(taken, sizes, strict=True):
        assert 0 <= one <= size
        # Who gives less than another gives all it has, but for the odd one.
        assert one == size or all(other <= one + 1 for other in taken)


# Folders. -------------------------------------------------------------------------------------


def tree(root: Path, names: list[str]) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


NAMES = [f"{folder}/{i % 3}/{i}.png" for folder in ("b", "a", "c é") for i in range(20)]


class Listing(AbstractContextManager["Listing"]):
    """What os.scandir gives. Versions of os.walk differ in whether they iterate over it or over
    what it gives on entering, so it is both.
    """

    def __init__(self, entries: Iterator[object]) -> None:
        self._entries = entries

    def __iter__(self) -> Iterator[object]:
        return self

    def __next__(self) -> object:
        return next(self._entries)

    def __exit__(self, *error: object) -> None:
        pass


class Shuffled:
    """os.scandir of another file system: the same entries in another order."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._scandir = os.scandir

    def __call__(self, *arguments: object) -> Listing:
        with self._scandir(*arguments) as entries:
            given = list(entries)
        self._chance.shuffle(given)
        return Listing(iter(given))


@pytest.mark.parametrize("seed", range(3))
def test_two_file_systems_give_one_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    first = tree(tmp_path / "one", NAMES)
    second = tree(tmp_path / "two", random.Random(seed).sample(NAMES, len(NAMES)))
    cal.data.split(first, known=["a"], check=False).write(tmp_path / "one.csv")
    monkeypatch.setattr(os, "scandir", Shuffled(seed))
    cal.data.split(second, known=["a"], check=False).write(tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_accents_apart_from_their_letters_are_the_same_name(tmp_path: Path) -> None:
    import unicodedata

    first = tree(tmp_path / "one", NAMES)
    second = tree(tmp_path / "two", [unicodedata.normalize("NFD", name) for name in NAMES])
    plain, apart = (cal.data.split(each, known=["c é"], check=False) for each in (first, second))
    assert plain.classes == apart.classes == ("c é", "a", "b")
    assert [s.split for s in plain.samples] == [s.split for s in apart.samples]


def test_groups_by_expression(tmp_path: Path) -> None:
    names = [f"{c}/id{i % 5}_clip{i % 10}_{i:03}.png" for c in ("real", "fake") for i in range(60)]
    root = tree(tmp_path, names)
    options = {"known": ["real"], "check": False}
    one = cal.data.split(root, group=r"(id\d)_clip", **options)
    assert {sample.group for sample in one.samples} == {f"id{i}" for i in range(5)}
    assert not {s.group for s in one.test} & {s.group for s in one.unlabelled + one.labelled}
    whole = cal.data.split(root, group=r"clip\d", **options)
    assert {sample.group for sample in whole.samples} == {f"clip{i}" for i in range(10)}
    both = cal.data.split(root, group=r"(id\d)_(clip\d)|(never)", **options)
    assert {sample.group for sample in both.samples} == {f"id{i % 5}/clip{i}" for i in range(10)}
    with pytest.raises(cal.data.DataError, match=r"'\(id3\)' finds nothing in 'fake/id0_clip0_000"):
        cal.data.split(root, group="(id3)", **options)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"known": None}, "which classes are known"),
        ({"protocol": "owdfa-p1"}, "which classes are known"),
        ({"known": None, "protocol": "p9"}, "protocol 'p9' is none of owdfa40-p1, "),
        ({"known": "a"}, "known 'a' is one text"),
        ({"known": ["a", "z"]}, "no class is called 'z'; there are 'a', 'b', 'c é'"),
        ({"test": 1.5}, "test 1.5 is not a share"),
        ({"labelled": float("nan")}, "labelled nan is not a share"),
        ({"labelled": 0.0}, "known class 'a' gets no labelled images: of its 20, 0 cannot be"),
        ({"test": 1.0}, "cannot be read, and 0 in 0 groups are not held out"),
        ({"check": True}, "'a' gets no labelled images: of its 20, 20 cannot be read"),
        ({"cap": 0}, "cap known=0 is not a number above 0"),
        ({"cap": {"z": 5}}, "no class is called 'z'"),
        ({"group": "("}, r"group '\(' is no regular expression"),
        ({"group": "a", "group_column": "b"}, "give one of them"),
        ({"group_column": "video"}, "group column 'video': .* is a folder"),
        ({"known": None, "protocol": "owdfa-p1"}, "'a' is not named <index>_<type>_<method>"),
    ],
)
def test_bad_options_are_named(tmp_path: Path, options: dict[str, object], sentence: str) -> None:
    tree(tmp_path, NAMES)
    cal.data.split(tmp_path, known=["a"], check=False)
    with pytest.raises(cal.data.DataError, match=sentence):
        cal.data.split(tmp_path, **{"known": ["a"], "check": False} | options)
