"""Arguments for a question, chosen to tell the right answer from wrong ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from real.datasets.build.functions.programs import Question, program
from real.types import CallCase, JsonValue

SCORED = 6  # cases that an answer is scored on; one more is shown in the prompt
CANDIDATES = 30
_LENGTHS = (3, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class Cases:
    """``shown`` stands in the prompt, ``scored`` judges: each wrong variant fails at least one of them."""

    shown: CallCase
    scored: tuple[CallCase, ...]


def choose_cases(question: Question, rng: random.Random) -> Cases:
    """Cases for ``question``, the empty list among them.

    Raises ``AssertionError`` where a wrong answer passes them all: the question is not usable.
    """
    right = _function(question)
    wrong = {variant: _function(question, variant) for variant in question.wrong}
    pool = [_arguments(question, rng, rng.choice(_LENGTHS)) for _ in range(CANDIDATES)]
    cases = [CallCase(right(*arguments), tuple(arguments)) for arguments in pool]
    kills = [{name for name, ask in wrong.items() if ask(*case.args) != case.expected} for case in cases]
    shown = max(range(len(cases)), key=lambda at: (len(kills[at]), -len(str(cases[at]))))
    chosen = _cover([at for at in range(len(cases)) if cases[at] != cases[shown]], cases, kills)
    empty = _arguments(question, rng, 0)
    scored = (*(cases[at] for at in chosen), CallCase(right(*empty), tuple(empty)))
    killed = set().union(*(kills[at] for at in chosen))
    assert killed == set(wrong), f"{question.function}: {set(wrong) - killed} pass all cases"
    return Cases(cases[shown], scored)


def _cover(pool: Sequence[int], cases: Sequence[CallCase], kills: Sequence[set[str]]) -> list[int]:
    """Greedy choice: first what kills most wrong answers anew, then what expects something new."""
    left, chosen = list(pool), list[int]()
    covered, seen = set[str](), list[JsonValue]()
    while len(chosen) < SCORED - 1:
        best = max(left, key=lambda at: (len(kills[at] - covered), -seen.count(cases[at].expected)))
        left.remove(best)
        chosen.append(best)
        covered |= kills[best]
        seen.append(cases[best].expected)
    return chosen


def _arguments(question: Question, rng: random.Random, length: int) -> list[JsonValue]:
    items: list[JsonValue] = [question.subject.value(rng) for _ in range(length)]
    arguments: list[JsonValue] = [items]
    for name, of in question.parameters[1:]:
        match name:
            case "size":
                arguments.append(rng.randrange(1, 7) if question.subject.kind == "str" else rng.randrange(1, 4))
            case "text":
                word = str(rng.choice(items) if items else question.subject.value(rng))
                start = rng.choice((0, 0, 1, len(word) - 1))
                arguments.append(word[start : start + rng.choice((1, 2))])
            case "mark":
                arguments.append(rng.choice(("-", ", ", "/", " ")))
            case _:  # a number of the list's own, so that limits are met exactly
                value = rng.choice(items) if items and rng.random() < 0.7 else question.subject.value(rng)
                arguments.append(value)
        assert of in ("int", "float", "str")
    if question.pattern.name == "range":
        arguments[1:] = sorted(arguments[1:], key=float)  # type: ignore[arg-type]
    return arguments


def _function(question: Question, variant: str = "") -> Callable[..., JsonValue]:
    """The function itself: our own text, from this package."""
    scope: dict[str, Callable[..., JsonValue]] = {}
    exec(program(question, variant=variant), scope)
    return scope[question.function]
