"""Pickles are read as data: nothing in them runs, and what is no checkpoint is refused."""

from __future__ import annotations

import argparse
import builtins
import contextlib
import os
import pickle
import pickletools
import subprocess
from collections import OrderedDict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cal.importer.pickle_reader import Global, Mapping, Opaque, read
from cal.importer.tensor import ImportRefused


def construct(name: str, arguments: tuple[object, ...]) -> object:
    return Mapping() if name == "collections.OrderedDict" else None


def refuse(identity: object) -> object:
    raise ImportRefused(f"persistent {identity!r}")


def load(data: bytes) -> object:
    return read(data, construct, refuse)


def plain(value: object) -> object:
    """Mappings back to dicts, to compare."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(plain(item) for item in value)
    return value


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(max_size=400),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=30,
)


@given(VALUES, st.sampled_from([3, 4, 5]))
def test_plain_data_reads_back(value: object, protocol: int) -> None:
    assert plain(load(pickle.dumps(value, protocol))) == value


@given(VALUES, st.sampled_from([0, 1, 2]))
def test_old_protocols_never_break_the_reader(value: object, protocol: int) -> None:
    # Bytes are a call of _codecs.encode there: opaque, and the rest is read.
    load(pickle.dumps(value, protocol))


@given(st.binary(max_size=200))
def test_noise_is_refused_or_data(data: bytes) -> None:
    with contextlib.suppress(ImportRefused):
        load(data)


@given(VALUES, st.data())
def test_cut_pickles_are_refused(value: object, data: st.DataObject) -> None:
    whole = pickle.dumps(value, 2)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ImportRefused):
        load(whole[:cut])


class Calls:
    """Pickles as a call of any function: the usual attack."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> object:
        return self.call


MARKER = "executed"
COMMAND = f"touch {MARKER}"
ATTACKS = {
    "posix.system": Calls(os.system, COMMAND),
    "builtins.eval": Calls(eval, f"open({MARKER!r}, 'w')"),
    "builtins.exec": Calls(exec, f"open({MARKER!r}, 'w')"),
    "builtins.getattr": Calls(getattr, "", "join"),
    "io.open": Calls(open, MARKER, "w"),
    "subprocess.Popen|commands.Popen": Calls(subprocess.Popen, COMMAND),
    "builtins.__import__": Calls(builtins.__import__, "os"),
}


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"hyper_parameters": [x]}])
def test_attacks_are_named_and_not_executed(
    name: str, protocol: int, wrap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = pickle.dumps(wrap(ATTACKS[name]), protocol)
    shown = name.replace("builtins", "__builtin__") if protocol < 3 else name
    with pytest.raises(ImportRefused, match=shown):
        load(data)
    assert not (tmp_path / MARKER).exists()


def test_a_call_of_a_result_is_not_executed() -> None:
    # operator-free chain: a harmless class is called, and its result is called again.
    program = b"\x80\x02cargparse\nNamespace\n)R)R."
    value = load(program)
    assert isinstance(value, Opaque)
    assert value.name == "result of argparse.Namespace"


def test_unknown_classes_are_inert() -> None:
    data = pickle.dumps(
        {"state_dict": OrderedDict(a=1), "hyper_parameters": argparse.Namespace(b=2)}
    )
    value = load(data)
    assert isinstance(value, Mapping)
    assert isinstance(value.items["hyper_parameters"], Opaque)
    assert plain(value.items["state_dict"]) == {"a": 1}


def test_hashing_bombs_do_not_hash() -> None:
    # t = (t, t) forty times over, then used as a key: hashing it would take 2^40 steps.
    program = b"\x80\x02})" + b"2\x86" * 40 + b"K\x01s."
    assert plain(load(program)) == {}


def test_memo_bombs_cost_nothing() -> None:
    # The C unpickler would allocate a table for the largest index.
    assert load(b"\x80\x02K\x01r\xff\xff\xff\x7f.") == 1


@pytest.mark.parametrize("opcode", ["EXT1", "NEXT_BUFFER"])
def test_instructions_that_no_checkpoint_has(opcode: str) -> None:
    code = next(each for each in pickletools.opcodes if each.name == opcode).code.encode("latin1")
    with pytest.raises(ImportRefused, match=opcode):
        load(b"\x80\x02" + code + b"\x01.")


def test_globals_alone_are_data() -> None:
    assert load(b"\x80\x02ctorch\nfloat32\n.") == Global("torch.float32")
