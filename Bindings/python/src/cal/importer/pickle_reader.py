"""Reads a pickle as data. Nothing in it is ever imported, constructed or called.

A pickle is a program for a stack machine, and `pickle.load` of an untrusted one runs code of its
author's choice. This is our own machine: instructions that import a name push a `Global`, those
that call push what the few known names of a checkpoint stand for or an inert `Opaque`. Nothing
here can reach a real class or function.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .pickle_names import is_alarming
from .tensor import ImportRefused

MAX_BYTES = 64 << 20
MAX_INSTRUCTIONS = 4_000_000

_MARK = object()
_PUSH_ARGUMENT = frozenset(
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 STRING BINSTRING SHORT_BINSTRING BINBYTES "
    "SHORT_BINBYTES BINBYTES8 BYTEARRAY8 UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8 FLOAT "
    "BINFLOAT".split()
)
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_IGNORED = frozenset(["PROTO", "FRAME"])


@dataclass(frozen=True)
class Global:
    """A name that a pickle would import."""

    name: str


@dataclass(eq=False)
class Opaque:
    """Stands for an object of a type that is no business of ours."""

    name: str


@dataclass(eq=False)
class Mapping:
    """A dict or OrderedDict. Only text and whole numbers are kept as keys: hashing a key that a
    hostile pickle has nested could take forever."""

    items: dict[str | int, Any] = field(default_factory=dict)

    def put(self, key: Any, value: Any) -> None:
        if type(key) in (str, int):
            self.items[key] = value


Construct = Callable[[str, tuple[Any, ...]], Any]
"""(global's name, arguments) -> what a call of it stands for; None: not known."""


def read(data: bytes, construct: Construct, persistent: Callable[[Any], Any]) -> Any:
    """The value of a pickle. `persistent` gives the value of a persistent id."""
    if len(data) > MAX_BYTES:
        raise ImportRefused(f"the pickle has {len(data)} bytes; the limit is {MAX_BYTES}")
    machine = _Machine(construct, persistent)
    try:
        for count, (instruction, argument, _) in enumerate(pickletools.genops(data)):
            if count >= MAX_INSTRUCTIONS:
                raise ImportRefused(f"the pickle has over {MAX_INSTRUCTIONS} instructions")
            machine.step(instruction.name, argument)
        return machine.pop()
    except ImportRefused:
        raise
    except Exception as problem:  # any malformed program: short, wrong types, empty stack, ...
        raise ImportRefused(f"the pickle is damaged: {type(problem).__name__}: {problem}") from None


class _Machine:
    def __init__(self, construct: Construct, persistent: Callable[[Any], Any]) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.construct = construct
        self.persistent = persistent

    def step(self, name: str, argument: Any) -> None:
        if name in _PUSH_ARGUMENT:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name not in _IGNORED:
            method = getattr(self, "_" + name.lower(), None)
            if method is None:
                raise ImportRefused(f"the pickle uses the instruction {name}, which is not read")
            method(argument)

    def pop(self) -> Any:
        value = self.stack.pop()
        if value is _MARK:
            raise ValueError("mark in place of a value")
        return value

    def pop_to_mark(self) -> list[Any]:
        top = len(self.stack) - 1
        while self.stack[top] is not _MARK:  # an IndexError ends a program without a mark
            top -= 1
            if top < 0:
                raise ValueError("no mark")
        values = self.stack[top + 1 :]
        del self.stack[top:]
        return values

    # Stack and memo. ----------------------------------------------------------------------

    def _mark(self, _: None) -> None:
        self.stack.append(_MARK)

    def _pop(self, _: None) -> None:
        self.stack.pop()

    def _pop_mark(self, _: None) -> None:
        self.pop_to_mark()

    def _dup(self, _: None) -> None:
        self.stack.append(self.stack[-1])

    def _stop(self, _: None) -> None:
        pass

    def _put(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def _memoize(self, _: None) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def _get(self, index: int) -> None:
        self.stack.append(self.memo[index])

    _binput = _long_binput = _put
    _binget = _long_binget = _get

    # Containers. --------------------------------------------------------------------------

    def _empty_list(self, _: None) -> None:
        self.stack.append([])

    def _empty_dict(self, _: None) -> None:
        self.stack.append(Mapping())

    def _empty_set(self, _: None) -> None:
        self.stack.append(Opaque("set"))

    def _list(self, _: None) -> None:
        self.stack.append(self.pop_to_mark())

    def _tuple(self, _: None) -> None:
        self.stack.append(tuple(self.pop_to_mark()))

    def _tuple1(self, _: None) -> None:
        self.stack[-1:] = [tuple(self.stack[-1:])]

    def _tuple2(self, _: None) -> None:
        self.stack[-2:] = [tuple(self.stack[-2:])]

    def _tuple3(self, _: None) -> None:
        self.stack[-3:] = [tuple(self.stack[-3:])]

    def _dict(self, _: None) -> None:
        values = self.pop_to_mark()
        self.stack.append(Mapping())
        self._fill(values)

    def _frozenset(self, _: None) -> None:
        self.pop_to_mark()
        self.stack.append(Opaque("frozenset"))

    def _append(self, _: None) -> None:
        self._extend([self.pop()])

    def _appends(self, _: None) -> None:
        self._extend(self.pop_to_mark())

    def _additems(self, _: None) -> None:
        self.pop_to_mark()

    def _extend(self, values: list[Any]) -> None:
        if isinstance(self.stack[-1], list):
            self.stack[-1].extend(values)

    def _setitem(self, _: None) -> None:
        value, key = self.pop(), self.pop()
        self._fill([key, value])

    def _setitems(self, _: None) -> None:
        self._fill(self.pop_to_mark())

    def _fill(self, values: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Mapping):
            for key, value in zip(values[0::2], values[1::2], strict=True):
                target.put(key, value)

    # Names and calls: only ever recorded. -------------------------------------------------

    def _push_global(self, module: str, name: str) -> None:
        full = f"{module}.{name}"
        if is_alarming(module, name):
            raise ImportRefused(
                f"the pickle wants to import {full!r}, which no checkpoint needs; it may be an "
                "attack. Nothing of it was executed"
            )
        self.stack.append(Global(full))

    def _global(self, argument: str) -> None:
        module, name = argument.split(" ", 1)
        self._push_global(module, name)

    def _stack_global(self, _: None) -> None:
        name, module = self.pop(), self.pop()
        if type(module) is not str or type(name) is not str:
            raise ValueError("a global's name is no text")
        self._push_global(module, name)

    def _call(self, function: Any, arguments: Any) -> None:
        if not isinstance(function, Global):
            function = Global(f"result of {function.name}" if isinstance(function, Opaque) else "?")
        known = self.construct(function.name, arguments if isinstance(arguments, tuple) else ())
        self.stack.append(Opaque(function.name) if known is None else known)

    def _reduce(self, _: None) -> None:
        arguments, function = self.pop(), self.pop()
        self._call(function, arguments)

    _newobj = _reduce

    def _newobj_ex(self, _: None) -> None:
        self.pop()  # keyword arguments
        self._reduce(None)

    def _inst(self, argument: str) -> None:
        arguments = tuple(self.pop_to_mark())
        self._global(argument)
        self._call(self.pop(), arguments)

    def _obj(self, _: None) -> None:
        function, *arguments = self.pop_to_mark()
        self._call(function, tuple(arguments))

    def _build(self, _: None) -> None:
        self.pop()  # state: attributes of an object, of which only its items matter here

    def _persid(self, argument: str) -> None:
        self.stack.append(self.persistent(argument))

    def _binpersid(self, _: None) -> None:
        self.stack.append(self.persistent(self.pop()))
