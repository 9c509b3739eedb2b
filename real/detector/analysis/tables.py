"""What the analysis reads of a rule: which calls must not receive outside data, and what makes such data harmless."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.charsets import Charset
from real.detector.models import rows
from real.detector.models.catalogue import calls_of, tables
from real.detector.models.kinds import Kind, Role

Condition: TypeAlias = Callable[[CallSite], bool]


@dataclass(frozen=True, slots=True)
class Sink:
    """A call that must not receive untrusted data in the given arguments.

    ``when`` restricts it to calls whose other arguments are dangerous (``models/when.py``). ``trusted_result``
    says that what the call returns is not outside data, whatever went in (rows of a database).
    """

    why: str  # what the call does with the argument
    positions: tuple[int, ...] = (0,)
    keywords: tuple[str, ...] = ()
    when: Condition | None = None
    trusted_result: bool = False

    @classmethod
    def of_row(cls, row: rows.Sink) -> Sink:
        """The sink that a row of a model describes."""
        positions = tuple(argument.position for argument in row.arguments if argument.position is not None)
        names = tuple(name for argument in row.arguments for name in argument.names)
        return cls(row.kind.value, positions, names, row.when, row.returns_stored)


@dataclass(frozen=True, slots=True, eq=False)
class TaintRule:
    """The tables of one CWE for the one taint analysis that all rules share.

    ``kinds`` are the readers that must not get outside data: the models of libraries (``detector/models``) say which
    calls are of these kinds, and which calls make data safe for them. They are added to the tables that follow.
    ``asks`` are roles: the calls of them are recorded for the rule's own questions.

    Sinks. ``methods`` are sinks by method name on any receiver that is not provably an object of the program itself;
    ``calls`` are sinks by fully qualified name; ``rooted`` are methods that are sinks only on receivers that come from
    the named library (``{"asyncpg": {"fetch": Sink(...)}}``; ``"*.objects"``: from any attribute of that name).
    ``builders`` are libraries whose objects carry untrusted data safely (as bound parameters), so that a sink may take
    them.

    What makes data harmless, for this rule only. ``sanitizers`` are fully qualified calls whose result is clean,
    ``sanitizer_methods`` the same by method name; ``harmless`` are the characters of which harmless text may consist
    (``None``: no test of characters helps); with ``numbers_are_harmless`` a converted number is clean, with
    ``limits_matter`` one that a framework keeps below a limit is; with
    ``stored_matters`` rows of a database are outside data; with
    ``tests_prove`` an allow-list and the like make the tested value clean (a key stays the caller's choice, though);
    ``no_allow_list`` are library containers that prove nothing when a test finds the data in them; with
    ``choice_matters`` outside data is not harmless even where it only selects among a library's names.

    ``watches`` names calls (last components of qualified names, or method names) that are recorded besides those of
    the tables, for the rule's own questions.

    ``yields_to`` are rules that say it better: where one of them reports the same place, this one is silent.
    """

    cwe: str
    title: str
    doc: str
    fix: str
    what: str = "argument"  # what the sink's argument is, for the message: "SQL"
    kinds: tuple[Kind, ...] = ()
    asks: tuple[Role, ...] = ()
    methods: Mapping[str, Sink] = field(default_factory=dict)
    calls: Mapping[str, Sink] = field(default_factory=dict)
    rooted: Mapping[str, Mapping[str, Sink]] = field(default_factory=dict)
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
    watches: frozenset[str] = frozenset()
    yields_to: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Add what the models know of the kinds and of the roles."""
        asked = {api.rpartition(".")[2] for role in self.asks for api in calls_of(role)}
        object.__setattr__(self, "watches", self.watches | asked)
        if not self.kinds:
            return
        known = tables(self.kinds)
        calls = {path: Sink.of_row(row) for path, row in known.calls.items()}
        methods = {name: Sink.of_row(row) for name, row in known.methods.items()}
        rooted = {root: {name: Sink.of_row(row) for name, row in table.items()} for root, table in known.rooted.items()}
        for name, added in (("calls", calls), ("methods", methods), ("rooted", rooted)):
            object.__setattr__(self, name, {**added, **getattr(self, name)})
        for name, cleaning in (
            ("sanitizers", known.cleans),
            ("sanitizer_methods", known.cleaning_methods),
            ("builders", known.builders),
        ):
            object.__setattr__(self, name, cleaning | getattr(self, name))
