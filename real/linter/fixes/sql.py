"""An SQL statement that values are inserted into gets placeholders, and its ``execute`` the values.

Only where every inserted value stands in quotes, is compared, set or inserted, and is plain (``values``), where the
call follows at once on the line that puts the statement together, and where nothing in the file doubles quotes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from real.linter.fixes.source import Edit, Source, module_names, path_of
from real.linter.fixes.values import Scope, insertions, is_reading, is_text, is_value, names, own_nodes, scope_of, shown
from real.sqltext.sql_slots import Mark, Slot, UnbalancedError, tokens
from real.sqltext.string_parts import Hole, Text, pieces

_STYLES = {"sqlite3": "?", "psycopg": "%s", "psycopg2": "%s"}  # PEP 249, paramstyle
# Other drivers and layers above them: whose connection it is cannot be told then.
_OTHERS = frozenset(
    {
        *("sqlalchemy", "pymysql", "MySQLdb", "mysql", "asyncpg", "aiosqlite", "duckdb", "oracledb", "pyodbc"),
        *("cx_Oracle", "pymssql", "snowflake", "databases", "peewee", "django", "clickhouse_driver", "aiomysql"),
    }
)
# A value is bound only where it is compared, set or inserted; keywords tell the clause, parentheses are skipped.
_FIRST_WORDS = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\b", re.IGNORECASE)
_CLAUSES = re.compile(
    r"\b(?:SELECT|FROM|WHERE|HAVING|SET|VALUES|ON|BY|JOIN|RETURNING|LIMIT|OFFSET|USING|OVER|WINDOW)\b",
    re.IGNORECASE,
)
_COMPARED = re.compile(r"(?:[\w)\]]\s*(?:==?|<>|!=|<=?|>=?)|\b(?:LIKE|ILIKE|GLOB))\s*$", re.IGNORECASE)
_INSERTED = re.compile(r"\bVALUES\s*(?:0\s*,\s*)*\((?:[^()]*,)?\s*$", re.IGNORECASE)
_OTHER_MARKS = re.compile(r"[:@$]\w|\?\d|;\s*\S")  # marks with names or numbers, and a second statement


@dataclass(frozen=True, slots=True)
class _Bound:
    """A statement with placeholders, and the values for them in order."""

    statement: str
    values: tuple[str, ...]


def bound(source: Source, call: ast.Call) -> list[Edit] | None:
    """The edits that bind the values of ``cursor.execute(statement)``; ``None`` where that is not mechanical."""
    style = _style(source.tree)
    is_plain = isinstance(call.func, ast.Attribute) and call.func.attr == "execute" and not call.keywords
    if style is None or not is_plain or len(call.args) not in (1, 2) or isinstance(call.args[0], ast.Starred):
        return None
    scope = scope_of(source.tree, call)
    own = _own(call.args[1:])
    if own is None or (style != "?" and len(call.args) > 1) or _defines_execute(source.tree):
        return None
    if _doubles_quotes(source.tree) or not _is_of_the_driver(call.func, source.tree):
        return None
    query = call.args[0]
    assigned = _assigned(scope, query) if isinstance(query, ast.Name) else None
    built = assigned.value if assigned is not None else query
    made = _bind(built, own, style, scope, source.tree)
    if made is None or (assigned is not None and not _stays(scope, assigned, call, built)):
        return None
    values = f"({', '.join(made.values)}{',' if len(made.values) == 1 else ''})"
    start, end = source.arguments(call)
    if assigned is None:
        return [Edit(start, end, f"({made.statement}, {values})")]
    assert isinstance(query, ast.Name)
    whole = Edit(source.start(built), source.end(built), made.statement)
    return [whole, Edit(start, end, f"({query.id}, {values})")]


def _style(tree: ast.Module) -> str | None:
    modules = {path.partition(".")[0] for path in module_names(tree).values()}
    styles = {_STYLES[module] for module in modules & _STYLES.keys()}
    return styles.pop() if len(styles) == 1 and not modules & _OTHERS else None


def _defines_execute(tree: ast.Module) -> bool:
    """Whether the program has an ``execute`` of its own, which may take no values."""
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "execute" for node in ast.walk(tree)
    )


def _doubles_quotes(tree: ast.Module) -> bool:
    """Whether some value may come in escaped: bound as well, its quotes would be doubled for good."""
    return any(isinstance(node, ast.Constant) and node.value in ("''", b"''", "\\'") for node in ast.walk(tree))


def _is_of_the_driver(called: ast.expr, tree: ast.Module) -> bool:
    """Whether the receiver may be a connection of the driver: neither imported from elsewhere nor made by that."""
    root = called
    while isinstance(root, ast.Attribute | ast.Call | ast.Subscript):
        root = root.func if isinstance(root, ast.Call) else root.value
    if not isinstance(root, ast.Name) or "session" in root.id.lower():
        return False
    imported = module_names(tree)
    makers = [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign) and names(node) == [root.id]]
    made_by = (path_of(maker.func, imported) for maker in makers if isinstance(maker, ast.Call))
    return all(path.partition(".")[0] in _STYLES for path in (imported.get(root.id, ""), *made_by) if path)


def _own(given: Sequence[ast.expr]) -> list[str] | None:
    """The values that the call binds already; ``None`` where they are not listed there."""
    if not given:
        return []
    (values,) = given
    if not isinstance(values, ast.Tuple | ast.List) or not all(
        isinstance(value, ast.Constant) or is_reading(value) for value in values.elts
    ):
        return None  # anything else would be evaluated in another order
    return [ast.unparse(value) for value in values.elts]


def _bind(expr: ast.expr, own: list[str], style: str, scope: Scope, tree: ast.Module) -> _Bound | None:
    how = insertions(expr, scope)
    parts = pieces(expr)
    holes = [part.expr for part in parts if isinstance(part, Hole)]
    if how is None or not all(id(hole) in how and is_value(hole, tree) for hole in holes):
        return None
    literal = "".join(part.text for part in parts if isinstance(part, Text))
    # A name in double quotes is no value; in a comment nothing is bound; psycopg's own marks would have to be counted.
    if any(mark in literal for mark in ('"', "`", "--", "/*", "\\")) or not _FIRST_WORDS.match(literal):
        return None
    try:
        found = tokens(parts)
    except UnbalancedError:
        return None
    text, plain, values, waiting = "", "", list[str](), list(own)
    for token in found:
        if isinstance(token, Text):
            text += token.text if style == "?" else token.text.replace("%", "%%")
            plain += re.sub("'[^']*'", "0", token.text)
            continue
        if isinstance(token, Mark):
            if style != "?" or not waiting:
                return None
            values.append(waiting.pop(0))
        elif token.quoted is None or not _is_place_of_value(plain):
            return None
        else:
            values.append(_value(token, how, scope))
        text += style
        plain += "0" if isinstance(token, Slot) else "?"
    is_changed = len(values) > len(own)
    return (
        _Bound(_literal(text), tuple(values)) if is_changed and not waiting and not _OTHER_MARKS.search(plain) else None
    )


def _is_place_of_value(before: str) -> bool:
    """Whether a text stands where it is compared, set or inserted: a literal and a bound value are the same there."""
    shorter = ""
    while shorter != before:
        shorter, before = before, re.sub(r"\([^()]*\)", " 0 ", before)
    clauses = _CLAUSES.findall(before)
    last = clauses[-1].upper() if clauses else ""
    if last == "VALUES":
        return _INSERTED.search(before) is not None
    return last in ("WHERE", "SET") and _COMPARED.search(before) is not None


def _value(slot: Slot, how: dict[int, int], scope: Scope) -> str:
    assert slot.quoted is not None
    if len(slot.quoted) == 1 and isinstance(only := slot.quoted[0], Hole):
        return shown(only.expr, how[id(only.expr)], scope)
    parts: list[ast.expr] = [
        ast.Constant(part.text)
        if isinstance(part, Text)
        else ast.FormattedValue(part.expr, -1 if is_text(part.expr, scope) else how[id(part.expr)])
        for part in slot.quoted
    ]
    return ast.unparse(ast.JoinedStr(parts))


def _literal(text: str) -> str:
    if "\n" in text and '"' not in text and all(char.isprintable() or char == "\n" for char in text):
        return f'"""{text}"""'
    shown = repr(text)
    return f'"{text}"' if shown == f"'{text}'" else shown


def _assigned(scope: Scope, query: ast.Name) -> ast.Assign | None:
    """The only assignment of a name that is read once, by the call."""
    whole = [node for node in ast.walk(scope) if isinstance(node, ast.Name) and node.id == query.id]
    stores = [node for node in whole if isinstance(node.ctx, ast.Store | ast.Del)]
    found = [node for node in own_nodes(scope) if isinstance(node, ast.Assign) and names(node) == [query.id]]
    return found[0] if len(found) == len(stores) == 1 and len(whole) == 2 else None


def _stays(scope: Scope, assigned: ast.Assign, call: ast.Call, built: ast.expr) -> bool:
    """Whether what was inserted is still the same at the call: the next statement, where no other scope has a part."""
    holes = [part.expr for part in pieces(built) if isinstance(part, Hole)]
    shared = any(isinstance(node, ast.Global | ast.Nonlocal) for node in ast.walk(scope))
    return not shared and _is_next(scope, assigned, call) and all(is_reading(hole) for hole in holes)


def _is_next(scope: Scope, assigned: ast.Assign, call: ast.Call) -> bool:
    for node in (scope, *own_nodes(scope)):
        for body in (getattr(node, "body", None), getattr(node, "orelse", None), getattr(node, "finalbody", None)):
            if isinstance(body, list) and assigned in body:
                following = body[body.index(assigned) + 1 : body.index(assigned) + 2]
                simple = (ast.Expr, ast.Assign, ast.Return, ast.AnnAssign)
                nodes = [inner for one in following if isinstance(one, simple) for inner in ast.walk(one)]
                return call in nodes and not any(isinstance(one, ast.comprehension | ast.NamedExpr) for one in nodes)
    return False
