"""All passes over the syntax tree: those that can fail a program, and those that only advise."""

from __future__ import annotations

from real.typecheck.hardened import (
    blind_spots,
    comments,
    dynamic_code,
    empty_programs,
    naming,
    reachability,
    signature,
    unused,
)
from real.typecheck.hardened.program_tree import ProgramTree
from real.typecheck.hardened.starter import Starter, parse_starter
from real.types import Finding

_NOTHING_ASKED = Starter((), ())


def syntactic_findings(program: ProgramTree, starter: str | None) -> list[Finding]:
    """What the syntax tree shows, without MyPy; raises ``StarterError`` for starter code that cannot be read."""
    asked = parse_starter(starter) if starter else _NOTHING_ASKED
    return [
        *comments.check(program),
        *dynamic_code.check(program),
        *blind_spots.check(program),
        *empty_programs.check(program, starter),
        *reachability.check(program),
        *signature.check(program, asked),
    ]


def advice(program: ProgramTree, starter: str | None) -> list[Finding]:
    """Findings that never fail a program; raises ``StarterError``."""
    asked = parse_starter(starter).names if starter else frozenset[str]()
    return [*unused.check(program, asked), *naming.check(program, asked)]
