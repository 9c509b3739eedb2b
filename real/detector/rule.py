"""What a rule is: tables for the one taint analysis that all rules share, and predicates on its fixed point.

A rule file defines one ``RULE``. Most rules are tables only: which calls, returned values or stores must not receive
outside data, and which calls, conversions and tests make such data harmless. What a table cannot say is a predicate,
called when the analysis has reached its fixed point, so that it may be as non-monotone as it likes ("the argument is
missing", "no test reads the token").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from real.detector.charsets import Charset

if TYPE_CHECKING:
    from real.detector.callsites import CallSite
    from real.detector.facts import Facts
    from real.detector.flows import Defect, Flow
    from real.detector.operations import Operation
    from real.detector.returned import Returned

Condition: TypeAlias = "Callable[[CallSite], bool]"
Guard: TypeAlias = "Callable[[Facts, Flow], bool]"
Check: TypeAlias = "Callable[[Facts], Iterable[Defect]]"


@dataclass(frozen=True, slots=True)
class Sink:
    """A call that must not receive untrusted data in the given arguments.

    ``when`` restricts it to calls whose other arguments are dangerous (see ``conditions.py``). ``trusted_result`` says
    that what the call returns is not outside data, whatever went in (rows of a database).
    """

    why: str  # what the call does with the argument
    positions: tuple[int, ...] = (0,)
    keywords: tuple[str, ...] = ()
    when: Condition | None = None
    trusted_result: bool = False


@dataclass(frozen=True, slots=True)
class ReturnSink:
    """Returned values of functions that nothing in the program calls (views, library functions) that must be clean."""

    why: str  # what becomes of the value
    when: Callable[[Facts, Returned], bool]  # which returned values are meant


@dataclass(frozen=True, slots=True)
class StoreSink:
    """Stores under an untrusted key or attribute name: ``obj[key] = v``, ``setattr(obj, key, v)``, ``update(m)``."""

    why: str
    when: Callable[[Facts, Operation], bool] | None = None  # which stores are meant


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One CWE.

    Sinks. ``methods`` are sinks by method name on any receiver that is not provably an object of the program itself;
    ``calls`` are sinks by fully qualified name; ``rooted`` are methods that are sinks only on receivers that come from
    the named library (``{"asyncpg": {"fetch": Sink(...)}}``; ``"*.objects"``: from any attribute of that name);
    ``returned`` and ``stored`` are sinks that are no calls. ``builders`` are libraries whose objects carry untrusted
    data safely (as bound parameters), so that a sink may take them.

    What makes data harmless, for this rule only. ``sanitizers`` are fully qualified calls whose result is clean,
    ``sanitizer_methods`` the same by method name; ``harmless`` are the characters of which harmless text may consist
    (``None``: no test of characters helps); with ``numbers_are_harmless`` a converted number is clean, with
    ``limits_matter`` one that a framework keeps below a limit is; with
    ``stored_matters`` rows of a database are outside data; with
    ``tests_prove`` an allow-list and the like make the tested value clean (a key stays the caller's choice, though);
    ``no_allow_list`` are library containers that prove nothing when a test finds the data in them; with
    ``choice_matters`` outside data is not harmless even where it only selects among a library's names. ``guard``
    decides, for each flow that the tables found, whether the tests that control the sink make it harmless.

    ``check`` finds defects that are no flows: constant arguments, missing checks. It may look at the calls that
    ``watches`` names (last components of qualified names, or method names) besides those of the tables.

    ``yields_to`` are rules that say it better: where one of them reports the same place, this one is silent.
    """

    cwe: str
    title: str
    doc: str
    fix: str
    what: str = "argument"  # what the sink's argument is, for the message: "SQL"
    methods: Mapping[str, Sink] = field(default_factory=dict)
    calls: Mapping[str, Sink] = field(default_factory=dict)
    rooted: Mapping[str, Mapping[str, Sink]] = field(default_factory=dict)
    returned: ReturnSink | None = None
    stored: StoreSink | None = None
    builders: frozenset[str] = frozenset()
    sanitizers: frozenset[str] = frozenset()
    sanitizer_methods: frozenset[str] = frozenset()
    harmless: Charset | None = None
    numbers_are_harmless: bool = True
    limits_matter: bool = False
    stored_matters: bool = False
    tests_prove: bool = True
    no_allow_list: frozenset[str] = frozenset()
    choice_matters: bool = False
    guard: Guard | None = None
    check: Check | None = None
    watches: frozenset[str] = frozenset()
    yields_to: frozenset[str] = frozenset()
