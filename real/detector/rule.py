"""What a rule is: tables for the one taint analysis that all rules share, and predicates on its fixed point.

A rule file defines one ``RULE``. Most rules are tables only: which calls, returned values or stores must not receive
outside data, and which calls, conversions and tests make such data harmless. What a table cannot say is a predicate,
called when the analysis has reached its fixed point, so that it may be as non-monotone as it likes ("the argument is
missing", "no test reads the token").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow
from real.detector.analysis.operations import Operation
from real.detector.analysis.returned import Returned
from real.detector.analysis.tables import Condition, Sink, TaintRule

Guard: TypeAlias = Callable[[Facts, Flow], bool]
Check: TypeAlias = Callable[[Facts], Iterable[Defect]]


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
class Rule(TaintRule):
    """One CWE: its tables, and what is asked of the fixed point.

    ``returned`` and ``stored`` are sinks that are no calls. ``guard`` decides, for each flow that the tables found,
    whether the tests that control the sink make it harmless. ``check`` finds defects that are no flows: constant
    arguments, missing checks. ``local`` says that what it finds is worth telling where each function is looked at by
    itself, without those that it calls: it reports no missing check. ``asks_for_checks`` says that what its ``check``
    misses may well be elsewhere, ``is_pattern`` that the defect is in the text, whoever sends the data.
    """

    returned: ReturnSink | None = None
    stored: StoreSink | None = None
    guard: Guard | None = None
    check: Check | None = None
    local: bool = False
    asks_for_checks: bool = False
    is_pattern: bool = False


__all__ = ["Check", "Condition", "Guard", "ReturnSink", "Rule", "Sink", "StoreSink", "TaintRule"]
