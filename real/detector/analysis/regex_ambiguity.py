"""Ambiguous regular expressions: can a backtracking matcher take exponential or polynomial time? (CWE-1333)

The pattern is read with the standard library's own parser and becomes a position automaton: a state for each character
class, an edge for each way from one to the next, counted up to two. With an exponential degree of ambiguity (EDA) some
word leads from a state back to itself in two ways; with an infinite degree (IDA) some word leads from p to p, from p
to q and from q to q, so that a text of n such words is tried in n ways or more (Weber and Seidl, "On the degree of
ambiguity of finite automata", 1991). Both are decided in product automata. Either costs time only where the matcher
can still fail afterwards: with a state from which it has succeeded already, the first way is the last.

search() tries every start, as a leading `.*` would. `\\d+x` and `\\s+$` are quadratic for that alone, which counts only
where the repetition takes blanks, as free text has them, and not for runs of digits or of one letter.

Approximations: bounded repetitions are unrolled to two copies, look-around and back references match nothing, atomic
groups and possessive repetitions, which are not tried in another way, are taken for single characters, and the analysis
gives up (``None``) beyond its budget.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from real.detector.analysis.charsets import ParsedItem, parse_pattern

_MAX_STATES = 80
_BUDGET = 60_000  # edges of product automata looked at for one pattern
_UNROLLED = 2
_UNBOUNDED = 1_000  # a repetition of so many is as good as unbounded
_MAX_WORD = 8  # a polynomial degree counts where the repeated word is this short: cost falls with its length
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_BEGINNINGS = frozenset({"AT_BEGINNING", "AT_BEGINNING_STRING"})
_ENDS = frozenset({"AT_END", "AT_END_STRING"})
_PROBES = "aZ09_ \t\n.-@/\u00e9\u0663\u2028\u2260"  # one of each kind of character that categories tell apart
_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": str.isdigit,
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_WORD": lambda char: char.isalnum() or char == "_",
}


class Degree(StrEnum):
    """How the number of ways to match grows with the length of the text, where it grows."""

    EXPONENTIAL = "exponential"
    POLYNOMIAL = "polynomial"


class _BudgetError(Exception):
    """The pattern is too large to decide."""


@lru_cache(maxsize=1024)
def ambiguity(pattern: str, method: str) -> Degree | None:
    """The degree of ambiguity of a pattern under ``match``, ``fullmatch`` or ``search`` (and what else scans a text).

    ``None`` if it is finite, if no text makes the matcher fail, or if the pattern is invalid or too large to decide.
    """
    parsed = parse_pattern(pattern)
    if parsed is None:
        return None
    try:
        return _decide(_Automaton(parsed, method))
    except (_BudgetError, RecursionError):
        return None


@dataclass(slots=True)
class _Part:
    """A part of a pattern: how often (0, 1, 2 and more) it begins and ends with a state, or matches nothing."""

    empty: int
    first: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)


class _Automaton:
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
        begins = bool(self.items) and str(self.items[0][0]) == "AT" and str(self.items[0][1]) in _BEGINNINGS
        self.scan: int | None = None
        if method == "search" and not (begins and not flags & re.MULTILINE):
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
        self.spent += count
        if self.spent > _BUDGET:
            raise _BudgetError

    # --- from items to parts -----------------------------------------------------------------------------------------

    def _state(self, members: int) -> int:
        if len(self.classes) >= _MAX_STATES:
            raise _BudgetError
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


def _sum(a: dict[int, int], b: dict[int, int]) -> dict[int, int]:
    found = dict(a)
    for state, times in b.items():
        if times:
            found[state] = min(2, found.get(state, 0) + times)
    return found


# --- deciding ---------------------------------------------------------------------------------------------------------


def _decide(automaton: _Automaton) -> Degree | None:
    if automaton.nullable and not automaton.anchored:
        return None  # it succeeds at once
    loops = _loops(automaton)
    pumped = [states for states in loops if _can_fail(automaton, states)]
    if any(_is_doubly_looped(automaton, states) for states in pumped):
        return Degree.EXPONENTIAL
    for after in pumped:
        for before in loops:
            if _takes_blanks(automaton, before, after) and _is_handed_over(automaton, before, after):
                return Degree.POLYNOMIAL
    return None


def _takes_blanks(automaton: _Automaton, before: frozenset[int], after: frozenset[int]) -> bool:
    """Whether ``after`` counts when it is the scan that leads to it; everything counts after a loop of the pattern."""
    if automaton.scan is None or automaton.scan not in before:
        return True
    blank = 1 << automaton.alphabet.index(" ")
    return not any(not automaton.classes[state] & blank for state in after)


def _loops(automaton: _Automaton) -> list[frozenset[int]]:
    """The strongly connected components that have an edge."""
    reach = [_reachable(automaton, state) for state in range(len(automaton.classes))]
    found: dict[frozenset[int], None] = {}
    for state, reached in enumerate(reach):
        if state in reached:
            found[frozenset(other for other in reached if state in reach[other])] = None
    return list(found)


def _reachable(automaton: _Automaton, start: int) -> set[int]:
    found: set[int] = set()
    work = [start]
    while work:
        following = automaton.next[work.pop()]
        automaton.spend(len(following))
        work += [state for state in following if state not in found]
        found.update(following)
    return found


def _can_fail(automaton: _Automaton, states: frozenset[int]) -> bool:
    """Whether the matcher can fail after it went round in ``states``.

    A scan alone never is what fails. Where the pattern is not tied to the end of the text, it has succeeded in a final
    state; where it is, some further text must lead out of all final states.
    """
    if automaton.scan is not None and automaton.scan in states:
        return False
    if not automaton.anchored:
        return not states & automaton.final
    current = frozenset(states)
    seen = {current}
    work = [current]
    while work:
        current = work.pop()
        if not current & automaton.final:
            return True
        for index in range(len(automaton.alphabet)):
            automaton.spend(len(current))
            moved = frozenset(
                target
                for state in current
                for target in automaton.next[state]
                if automaton.classes[target] >> index & 1
            )
            if moved not in seen:
                seen.add(moved)
                work.append(moved)
    return False


def _is_doubly_looped(automaton: _Automaton, states: frozenset[int]) -> bool:
    """EDA: two different ways from a state to itself over the same word."""
    for source in states:
        for target in automaton.next[source]:
            if target in states and automaton.edges[source, target] > 1:
                return True
    # A way in the product from (p, p) over some (q, r), q != r, back to (p, p).
    pairs = _pairs_from({(state, state) for state in states}, automaton, states, backwards=False)
    back = _pairs_from({(state, state) for state in states}, automaton, states, backwards=True)
    return any(a != b for a, b in pairs & back)


def _pairs_from(
    start: set[tuple[int, int]], automaton: _Automaton, states: frozenset[int], backwards: bool
) -> set[tuple[int, int]]:
    links: dict[int, list[int]] = {state: [] for state in states}
    for source in states:
        for target in automaton.next[source]:
            if target in states:
                links[target if backwards else source].append(source if backwards else target)
    found: set[tuple[int, int]] = set()
    work = list(start)
    while work:
        a, b = work.pop()
        for c in links[a]:
            for d in links[b]:
                automaton.spend()
                one, other = (a, b) if backwards else (c, d)
                if automaton.classes[one] & automaton.classes[other] and (c, d) not in found:
                    found.add((c, d))
                    work.append((c, d))
    return found


def _is_handed_over(automaton: _Automaton, before: frozenset[int], after: frozenset[int]) -> bool:
    """IDA: some word leads from p to p, from p to q, and from q to q, with p in ``before`` and q in ``after``."""
    if before is after or not _meet(automaton, before, after):
        return False
    if not _reachable(automaton, min(before)) & after:
        return False
    return any(_three_ways(automaton, p, q, before, after) for p in sorted(before) for q in sorted(after))


def _meet(automaton: _Automaton, before: frozenset[int], after: frozenset[int]) -> bool:
    first = second = 0
    for state in before:
        first |= automaton.classes[state]
    for state in after:
        second |= automaton.classes[state]
    return bool(first & second)


def _three_ways(automaton: _Automaton, p: int, q: int, before: frozenset[int], after: frozenset[int]) -> bool:
    seen: set[tuple[int, int, int]] = set()
    work = [(p, p, q, 0)]
    classes = automaton.classes
    for a, b, c, length in work:  # grows while it is walked, so that the shortest words come first
        if length == _MAX_WORD:
            break
        for next_a in automaton.next[a]:
            if next_a not in before:
                continue
            for next_b in automaton.next[b]:
                read = classes[next_a] & classes[next_b]
                if not read:
                    continue
                for next_c in automaton.next[c]:
                    automaton.spend()
                    state = (next_a, next_b, next_c)
                    if next_c not in after or not read & classes[next_c] or state in seen:
                        continue
                    if state == (p, q, q):
                        return True
                    seen.add(state)
                    work.append((*state, length + 1))
    return False
