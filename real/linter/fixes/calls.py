"""Repairs of one call: a safe loader of YAML, a list of words in place of a shell, a comparison of whole digests."""

from __future__ import annotations

import ast
import re
import shlex

from real.linter.fixes.source import Edit, Source, module_names, path_of
from real.sqltext.string_parts import Hole, Text, pieces

_LOADERS = {
    **dict.fromkeys(("yaml.load", "yaml.unsafe_load", "yaml.full_load"), "safe_load"),
    **dict.fromkeys(("yaml.load_all", "yaml.unsafe_load_all", "yaml.full_load_all"), "safe_load_all"),
}
_STARTERS = {f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen")}
_OF_SHELLS = re.compile(r"[|&;<>()$`\\*?~{}\[\]!#\n%^]")
_FIRST_HOLE = 0xE000  # characters for private use stand for what is inserted, while the words are taken apart


def safe_loader(source: Source, call: ast.Call) -> list[Edit] | None:
    """``yaml.load(data, Loader=…)`` becomes ``yaml.safe_load(data)``."""
    name = _LOADERS.get(path_of(call.func, module_names(source.tree)))
    if name is None or not isinstance(call.func, ast.Attribute) or len(call.args) not in (1, 2):
        return None
    if isinstance(call.args[0], ast.Starred) or any(keyword.arg != "Loader" for keyword in call.keywords):
        return None
    start, end = source.arguments(call)
    return [
        Edit(source.end(call.func.value), source.end(call.func), f".{name}"),
        Edit(start, end, f"({source.segment(call.args[0])})"),
    ]


def word_list(source: Source, call: ast.Call) -> list[Edit] | None:
    """``subprocess.run(f"ls {folder}", shell=True)`` becomes ``subprocess.run(["ls", folder])``.

    Only where the line does nothing that only a shell can do: no pipes, redirections, patterns or variables.
    """
    if path_of(call.func, module_names(source.tree)) not in _STARTERS or len(call.args) != 1:
        return None
    shell = [keyword for keyword in call.keywords if keyword.arg == "shell"]
    others = [keyword for keyword in call.keywords if keyword.arg not in ("shell", "executable")]
    if len(others) + 1 != len(call.keywords) or not shell or any(keyword.arg is None for keyword in others):
        return None
    if not isinstance(value := shell[0].value, ast.Constant) or value.value is not True:
        return None
    words = _words(call.args[0])
    if words is None:
        return None
    start, end = source.arguments(call)
    given = [f"[{', '.join(words)}]", *(f"{one.arg}={source.segment(one.value)}" for one in others)]
    return [Edit(start, end, f"({', '.join(given)})")]


def _words(expr: ast.expr) -> list[str] | None:
    """The words of a command line as expressions; ``None`` where a shell would do more than take it apart."""
    parts = pieces(expr)
    holes = [part.expr for part in parts if isinstance(part, Hole)]
    if any(isinstance(part, Text) and _OF_SHELLS.search(part.text) for part in parts) or len(holes) > len(parts) - 1:
        return None
    marks = iter(range(_FIRST_HOLE, _FIRST_HOLE + len(holes)))
    line = "".join(part.text if isinstance(part, Text) else chr(next(marks)) for part in parts)
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    if not words or any(ord(char) >= _FIRST_HOLE for char in words[0]) or "=" in words[0]:
        return None  # the program is chosen by what is inserted, or a variable is set
    return [_word(word, holes) for word in words]


def _word(word: str, holes: list[ast.expr]) -> str:
    at = [ord(char) - _FIRST_HOLE for char in word]
    if len(word) == 1 and 0 <= at[0] < len(holes):
        shown = ast.unparse(holes[at[0]])
        return shown if isinstance(holes[at[0]], ast.Constant | ast.JoinedStr) else f"str({shown})"
    made: list[ast.expr] = []
    for char, number in zip(word, at, strict=True):
        inserted = 0 <= number < len(holes)
        made.append(ast.FormattedValue(holes[number], -1) if inserted else ast.Constant(char))
    if any(isinstance(one, ast.FormattedValue) for one in made):
        return ast.unparse(ast.JoinedStr(made))
    return repr(word)


def whole_digest(source: Source, call: ast.Call) -> list[Edit] | None:
    """``expected.startswith(given)`` becomes ``hmac.compare_digest(expected, given)``, where ``hmac`` is imported."""
    named = next((name for name, path in module_names(source.tree).items() if path == "hmac"), None)
    function = call.func
    if named is None or not isinstance(function, ast.Attribute) or function.attr != "startswith":
        return None
    if len(call.args) != 1 or call.keywords or isinstance(call.args[0], ast.Starred | ast.Tuple):
        return None
    text = f"{named}.compare_digest({source.segment(function.value)}, {source.segment(call.args[0])})"
    return [Edit(source.start(call), source.end(call), text)]
