"""All passes over the syntax tree: those that can fail a program, and those that only advise."""

from __future__ import annotations

from real.typecheck.hardened import blindspots, comments, dynamic, empty, naming, reachability, signature, unused
from real.typecheck.hardened.source import Source
from real.typecheck.hardened.starter import Starter, parse_starter
from real.types import Finding

_NOTHING_ASKED = Starter((), ())


def syntactic_findings(code: str, starter: str | None) -> list[Finding]:
    """What the syntax tree shows, without MyPy; raises ``StarterError`` for starter code that cannot be read."""
    source = Source(code)
    asked = parse_starter(starter) if starter else _NOTHING_ASKED
    return [
        *comments.check(source),
        *dynamic.check(source),
        *blindspots.check(source),
        *empty.check(source, starter),
        *reachability.check(source),
        *signature.check(source, asked),
    ]


def advice(code: str, starter: str | None) -> list[Finding]:
    """Findings that never fail a program; raises ``StarterError``."""
    source = Source(code)
    asked = parse_starter(starter).names if starter else frozenset[str]()
    return [*unused.check(source, asked), *naming.check(source, asked)]
