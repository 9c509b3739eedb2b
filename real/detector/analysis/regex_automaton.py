"""The position automaton of a regular expression: a state for each character class, an edge for each way on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from real.detector.analysis.charsets import ParsedItem
from real.detector.analysis.witness import every

_MAX_STATES = 80
_BUDGET = 60_000  # edges of product automata looked at for one pattern
_UNROLLED = 2
_UNBOUNDED = 1_000  # a repetition of so many is as good as unbounded
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_BEGINNINGS = frozenset({"AT_BEGINNING", "AT_BEGINNING_STRING"})
_ENDS = frozenset({"AT_END", "AT_END_STRING"})
_PROBES = "aZ09_ \t\n.-@/\u00e9\u0663\u2028\u2260"  # one of each kind of character that categories tell apart
_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": str.isdigit,
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_WORD": lambda char: char.isalnum() or char == "_",
}


class BudgetError(Exception):
    """The pattern is too large to decide."""


@dataclass(slots=True)
class _Part:
    """A part of a pattern: how often (0, 1, 2 and more) it begins and ends with a state, or matches nothing."""

    empty: int
    first: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)


class Automaton:
    """The position automaton; ``classes`` are bit sets over ``alphabet``, one character for each kind that differs."""

    def __init__(self, parsed: ParsedItem, method: str) -> None:
        flags = parsed.state.flags
        self.ignore_case = bool(flags & re.IGNORECASE)
        self.dot_all = bool(flags & re.DOTALL)
        self.items = list(parsed)
        self.alphabet = sorted({*_PROBES, *self._boundaries(self.items)})
        self.everything = (1 << len(self.alphabet)) - 1
        self.classes: list[int] = []
        self.edges: dict[tuple[int, int], int] = {}
        self.spent = 0
        self.scan: int | None = None
        if method == "search" and not (_begins(self.items) and not flags & re.MULTILINE):
            self.scan = self._state(self.everything)  # an unsuccessful start is followed by one a character later
            self.edges[self.scan, self.scan] = 1
        self.anchored = method == "fullmatch"
        whole = self._sequence(self.items)
        if self.scan is not None:
            for state in whole.first:
                self.edges[self.scan, state] = 1
        self.final = frozenset(whole.last)
        self.nullable = whole.empty > 0
        self.start = frozenset(whole.first) | ({self.scan} if self.scan is not None else frozenset())
        self.next: list[list[int]] = [[] for _ in self.classes]
        for source, target in self.edges:
            self.next[source].append(target)

    def spend(self, count: int = 1) -> None:
        """Count what has been looked at; BudgetError where that is too much."""
        self.spent += count
        if self.spent > _BUDGET:
            raise BudgetError

    # --- from items to parts -----------------------------------------------------------------------------------------

    def _state(self, members: int) -> int:
        if len(self.classes) >= _MAX_STATES:
            raise BudgetError
        self.classes.append(members)
        return len(self.classes) - 1

    def _sequence(self, items: Iterable[ParsedItem]) -> _Part:
        whole = _Part(1)
        for item in items:
            whole = self._joined(whole, self._part(item))
        return whole

    def _joined(self, a: _Part, b: _Part) -> _Part:
        for source, times in a.last.items():
            for target, more in b.first.items():
                self._link(source, target, times * more)
        return _Part(
            min(2, a.empty * b.empty),
            _sum(a.first, {state: times * a.empty for state, times in b.first.items()}),
            _sum(b.last, {state: times * b.empty for state, times in a.last.items()}),
        )

    def _link(self, source: int, target: int, times: int) -> None:
        if times:
            self.edges[source, target] = min(2, self.edges.get((source, target), 0) + times)

    def _part(self, item: ParsedItem) -> _Part:  # noqa: PLR0911
        op, arg = str(item[0]), item[1]
        if op == "POSSESSIVE_REPEAT":
            return self._opaque(arg[2], arg[0] == 0)
        if op == "ATOMIC_GROUP":
            return self._opaque(arg, arg.getwidth()[0] == 0)
        if op in _REPEATS:
            return self._repeat(*arg)
        if op == "BRANCH":
            return self._branch([self._sequence(branch) for branch in arg[1]])
        if op == "SUBPATTERN":
            return self._sequence(arg[3])
        if op == "GROUPREF_EXISTS":
            return self._branch([self._sequence(arg[1] or ()), self._sequence(arg[2] or ())])
        if op in ("LITERAL", "NOT_LITERAL", "IN", "ANY"):
            state = self._state(self._members(op, arg))
            return _Part(0, {state: 1}, {state: 1})
        if op == "AT" and str(arg) in _ENDS:
            self.anchored = True
        return _Part(1)

    def _opaque(self, body: Iterable[ParsedItem], may_be_empty: bool) -> _Part:
        """What is matched in one way only, as one character of those that it takes."""
        known = len(self.classes)
        self._sequence(body)
        taken = 0
        for members in self.classes[known:]:
            taken |= members
        del self.classes[known:]
        self.edges = {edge: times for edge, times in self.edges.items() if max(edge) < known}
        state = self._state(taken)
        return _Part(int(may_be_empty), {state: 1}, {state: 1})

    @staticmethod
    def _branch(branches: list[_Part]) -> _Part:
        whole = _Part(0)
        for part in branches:
            whole = _Part(min(2, whole.empty + part.empty), _sum(whole.first, part.first), _sum(whole.last, part.last))
        return whole

    def _repeat(self, least: int, most: int, body: list[ParsedItem]) -> _Part:
        whole = _Part(1)
        for _ in range(min(least, _UNROLLED)):
            whole = self._joined(whole, self._sequence(body))
        if most >= _UNBOUNDED:
            return self._joined(whole, self._star(body)) if not least else self._looped(whole, body, least)
        optional = _Part(1)
        for _ in range(min(most - least, _UNROLLED)):
            inner = self._joined(self._sequence(body), optional)
            optional = _Part(1, inner.first, inner.last)
        return self._joined(whole, optional)

    def _star(self, body: list[ParsedItem]) -> _Part:
        inner = self._sequence(body)
        for source, times in inner.last.items():
            for target, more in inner.first.items():
                self._link(source, target, times * more)
        return _Part(1, inner.first, inner.last)

    def _looped(self, whole: _Part, body: list[ParsedItem], least: int) -> _Part:
        """``x+``: the last copy of ``x`` is repeated, so that a plus is one state and not two."""
        if least == 1:
            for source, times in whole.last.items():
                for target, more in whole.first.items():
                    self._link(source, target, times * more)
            return whole
        return self._joined(whole, self._star(body))

    # --- characters --------------------------------------------------------------------------------------------------

    def _boundaries(self, items: Iterable[ParsedItem]) -> set[str]:
        """One character of every kind that the classes of the pattern tell apart."""
        found: set[int] = set()
        work = list(items)
        while work:
            op, arg = str(work[-1][0]), work.pop()[1]
            if op in ("LITERAL", "NOT_LITERAL"):
                found |= {arg, arg + 1}
            elif op == "RANGE":
                found |= {arg[0], arg[1], arg[1] + 1, max(0, arg[0] - 1)}
            elif op == "IN":
                work += arg
            elif op in _REPEATS:
                work += arg[2]
            elif op == "SUBPATTERN":
                work += arg[3]
            elif op == "ATOMIC_GROUP":
                work += arg
            elif op == "BRANCH":
                work += [item for branch in arg[1] for item in branch]
            elif op == "GROUPREF_EXISTS":
                work += [item for branch in arg[1:] if branch for item in branch]
        return {chr(code) for code in found if code <= 0x10FFFF}

    def _members(self, op: str, arg: ParsedItem) -> int:
        members = list(arg) if op == "IN" else [(op, arg)]
        negated = op == "IN" and bool(members) and str(members[0][0]) == "NEGATE"
        bits = 0
        for index, char in enumerate(self.alphabet):
            spellings = {char, char.lower(), char.upper()} if self.ignore_case else {char}
            if any(self._is_member(member, one) for member in members[negated:] for one in spellings) != negated:
                bits |= 1 << index
        return bits

    def _is_member(self, member: ParsedItem, char: str) -> bool:
        op, arg = str(member[0]), member[1]
        if op == "LITERAL":
            return char == chr(arg)
        if op == "NOT_LITERAL":
            return char != chr(arg)
        if op == "RANGE":
            return len(char) == 1 and bool(arg[0] <= ord(char) <= arg[1])
        if op == "ANY":
            return self.dot_all or char != "\n"
        name = str(arg)
        if name.startswith("CATEGORY_NOT_"):
            return not _CATEGORIES[name.replace("NOT_", "")](char)
        return _CATEGORIES[name](char)


def _begins(items: list[ParsedItem]) -> bool:
    """Whether a pattern matches at the beginning of the text only."""
    if not items:
        return False
    op, arg = str(items[0][0]), items[0][1]
    if op == "SUBPATTERN":
        return not arg[1] & re.MULTILINE and _begins(list(arg[3]))
    if op == "BRANCH":
        return every(_begins(list(branch)) for branch in arg[1])
    return op == "AT" and str(arg) in _BEGINNINGS


def _sum(a: dict[int, int], b: dict[int, int]) -> dict[int, int]:
    found = dict(a)
    for state, times in b.items():
        if times:
            found[state] = min(2, found.get(state, 0) + times)
    return found
