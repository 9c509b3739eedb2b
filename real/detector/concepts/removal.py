"""Replacements and tests after which a text lacks some characters: ``replace("<", "")``, ``re.sub()``, ``quote()``."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from functools import cached_property

from real.detector.analysis.callsites import library_paths
from real.detector.analysis.charsets import Charset, removes_harm
from real.detector.analysis.facts import Facts
from real.detector.analysis.values import BOTTOM, Constant, certain
from real.detector.analysis.witness import every
from real.detector.concepts.calls import passed_to
from real.detector.concepts.characters import every_character_is_harmless, is_admitted
from real.detector.concepts.loops import Use, root_of
from real.detector.concepts.patterns import PATTERN_MODULES
from real.detector.concepts.plain_text import is_text
from real.detector.concepts.refusals import refused
from real.detector.ir.call_shapes import named_operands, shape_of
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import COPIES, Edge, Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import HARMLESS_METHODS, PERCENT_ENCODERS

# Methods that take a text apart -> what is gone when its parts are joined.
_SPLITTERS = {"split": " \t\r\n\v\f", "splitlines": "\r\n\v\f"}
# What holds the parts of a text.
PARTS = frozenset({"split", "rsplit", "splitlines", "partition", "rpartition"})
_PRECISION = re.compile(r"%[^a-zA-Z%]*[.*]|\{[^}]*[:.{]")
# They make the text of an object.
_SHOWING = frozenset({"__str__", "__format__", "__repr__"})
# What fills a buffer, and what leaves it as it is.
_BUFFER_METHODS = frozenset({"write", "getvalue", "read", "seek", "close", "flush"})
# Functions that reach the attributes of an object by names that are data, and methods that answer for all of them.
_ATTRIBUTE_WRITERS = frozenset({"builtins.setattr", "builtins.vars", "builtins.object.__setattr__"})
_READERS = frozenset({"__getattribute__", "__setattr__"})
_MAX_CALLS = 3  # helpers inside helpers
_MAX_GOALS = 4  # joins inside joins
# What may be done with a container without putting anything into it.
_KEEPING = frozenset({"assign", "copy", "pi", "pathload", "iterate", "return", "phi", "binop", "slice"})


def is_removed(
    facts: Facts,
    unit: Unit,
    operand: int,
    characters: str,
    *,
    doubling: bool = False,
    at: Instr | None = None,
    inside: bool = False,
) -> bool:
    """Whether every untrusted part of a text has lost these characters before it became part of it.

    By ``re.sub`` with a constant class of characters, by ``replace`` of each one, or by percent-encoding, also in a
    helper of the program. With ``doubling``, writing a character twice counts too, as a quote inside an SQL literal.
    With ``at``, where the text is used, tests that refuse a character count as well. ``inside``: the text stands in a
    literal, which what the program itself puts around a part must not end.
    """
    way = _Way((at,) if at is not None else ())
    return _Removal(facts, doubling, inside).of(unit, operand, frozenset(characters), way)


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of a helper on the way from where the text is used, and the places in the caller that it led through."""

    caller: Unit
    call: Instr
    callee: Unit
    goals: tuple[Instr | Edge, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    """How the search came to a value: the places of its function where it is used, nearest last, and the calls."""

    goals: tuple[Instr | Edge, ...] = ()
    calls: tuple[_Call, ...] = ()
    callers: int = 0  # how many levels of callers it has gone up

    def by(self, goal: Instr | Edge) -> _Way:
        """The same, and through one more place."""
        return replace(self, goals=(*self.goals, goal)[-_MAX_GOALS:])


class _Removal:
    def __init__(self, facts: Facts, doubling: bool, inside: bool) -> None:
        self.facts = facts
        self.doubling = doubling
        self.inside = inside
        self.seen: set[tuple[Unit, int, frozenset[str], _Way, bool]] = set()

    def of(self, unit: Unit, operand: int, left: frozenset[str], way: _Way) -> bool:
        """Whether the operand has lost the characters ``left``."""
        instr = root_of(unit, operand)
        if not left or instr is None or not self.facts.is_untrusted(self.facts.value(unit, operand)):
            return True
        if not self.facts.is_untrusted(self.facts.value(unit, instr.dst)):
            return False  # a test has found it equal to something from outside
        key = (unit, instr.dst, left, way if instr.op != "phi" else _Way(calls=way.calls), self.doubling)
        if key in self.seen:
            return True  # a loop: the other ways into it decide
        self.seen.add(key)
        if self._made(unit, instr, left, way):
            return True
        characters = "".join(sorted(left))
        charset = Charset(dangerous=characters)
        uses = [Use(unit, goal, (instr.dst,)) for goal in way.goals if isinstance(goal, Instr)]
        if any(every_character_is_harmless(self.facts, use, charset) for use in uses):
            return True
        kept = refused(self.facts, unit, way.goals, instr, characters)
        return bool(kept) and (kept == left or self._made(unit, instr, left - kept, way))

    def _made(self, unit: Unit, instr: Instr, left: frozenset[str], way: _Way) -> bool:  # noqa: PLR0911, PLR0912
        if instr.op == "param":
            return self._given(unit, str(instr.extra), left, way)
        if instr.op in ("call", "method"):
            callees = self.facts.called(instr)
            if any(callee.name == "__init__" for callee in callees):
                return self._shown(unit, instr, left)
            if callees and (self.facts.library_names(unit, instr) or self._may_be_other(unit, instr)):
                return False  # it may be a library's function, a class, or anything, as well
            if callees:
                return self._helper(unit, instr, left, way)
            if left <= frozenset("'\"<> \t\f\r\n;\\`") and _is_percent_encoded(self.facts, unit, instr, left):
                return True
        if instr.op == "method":
            return self._method(unit, instr, left, way)
        if instr.op == "build":
            return self._built(unit, instr, left, way)
        if instr.op == "phi":
            block = next(block for block in unit.blocks if instr in block.instrs)
            return every(
                self.of(unit, inner, left, way.by(Edge(pred, block)))
                for inner, pred in zip(instr.args, block.preds, strict=True)
            )
        if instr.op in ("fstring", "binop", "inplace"):
            return self._put_together(unit, instr, instr.args, left, way.by(instr))
        if instr.op == "attr":
            return self._kept(unit, instr, left)
        if instr.op == "slice":
            return self._sliced(unit, instr, left, way)
        if instr.op == "iterate" and is_text(self.facts, unit, instr.args[0]):
            return self._cut(unit, instr.args[0], left, way)  # one character of it
        if instr.op in ("sub", "unpack", "iterate"):
            split = root_of(unit, instr.args[0])
            is_part = split is not None and split.op == "method" and split.extra[0] in PARTS
            if split is not None and is_part:
                return self._parts_of(unit, split, self._text_of(unit, split), left, way)
        return False

    def _put_together(self, unit: Unit, instr: Instr, parts: list[int], left: frozenset[str], way: _Way) -> bool:
        """``"a" + text``, ``"%s" % text``, ``"{}".format(text)``, ``", ".join(texts)``: each part has lost them."""
        is_join = instr.op == "method" and instr.extra[0] == "join"
        if is_join or self._is_formatted(instr):
            if self.facts.is_untrusted(self.facts.value(unit, instr.args[0])):
                return False  # what is put into an outside text may be anything
            known = self.facts.constants(unit, instr.args[0])
            if not is_join and not (known and every(_PRECISION.search(str(text)) is None for text in known)):
                return every(self._cut(unit, part, left, way) for part in parts)
        between = [text for text in instr.extra if text is not None] if instr.op == "fstring" else []
        if (self.inside or is_join) and any(
            _leaves_open(text, left) for arg in instr.args for text in (*between, *self.facts.constants(unit, arg))
        ):
            return False
        return bool(parts) and every(self.of(unit, part, left, way) for part in parts)

    @staticmethod
    def _is_formatted(instr: Instr) -> bool:
        return bool(instr.extra[0] == "format" if instr.op == "method" else instr.extra == "Mod")

    def _parts_of(self, unit: Unit, instr: Instr, texts: list[int], left: frozenset[str], way: _Way) -> bool:
        """The parts of texts, cut at the characters that a method names: ``partition("'")`` may leave one of a pair."""
        named = [arg for arg in instr.args[1:] if arg not in texts]
        cuts = any(left & _texts(self.facts.constants(unit, arg), left) for arg in named)
        return bool(texts) and every((self._cut if cuts else self.of)(unit, text, left, way) for text in texts)

    def _may_be_other(self, unit: Unit, call: Instr) -> bool:
        """Whether it may be a class, or whatever somebody has put under a name of the module."""
        if call.op != "call":
            return False
        callee, made = self.facts.value(unit, call.args[0]), definition(unit, call.args[0])
        is_given = made is not None and self._is_parameter(unit, made)  # what a decorator is put on, for one
        return any(obj.kind == "class" for obj in callee.objs) or (bool(callee.mask) and not is_given)

    def _is_parameter(self, unit: Unit, made: Instr) -> bool:
        """Whether it is a parameter, also of the function around."""
        if made.op != "cell" or unit.parent is None:
            return made.op == "param"
        return any(step.extra == made.extra[1] for step in self.facts.instructions(unit.parent, "param"))

    def _given(self, unit: Unit, name: str, left: frozenset[str], way: _Way) -> bool:
        """What the call that led here passes for a parameter; otherwise what all callers of a helper pass."""
        if way.calls:
            last = way.calls[-1]
            before = _Way((*last.goals, last.call), way.calls[:-1], way.callers)
            return last.callee is unit and self._passed(last.caller, last.call, unit, name, left, before)
        sites = self.facts.call_sites(unit) if way.goals and not self.facts.is_open(unit) else []
        return way.callers < _MAX_CALLS and every(
            self._passed(caller, call, unit, name, left, _Way((call,), (), way.callers + 1))
            for caller, call, _ in sites
        )

    def _method(self, unit: Unit, instr: Instr, left: frozenset[str], way: _Way) -> bool:  # noqa: PLR0911
        name, receiver = instr.extra[0], instr.args[0]
        if name == "replace" and len(instr.args) == 3:
            gone = self.facts.constants(unit, instr.args[1])
            added = self.facts.constants(unit, instr.args[2])
            if len(gone) == 1 and added and not any(self._brings(str(text), left) for text in added):
                texts = {str(text) for text in gone}
                still = left - texts
                is_cut = any(text == "" or (text not in left and still & set(text)) for text in texts)
                return self._cut(unit, receiver, still, way) if is_cut else self.of(unit, receiver, still, way)
        if name == "getvalue" and len(instr.args) == 1:
            return self._written(unit, receiver, left, way)
        if name in ("sub", "subn"):
            return self._substituted(unit, instr, left, way)
        if name == "translate" and len(instr.args) == 2:
            return self._translated(unit, instr, left, way)
        if name == "join" and len(instr.args) == 2:
            parts = root_of(unit, instr.args[1])
            if parts is not None and parts.op == "method" and len(parts.args) == 1 and parts.extra[0] in _SPLITTERS:
                gone = left & frozenset(_SPLITTERS[parts.extra[0]])
                glue = self.facts.constants(unit, receiver)
                if glue and not any(gone & set(str(text)) for text in glue):
                    return self.of(unit, parts.args[0], left - gone, way)
        if name in ("format", "join"):
            return self._put_together(unit, instr, instr.args, left, way)
        inside = self._text_of(unit, instr) if name in HARMLESS_METHODS else []
        return bool(inside) and every(self.of(unit, inner, left, way) for inner in inside)

    def _sliced(self, unit: Unit, instr: Instr, left: frozenset[str], way: _Way) -> bool:
        """``text[:20]``, or ``text[:]`` and a part of a list, which cut no text."""
        is_whole = (len(instr.args) == 1 and instr.extra == (0, None)) or _is_list(unit, instr.args[0])
        return (self.of if is_whole else self._cut)(unit, instr.args[0], left, way)

    def _cut(self, unit: Unit, operand: int, left: frozenset[str], way: _Way) -> bool:
        """``text[:20]``: of two characters that were one, it may leave one."""
        before, self.doubling = self.doubling, False
        result = self.of(unit, operand, left, way)
        self.doubling = before
        return result

    def _text_of(self, unit: Unit, instr: Instr) -> list[int]:
        """What a method works on: ``text.lower()``, or any argument: ``str.lower(text)``, ``re.split(",", text)``."""
        receiver, *rest = instr.args
        made = root_of(unit, receiver)
        is_text = made is None or made.op not in ("builtin", "import")
        return [receiver] if is_text and self.facts.is_untrusted(self.facts.value(unit, receiver)) else rest

    def _built(self, unit: Unit, made: Instr, left: frozenset[str], way: _Way) -> bool:
        """Each element has lost the characters, or is put in only if it is none of them."""
        elements = _elements(self.facts, unit, made)
        charset = Charset(dangerous="".join(sorted(left)))
        return bool(elements) and every(
            (added is not None and is_admitted(self.facts, unit, added, inner, charset))
            or self.of(unit, inner, left, way if added is None else way.by(added))
            for inner, added in elements
        )

    def _translated(self, unit: Unit, instr: Instr, left: frozenset[str], way: _Way) -> bool:
        """``text.translate({ord("<"): "&lt;"})``: by a table that certainly has the characters and brings none back."""
        tables = self.facts.value(unit, instr.args[1])
        texts: set[str] = set()
        for obj in tables.objs:
            for held in (*obj.fields.values(), obj.elements):
                if obj.kind != "dict" or held.consts is None or held.objs:
                    return False  # it may hold anything
                texts |= {"" if const is None else _character(const) for const in held.consts}
        if not tables.objs or any(self._brings(text, left) for text in texts):
            return False
        return self.of(unit, instr.args[0], left - {_character(key) for key in certain(tables)}, way)

    def _brings(self, text: str, left: frozenset[str]) -> bool:
        """Whether a replacement brings one of the characters back, other than doubled."""
        if self.doubling:
            for char in left:
                text = text.replace(char * 2, "")
        return bool(left & set(text))

    def _substituted(self, unit: Unit, instr: Instr, left: frozenset[str], way: _Way) -> bool:
        """``re.sub(pattern, "", text)`` and ``compiled.sub("", text)``, of all places where the pattern matches."""
        receiver = self.facts.value(unit, instr.args[0])
        if library_paths(receiver) & PATTERN_MODULES and len(instr.args) == 4:
            patterns = self.facts.constants(unit, instr.args[1])
        elif len(instr.args) == 3:
            held = [obj.fields["pattern"].consts for obj in receiver.objs if "pattern" in obj.fields]
            patterns = frozenset(const for consts in held for const in consts or ())
        else:
            return False
        added = self.facts.constants(unit, instr.args[-2])
        if not patterns or not added or any(self._brings(str(text), left) for text in added):
            return False
        dangerous = Charset(dangerous="".join(sorted(left)))
        if every(isinstance(pattern, str) and removes_harm(pattern, dangerous) for pattern in patterns):
            return True
        return self.of(unit, instr.args[-1], left, way)

    def _helper(self, unit: Unit, call: Instr, left: frozenset[str], way: _Way) -> bool:
        """Whether every result of a helper has lost the characters."""
        if len(way.calls) >= _MAX_CALLS:
            return False
        callees = self.facts.called(call)
        results = [
            self.of(callee, step.args[0], left, _Way((step,), (*way.calls, _Call(unit, call, callee, way.goals))))
            for callee in callees
            for step in self.facts.instructions(callee, "yield" if callee.is_generator else "return")
        ]
        return bool(results) and every(results)

    def _written(self, unit: Unit, operand: int, left: frozenset[str], way: _Way) -> bool:
        """``buffer.getvalue()``: whether all that a function writes into its own buffer has lost the characters."""
        made = root_of(unit, operand)
        if made is None or not self.facts.library_names(unit, made) & calls_of(Role.TEXT_BUFFER).keys():
            return False
        texts = list(made.args[1:])
        for use in self.facts.instructions(unit):
            if use.op in COPIES or not any(root_of(unit, arg) is made for arg in use.args):
                continue
            if use.op == "method" and root_of(unit, use.args[0]) is made and use.extra[0] in _BUFFER_METHODS:
                if use.extra[0] == "seek" and self.doubling:
                    return False  # what is written there may cut what was doubled
                texts += use.args[1:]
            elif use.op == "call" and self.facts.library_names(unit, use) == {"builtins.print"}:
                between = [operand for name, operand in named_operands(use) if name in ("sep", "end")]
                if any(_leaves_open(text, left) for arg in between for text in self.facts.constants(unit, arg)):
                    return False
                texts += [arg for arg in use.args[1:] if root_of(unit, arg) is not made]
            else:
                return False  # somebody else may write into it
        return every(self.of(unit, text, left, way) for text in texts)

    def _kept(self, unit: Unit, instr: Instr, left: frozenset[str]) -> bool:
        """``self.text``: whether all that the program stores under the name of an attribute has lost the characters."""
        holders = self.facts.value(unit, instr.args[0]).objs
        if not holders or any(obj.kind != "instance" or obj.elements is not BOTTOM for obj in holders):
            return False
        if self._stores_otherwise:
            return False
        return every(
            self.of(other, store.args[1], left, _Way((store,)))
            for other, store in self.facts.steps("setattr")
            if store.extra == instr.extra
        )

    @cached_property
    def _stores_otherwise(self) -> bool:
        """Whether the program stores into objects, or reads from them, by other means than the attribute's name."""
        if any(unit.name in _READERS for unit in self.facts.units):
            return True
        return any(
            (step.op == "attr" and step.extra == "__dict__")
            or (step.op == "method" and step.extra[0] == "__setattr__")
            or (step.op == "call" and self.facts.library_names(unit, step) & _ATTRIBUTE_WRITERS)
            for unit, step in self.facts.steps("attr", "method", "call")
        )

    def _shown(self, unit: Unit, made: Instr, left: frozenset[str]) -> bool:
        """Whether the text of a new object, wherever the function uses it as one, has lost the characters."""
        results = [
            self.of(callee, step.args[0], left, _Way((step,)))
            for use in self.facts.instructions(unit)
            if any(root_of(unit, arg) is made for arg in use.args)
            for callee in self.facts.called(use)
            if callee.name in _SHOWING
            for step in self.facts.instructions(callee, "return")
        ]
        return bool(results) and every(results)

    def _passed(
        self,
        caller: Unit,
        call: Instr,
        callee: Unit,
        name: str,
        left: frozenset[str],
        way: _Way,
    ) -> bool:
        passed = passed_to(self.facts, caller, call, callee).get(name, [])
        return bool(passed) and every(self.of(caller, operand, left, way) for operand in passed)


def _is_list(unit: Unit, operand: int) -> bool:
    """A display, a comprehension, or the parts of a text: what is cut off it are whole elements."""
    made = root_of(unit, operand)
    return made is not None and (made.op == "build" or (made.op == "method" and made.extra[0] in PARTS))


def _is_percent_encoded(facts: Facts, unit: Unit, call: Instr, left: frozenset[str]) -> bool:
    """``quote(text)`` and ``quote(text, safe="/")``, but not ``quote(text, safe="'")``."""
    names = facts.library_names(unit, call) & PERCENT_ENCODERS.keys()
    shape = shape_of(call)
    if not names or shape is None or any(shape.starred) or None in shape.keywords:
        return False
    passed = call.args[1:]
    place = max(PERCENT_ENCODERS[name] for name in names)
    kept = [operand for name, operand in named_operands(call) if name == "safe"]
    kept += passed[place : min(place + 1, len(shape.starred))]
    return not any(left & _texts(facts.constants(unit, operand), left) for operand in kept)


def _texts(constants: frozenset[Constant], unknown: frozenset[str]) -> frozenset[str]:
    """All characters of constant texts; ``unknown`` where nothing is known to be constant."""
    texts = (text.decode("latin-1") if isinstance(text, bytes) else str(text) for text in constants)
    return frozenset("".join(texts)) if constants else unknown


def _leaves_open(text: Constant, left: frozenset[str]) -> bool:
    """Whether a text that is put between parts begins or ends a literal: ``"'".join(parts)``, not ``"','"``."""
    return any(str(text).count(quote) % 2 for quote in left & {"'", '"'})


def _character(const: Constant) -> str:
    """What a table has for a character, as its code point or as a text."""
    return chr(const) if isinstance(const, int) and 0 <= const <= sys.maxunicode else str(const)


def _elements(facts: Facts, unit: Unit, made: Instr) -> list[tuple[int, Instr | None]]:
    """What a display or a comprehension puts into its container, and by which instruction of a loop.

    Nothing if methods may put in more.
    """
    found: list[tuple[int, Instr | None]] = [(operand, None) for operand in made.args]
    for instr in facts.instructions(unit):
        held = [arg for arg in instr.args if isinstance(arg, int) and root_of(unit, arg) is made]
        if not held:
            continue
        is_append = instr.op == "method" and instr.extra[0] in ("append", "add")
        if held[0] == instr.args[0] and (instr.op == "add" or is_append):
            found += [(operand, instr) for operand in instr.args[1:]]
        elif instr.op not in _KEEPING and (held[0] == instr.args[0] or facts.called(instr)):
            return []
    return found
