"""An SQL statement that values are inserted into gets placeholders, and its ``execute`` the values.

Only where every inserted value stands where a value may stand, and where nothing of it changes between the line that
puts the statement together and the call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from real.linter.fixes.source import Edit, Source, module_names
from real.sqltext.sql_slots import Mark, Place, Slot, UnbalancedError, tokens
from real.sqltext.string_parts import Hole, Text, pieces

_STYLES = {"sqlite3": "?", "psycopg": "%s", "psycopg2": "%s"}  # PEP 249, paramstyle
# Other drivers and layers above them: whose connection it is cannot be told then.
_OTHERS = frozenset(
    {
        *("sqlalchemy", "pymysql", "MySQLdb", "mysql", "asyncpg", "aiosqlite", "duckdb", "oracledb", "pyodbc"),
        *("cx_Oracle", "pymssql", "snowflake", "databases", "peewee", "django", "clickhouse_driver", "aiomysql"),
    }
)
_TEXTS = frozenset({"input", "str", "strip", "lower", "upper", "title", "rstrip", "lstrip", "replace", "join"})
Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


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
    scope = _scope_of(source.tree, call)
    own = _own(call.args[1:])
    if own is None:
        return None
    query = call.args[0]
    assigned = _assigned(scope, query) if isinstance(query, ast.Name) else None
    built = assigned.value if assigned is not None else query
    made = _bind(built, own, style, scope)
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


def _own(given: Sequence[ast.expr]) -> list[str] | None:
    """The values that the call binds already; ``None`` where they are not listed there."""
    if not given:
        return []
    (values,) = given
    if not isinstance(values, ast.Tuple | ast.List) or any(isinstance(value, ast.Starred) for value in values.elts):
        return None
    return [ast.unparse(value) for value in values.elts]


def _bind(expr: ast.expr, own: list[str], style: str, scope: Scope) -> _Bound | None:
    parts = pieces(expr)
    literal = "".join(part.text for part in parts if isinstance(part, Text))
    # A name in double quotes is no value; in a comment nothing is bound; psycopg's own marks would have to be counted.
    if any(mark in literal for mark in ('"', "`", "--", "/*", "\\")) or (own and style != "?"):
        return None
    try:
        found = tokens(parts)
    except UnbalancedError:
        return None
    text, values, waiting = "", list[str](), list(own)
    for token in found:
        if isinstance(token, Text):
            text += token.text if style == "?" else token.text.replace("%", "%%")
        elif isinstance(token, Mark):
            if style != "?" or not waiting:
                return None
            text += style
            values.append(waiting.pop(0))
        elif token.place is not Place.VALUE:
            return None
        else:
            text += style
            values.append(_value(token, scope))
    is_changed = len(values) > len(own)
    return _Bound(_literal(text), tuple(values)) if is_changed and not waiting else None


def _value(slot: Slot, scope: Scope) -> str:
    if slot.quoted is None:
        assert slot.hole is not None
        return ast.unparse(slot.hole.expr)
    if len(slot.quoted) == 1 and isinstance(only := slot.quoted[0], Hole):
        shown = ast.unparse(only.expr)
        return shown if _is_text(only.expr, scope) else f"str({shown})"  # what stood in quotes was a text
    parts: list[ast.expr] = [
        ast.Constant(part.text) if isinstance(part, Text) else ast.FormattedValue(part.expr, -1) for part in slot.quoted
    ]
    return ast.unparse(ast.JoinedStr(parts))


def _is_text(expr: ast.expr, scope: Scope) -> bool:
    """Whether an expression surely is a text: declared so, read, trimmed or put together."""
    if isinstance(expr, ast.Name):
        if not isinstance(scope, ast.Module):
            arguments = (*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs)
            if any(one.arg == expr.id for one in arguments):
                declared = next(one.annotation for one in arguments if one.arg == expr.id)
                return isinstance(declared, ast.Name) and declared.id == "str"
        given = [node.value for node in _own_nodes(scope) if isinstance(node, ast.Assign) and _names(node) == [expr.id]]
        stores = [node for node in _own_nodes(scope) if isinstance(node, ast.Name) and _is_store(node, expr.id)]
        return (
            bool(given)
            and len(given) == len(stores)
            and all(not isinstance(value, ast.Name) and _is_text(value, scope) for value in given)
        )
    if isinstance(expr, ast.Call):
        function = expr.func
        return (function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")) in _TEXTS
    return isinstance(expr, ast.JoinedStr) or (isinstance(expr, ast.Constant) and isinstance(expr.value, str))


def _literal(text: str) -> str:
    if "\n" in text and '"' not in text and all(char.isprintable() or char == "\n" for char in text):
        return f'"""{text}"""'
    shown = repr(text)
    return f'"{text}"' if shown == f"'{text}'" else shown


def _scope_of(tree: ast.Module, call: ast.Call) -> Scope:
    """The innermost function around a call, or the module."""
    found: Scope = tree
    waiting: list[Scope] = [tree]
    while waiting:
        scope = waiting.pop()
        inside = list(_own_nodes(scope))
        if call in inside:
            return scope
        waiting += [node for node in inside if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)]
    return found


def _own_nodes(scope: Scope) -> Iterable[ast.AST]:
    """The nodes of a scope; functions in it count, what is inside them does not."""
    waiting: list[ast.AST] = [*ast.iter_child_nodes(scope)]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def _assigned(scope: Scope, query: ast.Name) -> ast.Assign | None:
    """The only assignment of a name that is read once, by the call."""
    whole = [node for node in ast.walk(scope) if isinstance(node, ast.Name) and node.id == query.id]
    stores = [node for node in whole if isinstance(node.ctx, ast.Store | ast.Del)]
    found = [node for node in _own_nodes(scope) if isinstance(node, ast.Assign) and _names(node) == [query.id]]
    return found[0] if len(found) == len(stores) == 1 and len(whole) == 2 else None


def _names(node: ast.Assign) -> list[str]:
    return [target.id if isinstance(target, ast.Name) else "" for target in node.targets]


def _is_store(node: ast.Name, name: str) -> bool:
    return node.id == name and isinstance(node.ctx, ast.Store | ast.Del)


def _stays(scope: Scope, assigned: ast.Assign, call: ast.Call, built: ast.expr) -> bool:
    """Whether what was inserted is still the same at the call: the next statement, or names that nobody binds again."""
    if _is_next(scope, assigned, call):
        return True
    holes = [part.expr for part in pieces(built) if isinstance(part, Hole)]
    if isinstance(scope, ast.Module) or not all(isinstance(hole, ast.Name) for hole in holes):
        return False
    names = {hole.id for hole in holes if isinstance(hole, ast.Name)}
    later = [
        node for node in ast.walk(scope) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del)
    ]
    return all(node.id not in names or node.lineno < assigned.lineno for node in later) and not any(
        isinstance(node, ast.Global | ast.Nonlocal) for node in ast.walk(scope)
    )


def _is_next(scope: Scope, assigned: ast.Assign, call: ast.Call) -> bool:
    for node in (scope, *_own_nodes(scope)):
        for body in (getattr(node, "body", None), getattr(node, "orelse", None), getattr(node, "finalbody", None)):
            if isinstance(body, list) and assigned in body:
                following = body[body.index(assigned) + 1 : body.index(assigned) + 2]
                simple = (ast.Expr, ast.Assign, ast.Return, ast.AnnAssign)
                return any(isinstance(one, simple) and call in ast.walk(one) for one in following)
    return False
