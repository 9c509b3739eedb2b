"""Runs inside the sandbox, as a program of its own: calls a solution with its test inputs and notes every value's type.

Self-contained: ``observations`` sends the text of this file as the program to run and ``trace`` as its entry point.
What it returns is a claim like any other program's output: it decides nothing but which annotations are tried.

A shape is ``{head: [shape of each part]}``: ``{"list": [{"int": []}]}``. Several heads mean several types were seen.
"""

from __future__ import annotations

import base64
import json
import opcode
import sys
import time
import types
import zlib
from collections.abc import Callable
from typing import Any

_MAX_DEPTH = 6
_MAX_ITEMS = 24  # of a container that are looked at: the first ones
_MAX_LINES = 400  # line events of one function that are looked at
_MAX_CALLS = 2000  # calls of one function that are looked at
_SECONDS = 4.0  # of CPU time; what comes after runs untraced, or not at all
_GENERATOR = 0x20  # inspect.CO_GENERATOR
_YIELD = opcode.opmap["YIELD_VALUE"]
_NAME = "solution"
_FILE = "solution.py"
_SEQUENCES = {list: "list", set: "set", frozenset: "frozenset"}
_SCALARS = (bool, int, float, complex, str, bytes, bytearray, range)

Shape = dict[str, list[Any]]


def merge(into: Shape, other: Shape) -> Shape:
    """Add what ``other`` saw to ``into``, in place."""
    for head, parts in other.items():
        if head not in into:
            into[head] = parts
        else:
            for mine, theirs in zip(into[head], parts):  # noqa: B905 - one head always has as many parts
                merge(mine, theirs)
    return into


def shape_of(value: Any, depth: int = 0) -> Shape:  # noqa: ANN401, PLR0911 - any type, one return a kind
    """The shape of one value; too deep a part is a shape without heads: unknown."""
    kind: Any = type(value)
    if value is None:
        return {"None": []}
    if kind in _SCALARS:
        return {kind.__name__: []}
    if depth > _MAX_DEPTH:
        return {}
    if kind in _SEQUENCES:
        return {_SEQUENCES[kind]: [_all_of(list(value)[:_MAX_ITEMS], depth)]}
    if kind is tuple:
        if len(value) > 8:
            return {"tuple*": [_all_of(value[:_MAX_ITEMS], depth)]}
        return {f"tuple{len(value)}": [shape_of(item, depth + 1) for item in value]}
    module, name = str(kind.__module__), str(kind.__qualname__)
    if module == "collections" and name == "deque":
        return {"deque": [_all_of(list(value)[:_MAX_ITEMS], depth)]}
    if kind is dict or (module == "collections" and name in ("defaultdict", "OrderedDict", "Counter")):
        items = list(dict.items(value))[:_MAX_ITEMS]
        return {name: [_all_of([k for k, _ in items], depth), _all_of([v for _, v in items], depth)]}
    if isinstance(value, types.FunctionType):
        return {f"function:{value.__code__.co_qualname}": []}
    if isinstance(value, types.GeneratorType):
        return {f"generator:{value.gi_code.co_qualname}": []}
    if isinstance(value, type):
        return {f"type:{value.__module__}.{value.__qualname__}": []}
    return {f"{'class' if module == _NAME else 'other'}:{name if module == _NAME else f'{module}.{name}'}": []}


def _all_of(values: Any, depth: int) -> Shape:  # noqa: ANN401 - any iterable
    shape: Shape = {}
    for value in values:
        merge(shape, shape_of(value, depth + 1))
    return shape


class Recorder:
    """A trace function that notes the types of parameters, variables, results, yields and attributes."""

    def __init__(self) -> None:
        self.seen: dict[str, Shape] = {}
        self._lines: dict[Any, int] = {}
        self._calls: dict[Any, int] = {}
        self._raising: set[int] = set()

    def note(self, key: str, value: Any) -> None:  # noqa: ANN401 - a program's values
        """Add one observation."""
        merge(self.seen.setdefault(key, {}), shape_of(value))

    def __call__(self, frame: types.FrameType, event: str, arg: Any) -> Callable[..., Any] | None:  # noqa: ANN401
        """The protocol of ``sys.settrace``."""
        code = frame.f_code
        if code.co_filename != _FILE or code.co_name.startswith("<"):
            return None
        name = code.co_qualname
        if event == "call":
            count = self._calls[code] = self._calls.get(code, 0) + 1
            if count > _MAX_CALLS or (count % 64 == 0 and time.process_time() > _SECONDS):
                return None
            frame.f_trace_lines = self._lines.get(code, 0) <= _MAX_LINES
            if frame.f_lasti <= 4:  # not where a generator goes on
                self._parameters(name, frame)
        elif event == "line":
            count = self._lines[code] = self._lines.get(code, 0) + 1
            frame.f_trace_lines = count <= _MAX_LINES
            self._locals(name, frame)
            self._raising.discard(id(frame))
        elif event == "exception":
            self._raising.add(id(frame))
        elif event == "return":
            if id(frame) in self._raising and arg is None:
                self._raising.discard(id(frame))
            elif not code.co_flags & _GENERATOR:
                self.note(f"{name}:return", arg)
            elif code.co_code[frame.f_lasti] == _YIELD:  # else its end
                self.note(f"{name}:yield", arg)
            self._locals(name, frame)
        return self

    def _parameters(self, name: str, frame: types.FrameType) -> None:
        code = frame.f_code
        count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
        for parameter in code.co_varnames[:count]:
            if parameter in frame.f_locals:
                self.note(f"{name}:param:{parameter}", frame.f_locals[parameter])

    def _locals(self, name: str, frame: types.FrameType) -> None:
        for variable, value in frame.f_locals.items():
            self.note(f"{name}:local:{variable}", value)
            if type(value).__module__ == _NAME:
                self._attributes(value)

    def _attributes(self, value: Any) -> None:  # noqa: ANN401 - a program's values
        for attribute, content in list(getattr(value, "__dict__", {}).items()):
            if isinstance(attribute, str):
                self.note(f"{type(value).__qualname__}:attribute:{attribute}", content)


def trace(source: str, entry: str, cases: list[list[Any]]) -> str:
    """Run ``source``, call ``entry`` once a case, and return what was seen, packed; a failing call is passed over."""
    module = types.ModuleType(_NAME)
    sys.modules[_NAME] = module
    recorder = Recorder()
    failed = 0
    sys.settrace(recorder)
    try:
        exec(compile(source, _FILE, "exec"), module.__dict__)
        for arguments in cases:
            if time.process_time() > _SECONDS:
                break
            owner, _, name = entry.rpartition(".")
            target = getattr(module, owner)() if owner else module
            try:
                result = getattr(target, name)(*arguments)
                if isinstance(result, types.GeneratorType):
                    list(result)
            except Exception:
                failed += 1
    finally:
        sys.settrace(None)
    for name, value in list(module.__dict__.items()):
        if not name.startswith("__") and not isinstance(value, types.ModuleType):
            recorder.note(f"<module>:local:{name}", value)
    seen = {key: shape for key, shape in recorder.seen.items() if ":local:self" not in key}
    document = json.dumps({"failed": failed, "cases": len(cases), "seen": seen}, separators=(",", ":"))
    return base64.b85encode(zlib.compress(document.encode(), 9)).decode()
