"""An evolutionary search for moves after which the detector calls a flagged program clean.

A population of flagged variants grows by one move at a time; those with the fewest findings, and of these with the
shortest traces, are bred from, because a rule that has lost a step may lose the next. Source of the scheme: (mu +
lambda) evolution, H.-G. Beyer and H.-P. Schwefel, "Evolution strategies", Natural Computing 1 (2002).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from real.detector import scan
from real.redteam.moves import MOVES, moved, moved_by_all
from real.types import Analysis, AnalysisStatus

_POPULATION = 24
_CONTEST = 3  # variants that are compared when a parent is chosen
_ATTEMPTS = 6  # moves tried for each candidate: many do not fit
_LONGEST = 6  # moves in a row
_KEPT = 8  # of a start, programs that are called clean: the oracle has to run them
_MAX_CHARACTERS = 60_000  # a program of a model has hundreds


@dataclass(frozen=True, slots=True)
class Variant:
    """A program and the moves that made it."""

    moves: tuple[str, ...]
    code: str
    strength: tuple[int, int]  # findings, and steps of their traces


@dataclass(frozen=True, slots=True)
class Escapes:
    """What the search found for one start: variants that the detector calls clean, of ``candidates`` scanned ones."""

    candidates: int
    clean: tuple[Variant, ...]


def search(code: str, budget: int, seed: str) -> Escapes:
    """Scan up to ``budget`` distinct variants of a flagged program; the same seed finds the same."""
    rng = random.Random(seed)
    population = [Variant((), code, _strength(scan(code)))]
    seen, clean, spent = {code}, list[Variant](), 0
    for _ in range(budget * _ATTEMPTS):
        if spent >= budget or len(clean) >= _KEPT:
            break
        contest = [rng.choice(population) for _ in range(_CONTEST)]
        parent = min(contest, key=lambda variant: (variant.strength, len(variant.moves)))
        move = rng.choice(MOVES)
        made = moved(move, parent.code) if len(parent.moves) < _LONGEST else None
        if made is None or made in seen or len(made) > _MAX_CHARACTERS:
            continue
        seen.add(made)
        spent += 1
        analysis = scan(made)
        variant = Variant((*parent.moves, move), made, _strength(analysis))
        if analysis.status is AnalysisStatus.CLEAN:
            clean.append(shortest(code, variant))
        elif analysis.status is AnalysisStatus.FINDINGS:
            population = sorted([*population, variant], key=lambda one: one.strength)[:_POPULATION]
    return Escapes(spent, tuple(clean))


def shortest(code: str, variant: Variant) -> Variant:
    """The same escape with every move left out that it does not need (delta debugging, one move at a time)."""
    moves = variant.moves
    text = variant.code
    position = 0
    while position < len(moves):
        fewer = (*moves[:position], *moves[position + 1 :])
        made = moved_by_all(fewer, code) if fewer else None
        if made is not None and scan(made).status is AnalysisStatus.CLEAN:
            moves, text = fewer, made
        else:
            position += 1
    return Variant(moves, text, (0, 0))


def _strength(analysis: Analysis) -> tuple[int, int]:
    return len(analysis.findings), sum(len(finding.trace) for finding in analysis.findings)


def kind_of(moves: Sequence[str]) -> str:
    """What an escape is called in the report: its moves in their order."""
    return ", then ".join(moves)
