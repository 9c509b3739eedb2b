"""CWE-89: SQL injection (https://cwe.mitre.org/data/definitions/89.html)

What: untrusted text becomes part of the text of an SQL statement, so that its author can change what the statement
does: read other rows, delete a table, log in as somebody else.

Why: the database cannot tell which part of a statement the programmer wrote. Escaping quotes by hand fails on numbers,
identifiers, LIKE patterns and other encodings.

Bad:
    name = input("Name: ")
    cursor.execute(f"SELECT * FROM users WHERE name = '{name}'")

Good:
    name = input("Name: ")
    cursor.execute("SELECT * FROM users WHERE name = ?", (name,))

Good, for what cannot be a parameter (table and column names, ASC and DESC):
    COLUMNS = {"name": "name", "age": "birth_date"}
    order = COLUMNS.get(input("Order by: "), "name")
    cursor.execute(f"SELECT * FROM users ORDER BY {order}")

What silences it:
- parameter binding: the statement is constant, the values are the second argument;
- a conversion to a number, date or UUID: int(x), float(x), Decimal(x), date.fromisoformat(x), UUID(x), f"{x:d}",
  "%d" % x;
- a constant allow-list: looking x up in a constant dict, or a test that controls the path to the statement, such as
  `if x not in {"name", "age"}: raise ...`, `x == "name"`, x.isdigit(), x.isidentifier(), or re.fullmatch with a pattern
  that admits no quote, blank, semicolon or other operator;
- a test that all keys of a mapping are in a constant list, where only its keys go into the statement:
  `if changes.keys() - FIELDS: raise ...`;
- what quotes names for a database: quote_ident(), connection.ops.quote_name(), mogrify();
- inside the quotes of a literal, '{name}': removing that quote by replace() or re.sub(), percent-encoding, and with
  sqlite3 also doubling it (other databases know the backslash as well);
- a query builder of SQLAlchemy, Django, peewee, pypika or psycopg.sql, which binds or quotes what it is given.

What does not: escaping quotes where the data is in none, lists of refused words, int(x) whose result is not used,
assert (python -O removes it), type annotations, a test on a path that does not lead to the statement.

Sources: input(), sys.argv, sys.stdin, os.environ, argparse, web requests, and the parameters of functions that nothing
in the program calls. A function that the program does call takes what its callers pass. In a program that reads no
input of its own, calls from top-level code are taken for examples: the parameters of a public function stay untrusted
where the function builds a statement from them. Rows read from the database count as trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from real.detector.analysis.charsets import SQL
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow
from real.detector.analysis.values import BUILDER
from real.detector.concepts.characters import every_character_is_harmless
from real.detector.concepts.quoting import is_quoted
from real.detector.ir.instructions import Unit
from real.detector.models.kinds import SQL_KINDS
from real.detector.models.library import LOG_METHODS
from real.detector.rule import Rule
from real.detector.rules._allowed_keys import are_allowed_keys

# How a statement begins that is made here and run by a function of another file.
_BEGINNING = re.compile(
    r"\s*(?:select\s.*\sfrom\s|insert\s+(?:or\s+\w+\s+)?into\s|update\s+\S+\s+set\s|delete\s+from\s)", re.I | re.S
)
_SHOWING = LOG_METHODS | {"append", "format", "print"}


def _check(facts: Facts) -> Iterator[Defect]:
    """``database.insert_row(f"INSERT INTO note VALUES ('{text}')")``: run by a function that is not here."""
    for unit, instr in facts.steps("call", "method"):
        if facts.called(instr) or facts.library_names(unit, instr):
            continue
        name = str(instr.extra[0]) if instr.op == "method" else ""
        if name in _SHOWING or name in RULE.methods:
            continue
        for operand in instr.args[1:]:
            value = facts.value(unit, operand)
            if value.kind == BUILDER or not facts.is_untrusted(value) or not _is_statement(facts, unit, operand):
                continue
            flow = Flow(RULE, facts.bit, unit, instr, (operand,), None, "", "")
            if not is_quoted(facts, flow):
                yield Defect(instr, "an SQL statement is put together from untrusted data", facts.trace(value))
                break


def _is_harmless(facts: Facts, flow: Flow) -> bool:
    return is_quoted(facts, flow) or are_allowed_keys(facts, flow) or every_character_is_harmless(facts, flow, SQL)


def _is_statement(facts: Facts, unit: Unit, operand: int) -> bool:
    pieces = facts.pieces(unit, operand)
    return pieces.is_built and any(_BEGINNING.match(text) for text in (*pieces.literals, *pieces.wholes))


RULE = Rule(
    cwe="CWE-89",
    title="SQL injection",
    doc=__doc__ or "",
    fix=(
        'pass values as parameters: execute("... WHERE name = ?", (name,)); '
        "take table and column names from a constant allow-list"
    ),
    what="SQL",
    kinds=SQL_KINDS,
    harmless=SQL,
    guard=_is_harmless,
    check=_check,
)
