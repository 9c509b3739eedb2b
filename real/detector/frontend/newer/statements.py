"""Newer statements in the words of older Python, each on its old lines: blanks where something is left out.

Type parameters (``def f[T](x)``, ``class C[T]``) and ``type`` statements (PEP 695, Python 3.12) say nothing of what a
program does; ``except A, B:`` (PEP 758, Python 3.14) is ``except (A, B):``. Strings that an older parser may end too
early get a name in their place, which ``strings`` explains.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from real.detector.frontend.newer.strings import Literal, ScanError, behind, end_of_expression, literal_at

_NAME = re.compile(r"[^\W\d]\w*")
_GENERIC = re.compile(r"(?:def|class)\s+[^\W\d]\w*\s*\[")
_ALIAS = re.compile(r"type[ \t]+([^\W\d]\w*)[ \t]*([\[=](?!=))")
_EXCEPT = re.compile(r"except\b[ \t]*\*?[ \t]*")


@dataclass(slots=True)
class Scan:
    """What was found: the characters in their new form, by place, and the runs of adjacent string literals."""

    code: str
    text: list[str]
    runs: list[list[Literal]] = field(default_factory=list)
    grouped: set[int] = field(default_factory=set)  # the lines of `except A, B:`
    version: tuple[int, int] | None = None  # the first that has the newest construct that was found

    def needs(self, version: tuple[int, int]) -> None:
        """Note that something needs at least this version."""
        self.version = max(self.version or version, version)

    def blank(self, start: int, end: int) -> None:
        """Leave out what stands there; a line break in it is continued."""
        for at in range(start, end):
            is_break = self.code[at] == "\n"
            self.text[at] = "\n" if is_break else " " * len(self.code[at].encode())
            if is_break and at > start:
                self.text[at - 1] = "\\"

    def write(self, at: int, word: str) -> None:
        """Put a word in place of what stands there; what follows stays in its column."""
        before = "".join(self.text[at : at + len(word)])
        self.text[at : at + len(word)] = word
        self.text[at + len(word) - 1] += " " * (len(before.encode()) - len(word.encode()))


def scan(code: str) -> Scan:
    """Read a program token by token. Raises ``ScanError`` for what is no Python."""
    found = Scan(code, list(code))
    at = depth = 0
    begins = True  # a statement begins here
    joins = False  # a string literal would be joined to the one before
    while at < len(code):
        char = code[at]
        if char in " \t\f\r" or code.startswith("\\\n", at):
            at += 2 if char == "\\" else 1
            continue
        if char == "#":
            at = behind(code, at)
            continue
        if char == "\n":
            begins, joins = begins or depth == 0, joins and depth > 0
            at += 1
            continue
        literal = literal_at(code, at) if char in "\"'" or char.isalpha() else None
        if literal is not None:
            if not joins:
                found.runs.append([])
            found.runs[-1].append(literal)
            at, begins, joins = literal.end, False, True
            continue
        joins = False
        if begins:
            _statement(found, at)
        elif char.isalpha() and depth == 0:
            _generic(found, at)  # `async def`
        begins = depth == 0 and char in ";:"
        depth += (char in "([{") - (char in ")]}")
        at = behind(code, at)
    return found


def _statement(found: Scan, at: int) -> None:
    code = found.code
    alias = _ALIAS.match(code, at)
    if alias is not None:
        name = alias[1]
        end = alias.start(2) if alias[2] == "=" else end_of_expression(code, alias.start(2) + 1, "]") + 1
        found.blank(at, end)
        found.write(at, name)
        found.needs((3, 12))
        return
    _generic(found, at)
    match = _EXCEPT.match(code, at)
    if match is not None and match.end() > at + 6 and code[match.end() : match.end() + 1] not in (":", "("):
        end = end_of_expression(code, match.end(), ":")
        try:
            end_of_expression(code[:end] + "\n", match.end(), ",")
        except ScanError:
            return
        found.text[match.end() - 1] = "("
        found.text[end] = "):"
        found.grouped.add(code.count("\n", 0, at) + 1)
        found.needs((3, 14))


def _generic(found: Scan, at: int) -> None:
    match = _GENERIC.match(found.code, at)
    if match is not None:
        found.blank(match.end() - 1, end_of_expression(found.code, match.end(), "]") + 1)
        found.needs((3, 12))
