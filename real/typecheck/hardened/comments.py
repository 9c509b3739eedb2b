"""Comments that talk to the type checker: they silence it, configure it or replace annotations."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from real.typecheck.hardened.program_tree import ProgramTree
from real.typecheck.hardened.rule import Rule
from real.types import Finding

TYPE_IGNORE = Rule(
    "hatch:type-ignore",
    "a comment that silences the type checker",
    "`# type: ignore` makes MyPy drop every error of its line, or of the whole file when it comes first. A "
    "program that needs it has not been checked.",
    "Remove the comment and repair the type error that it hides.",
)
DIRECTIVE = Rule(
    "hatch:mypy-directive",
    "a comment that configures the type checker",
    "A line that starts with `# mypy: ` sets options of MyPy for the whole file, `ignore-errors` among them. MyPy "
    "reads lines, not comments: such a line inside a string counts as well.",
    "Remove the line.",
)
TYPE_COMMENT = Rule(
    "hatch:type-comment",
    "types in a comment only",
    "Annotations in comments (`# type: (int) -> int`) are the Python 2 form: they are no part of the program, "
    "tools and readers miss them, and `inspect` does not see them.",
    "Write the types as annotations: `def f(n: int) -> int:` and `names: list[str] = []`.",
)

RULES = (TYPE_IGNORE, DIRECTIVE, TYPE_COMMENT)

_IGNORE = re.compile(r"#\s*type:\s*ignore\b", re.IGNORECASE)


def check(program: ProgramTree) -> Iterator[Finding]:
    """The findings of the rules of this module, in no particular order."""
    for line, column, text in _comments(program.code):
        if _IGNORE.search(text):
            yield TYPE_IGNORE.at(line, f"the comment {text.strip()!r} silences the type checker", column)
    # As mypy.util.get_mypy_comments reads them.
    for number, text in enumerate(program.code.split("\n"), start=1):
        if text.startswith("# mypy:"):
            yield DIRECTIVE.at(number, f"the line {text.strip()!r} configures the type checker")
    for node in program.nodes:
        comment = getattr(node, "type_comment", None)
        if comment:
            yield TYPE_COMMENT.on(node, f"types are given in the comment '# type: {comment}' only")


def _comments(code: str) -> list[tuple[int, int, str]]:
    """Line, column (in bytes of UTF-8) and text of comments; of those before the first token that cannot be read."""
    found: list[tuple[int, int, str]] = []
    if "#" not in code:
        return found
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.COMMENT:
                line, column = token.start
                in_bytes = len(token.line[:column].encode("utf-8", "surrogatepass"))  # as ``ast`` counts
                found.append((line, in_bytes, token.string))
    except (tokenize.TokenError, SyntaxError):
        # Where the tokenizer and the parser disagree, the parser's own list of ignores is the safe one.
        ignores = ast.parse(code, type_comments=True).type_ignores
        return [(ignore.lineno, 0, "# type: ignore") for ignore in ignores]
    return found
