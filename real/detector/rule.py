"""What a rule is: data (sinks with argument positions and reasons) for the one taint analysis that all rules share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sink:
    """A call that must not receive untrusted data in the given arguments."""

    why: str  # what the call does with the argument
    positions: tuple[int, ...] = (0,)
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One CWE.

    ``methods`` are sinks by method name on any receiver that is not provably an object of the program itself;
    ``calls`` are sinks by fully qualified name; ``rooted`` are methods that are sinks only on receivers that come from
    the named library (``{"asyncpg": {"fetch": Sink(...)}}``; ``"*.objects"``: from any attribute of that name).
    ``builders`` are libraries whose objects carry untrusted data safely (as bound parameters), so that a sink may take
    them.
    """

    cwe: str
    title: str
    doc: str
    fix: str
    what: str  # what the sink's argument is, for the message: "SQL"
    methods: Mapping[str, Sink] = field(default_factory=dict)
    calls: Mapping[str, Sink] = field(default_factory=dict)
    rooted: Mapping[str, Mapping[str, Sink]] = field(default_factory=dict)
    builders: frozenset[str] = frozenset()
