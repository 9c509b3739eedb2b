"""Filters and names of LDAP, paths of XML and queries of Neo4j that are put together (CWE-74)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.patterns import PATTERN_MODULES
from real.detector.concepts.quoting import CODE, XPATH, stays_a_value, stays_inside
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role

_Keeper: TypeAlias = Callable[[Facts, Unit, Instr, int], bool]
# Methods of LDAP connections whose first argument is a distinguished name.
_NAME = re.compile(r"(?i)(?:^|,)\s*(?:uid|cn|ou|mail|sn|samaccountname)\s*=\s*(?:$|%s|\{)")
_BINDERS = ("simple_bind_s", "simple_bind", "bind_s", "add_s", "delete_s", "modify_s", "rename_s", "passwd_s")
# Methods, what a text of the language looks like before the data, what it is, and what keeps data in its place.
LANGUAGES: tuple[tuple[tuple[str, ...], re.Pattern[str], str, _Keeper | None], ...] = (
    (
        ("search", "search_s", "search_ext", "paged_search"),
        re.compile(r"\((?:[&|!]\()*\w+[~<>]?=(?:$|%s|\{)"),
        "an LDAP filter",
        stays_a_value,
    ),
    (
        (*_BINDERS, "search", "search_s", "search_ext"),
        _NAME,
        "a name of LDAP",
        None,
    ),
    (
        ("find", "findall", "findtext", "iterfind"),
        re.compile(r"\[@?\w+\s*=\s*[\"']?(?:$|%s|\{)"),
        "a path of XML",
        partial(stays_inside, language=XPATH),
    ),
    (("run",), re.compile(r"(?i)\b(?:MATCH|MERGE)\s*\("), "a query of Neo4j", partial(stays_inside, language=CODE)),
)


def bound_names(facts: Facts) -> Iterator[Defect]:
    """``ldap3.Connection(server, user=f"uid={name},ou=people,dc=example")``."""
    for site, row in facts.tabled(calls_of(Role.BINDS_NAME)):
        for operand in site.operands(row.arguments[0].positions, row.arguments[0].names)[:1]:
            value = facts.value(site.unit, operand)
            pieces = facts.pieces(site.unit, operand)
            if facts.is_untrusted(value) and any(_NAME.search(text) for text in pieces.literals):
                yield Defect(site.instr, "untrusted data is part of a name of LDAP", facts.trace(value))


def languages(facts: Facts) -> Iterator[Defect]:
    """Filters of LDAP, paths of XML and queries of Neo4j that are put together, whatever the object that runs them."""
    for names_of, pattern, what, keeps in LANGUAGES:
        for site in facts.calls(*names_of):
            if site.instr.op != "method" or site.path.partition(".")[0] in (*PATTERN_MODULES, "builtins"):
                continue
            for operand in site.instr.args[1:]:
                value = facts.value(site.unit, operand)
                pieces = facts.pieces(site.unit, operand)
                built = pieces.is_built and any(pattern.search(text) for text in pieces.literals)
                if not built or not facts.is_untrusted(value):
                    continue
                if keeps is None or not keeps(facts, site.unit, site.instr, operand):
                    yield Defect(site.instr, f"untrusted data is part of {what}", facts.trace(value))
                    break
