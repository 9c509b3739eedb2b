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

from enum import StrEnum
from functools import lru_cache

from real.detector.analysis.charsets import parse_pattern
from real.detector.analysis.regex_automaton import Automaton, BudgetError

_MAX_WORD = 8  # a polynomial degree counts where the repeated word is this short: cost falls with its length


class Degree(StrEnum):
    """How the number of ways to match grows with the length of the text, where it grows."""

    EXPONENTIAL = "exponential"
    POLYNOMIAL = "polynomial"


@lru_cache(maxsize=1024)
def ambiguity(pattern: str, method: str) -> Degree | None:
    """The degree of ambiguity of a pattern under ``match``, ``fullmatch`` or ``search`` (and what else scans a text).

    ``None`` if it is finite, if no text makes the matcher fail, or if the pattern is invalid or too large to decide.
    """
    parsed = parse_pattern(pattern)
    if parsed is None:
        return None
    try:
        return _decide(Automaton(parsed, method))
    except (BudgetError, RecursionError):
        return None


def _decide(automaton: Automaton) -> Degree | None:
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


def _takes_blanks(automaton: Automaton, before: frozenset[int], after: frozenset[int]) -> bool:
    """Whether ``after`` counts when it is the scan that leads to it; everything counts after a loop of the pattern."""
    if automaton.scan is None or automaton.scan not in before:
        return True
    blank = 1 << automaton.alphabet.index(" ")
    return not any(not automaton.classes[state] & blank for state in after)


def _loops(automaton: Automaton) -> list[frozenset[int]]:
    """The strongly connected components that have an edge."""
    reach = [_reachable(automaton, state) for state in range(len(automaton.classes))]
    found: dict[frozenset[int], None] = {}
    for state, reached in enumerate(reach):
        if state in reached:
            found[frozenset(other for other in reached if state in reach[other])] = None
    return list(found)


def _reachable(automaton: Automaton, start: int) -> set[int]:
    found: set[int] = set()
    work = [start]
    while work:
        following = automaton.next[work.pop()]
        automaton.spend(len(following))
        work += [state for state in following if state not in found]
        found.update(following)
    return found


def _can_fail(automaton: Automaton, states: frozenset[int]) -> bool:
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


def _is_doubly_looped(automaton: Automaton, states: frozenset[int]) -> bool:
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
    start: set[tuple[int, int]], automaton: Automaton, states: frozenset[int], backwards: bool
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


def _is_handed_over(automaton: Automaton, before: frozenset[int], after: frozenset[int]) -> bool:
    """IDA: some word leads from p to p, from p to q, and from q to q, with p in ``before`` and q in ``after``."""
    if before is after or not _meet(automaton, before, after):
        return False
    if not _reachable(automaton, min(before)) & after:
        return False
    return any(_three_ways(automaton, p, q, before, after) for p in sorted(before) for q in sorted(after))


def _meet(automaton: Automaton, before: frozenset[int], after: frozenset[int]) -> bool:
    first = second = 0
    for state in before:
        first |= automaton.classes[state]
    for state in after:
        second |= automaton.classes[state]
    return bool(first & second)


def _three_ways(automaton: Automaton, p: int, q: int, before: frozenset[int], after: frozenset[int]) -> bool:
    """Such a word, on whose way from q the matcher has not succeeded yet."""
    seen: set[tuple[int, int, int]] = set()
    work = [(p, p, q, 0)]
    ends = {state: 0 if automaton.anchored else _ends(automaton, state) for state in after}
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
                    if next_c not in after or not read & classes[next_c] & ~ends[c] or state in seen:
                        continue
                    if state == (p, q, q):
                        return True
                    seen.add(state)
                    work.append((*state, length + 1))
    return False


def _ends(automaton: Automaton, state: int) -> int:
    """The characters by which the matcher succeeds next."""
    found = 0
    for target in automaton.next[state]:
        found |= automaton.classes[target] if target in automaton.final else 0
    return found
