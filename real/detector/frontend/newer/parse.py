"""Parsing of source text in newer syntax than the running interpreter's: rewritten to older syntax, or refused.

Only for what ``ast.parse`` has refused, so that it costs others nothing. A rewriting pass of our own, since what is new
since Python 3.11 is little: another parser (tree-sitter, libcst, parso) would be a large dependency with a syntax tree
of its own, and all that follows reads ``ast``. Line numbers stay; columns do, but behind ``except A, B``.
"""

from __future__ import annotations

import ast
import re

from real.detector.frontend.newer.statements import Scan, scan
from real.detector.frontend.newer.strings import Field, Literal, Piece, ScanError

_QUOTES = re.compile(r"(\\.)|\"", re.DOTALL)
_MAX_NESTED = 20  # strings in fields of strings


def parse_newer(code: str) -> ast.Module | None:
    """The syntax tree, if ``code`` has newer syntax and is a program with it; ``None`` if there is nothing newer.

    Raises:
        SyntaxError: it has, and is none; the message names the version of Python that could read it.
    """
    try:
        found = scan(code)
        text, names = _with_names(found)
        if found.version is None:
            return None
        if any(literal.is_template for run in found.runs for literal in run):
            raise SyntaxError("template strings need Python 3.14")
        tree = ast.parse(text)
        _refuse_python_2(tree, found.grouped)
        _Strings(code, names, 0).visit(tree)
    except (ScanError, IndexError):
        return None
    return tree


def _refuse_python_2(tree: ast.Module, lines: set[int]) -> None:
    """``except OSError, error:`` binds a name in Python 2: what the handler reads is no class of exceptions."""
    for node in ast.walk(tree) if lines else ():
        if isinstance(node, ast.ExceptHandler) and node.lineno in lines and isinstance(node.type, ast.Tuple):
            read = {part.id for statement in node.body for part in ast.walk(statement) if isinstance(part, ast.Name)}
            if any(isinstance(kind, ast.Name) and kind.id in read for kind in node.type.elts[1:]):
                raise SyntaxError("`except A, name:` is Python 2", ("<program>", node.lineno, 0, None))


def _parse_expression(code: str, depth: int) -> ast.expr:
    """An expression in whatever syntax; its first line begins one column to the right."""
    held = f"({code}\n)"
    try:
        return ast.parse(held, mode="eval").body
    except SyntaxError:
        if depth > _MAX_NESTED:
            raise
    text, names = _with_names(scan(held))
    tree = ast.parse(text, mode="eval")
    return ast.Expression(_Strings(held, names, depth + 1).visit(tree.body)).body


def _with_names(found: Scan) -> tuple[str, dict[str, list[Literal]]]:
    """The text with names in place of the strings that an older parser cannot read."""
    stem = "_f"
    while stem in found.code:
        stem += "_"
    names: dict[str, list[Literal]] = {}
    for run in found.runs:
        if any(literal.is_template for literal in run):
            found.needs((3, 14))
        if not any(literal.is_formatted for literal in run) or _is_readable(found.code[run[0].start : run[-1].end]):
            continue
        found.needs((3, 12))
        name = f"{stem}{len(names)}"
        names[name] = run
        _put(found, run[0].start, run[-1].end, name)
    return "".join(found.text), names


def _put(found: Scan, start: int, end: int, name: str) -> None:
    """``(name )`` over a piece of text, with its line breaks."""
    for at in range(start, end):
        if found.code[at] != "\n":
            found.text[at] = " " * len(found.code[at].encode())
    found.text[start], found.text[end - 1] = "(", ")"
    free = max(re.finditer(r"[^\n]+", found.code[start + 1 : end - 1]), key=lambda line: len(line[0]))
    begin = start + 1 + free.start()
    if len(free[0]) < len(name):
        raise ScanError("no room for a name")
    found.write(begin, name)


def _is_readable(text: str) -> bool:
    try:
        ast.parse(f"({text}\n)", mode="eval")
    except (SyntaxError, ValueError):
        return False
    return True


class _Strings(ast.NodeTransformer):
    """Puts the strings back for their names."""

    def __init__(self, code: str, names: dict[str, list[Literal]], depth: int) -> None:
        self._code = code
        self._names = names
        self._depth = depth

    def visit_Name(self, node: ast.Name) -> ast.AST:
        run = self._names.get(node.id)
        return node if run is None else self._string(run)

    def _string(self, run: list[Literal]) -> ast.expr:
        values: list[ast.expr] = []
        for literal in run:
            if literal.is_formatted:
                values += self._values(literal.pieces, literal)
            else:
                text = ast.literal_eval(self._code[literal.start : literal.end])
                values.append(self._at(ast.Constant(text), literal.start))
        return self._at(ast.JoinedStr(_joined(values)), run[0].start)

    def _values(self, pieces: list[Piece], literal: Literal) -> list[ast.expr]:
        values: list[ast.expr] = []
        for piece in pieces:
            if isinstance(piece, Field):
                if piece.shown:
                    values.append(self._at(ast.Constant(piece.shown), piece.start))
                values.append(self._field(piece, literal))
            elif piece[0] < piece[1]:
                text = _read(self._code[piece[0] : piece[1]], "r" in literal.prefix)
                values.append(self._at(ast.Constant(text), piece[0]))
        return values

    def _field(self, piece: Field, literal: Literal) -> ast.expr:
        value = _parse_expression(self._code[piece.start : piece.end], self._depth)
        line, column = self._place(piece.start)
        for node in ast.walk(value):
            if isinstance(node, ast.expr):
                shift = column - 1 if node.lineno == 1 else 0
                last = column - 1 if node.end_lineno == 1 else 0
                node.col_offset += shift
                node.end_col_offset = (node.end_col_offset or 0) + last
                node.lineno += line - 1
                node.end_lineno = (node.end_lineno or 0) + line - 1
        spec = None if piece.spec is None else self._at(ast.JoinedStr(self._values(piece.spec, literal)), piece.start)
        conversion = piece.conversion or ("r" if piece.shown and piece.spec is None else "")
        return self._at(ast.FormattedValue(value, ord(conversion) if conversion else -1, spec), piece.start)

    def _at(self, node: ast.expr, place: int) -> ast.expr:
        node.lineno, node.col_offset = self._place(place)
        node.end_lineno, node.end_col_offset = node.lineno, node.col_offset
        return node

    def _place(self, place: int) -> tuple[int, int]:
        begin = self._code.rfind("\n", 0, place) + 1
        return self._code.count("\n", 0, place) + 1, len(self._code[begin:place].encode())


def _joined(values: list[ast.expr]) -> list[ast.expr]:
    """Literal pieces that follow each other are one."""
    found: list[ast.expr] = []
    for value in values:
        last = found[-1] if found else None
        if isinstance(value, ast.Constant) and isinstance(last, ast.Constant):
            last.value = f"{last.value!s}{value.value!s}"
        else:
            found.append(value)
    return found


def _read(text: str, is_raw: bool) -> str:
    """The characters of a literal piece of an f-string."""
    text = text.replace("{{", "{").replace("}}", "}")
    if is_raw or "\\" not in text:
        return text
    quoted = _QUOTES.sub(lambda match: match[1] or '\\"', text)
    return str(ast.literal_eval(f'"""{quoted}"""'))
