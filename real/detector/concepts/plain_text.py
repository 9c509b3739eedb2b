"""Is a value a text, so that its elements are single characters? Elements of a list are words, or anything.

A parameter without annotation counts as a text: what is iterated is then tested letter by letter, as only a text is.
"""

from __future__ import annotations

import ast

from real.detector.analysis.declared_types import parameter
from real.detector.analysis.facts import Facts
from real.detector.analysis.values import CHAR, STR
from real.detector.analysis.witness import every
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import names

# Methods of texts that give a text.
_TEXT_METHODS = names(
    """lower upper casefold strip lstrip rstrip title capitalize swapcase replace translate format join zfill ljust
    rjust center expandtabs removeprefix removesuffix decode"""
)
_TEXT_CALLS = frozenset({"builtins.str", "builtins.input", "builtins.repr", "builtins.format"})
# Parts of a request under whose names there is text.
_REQUEST_PARTS = names("args form values cookies headers GET POST COOKIES query_params path_params match_info query")
_TEXT_TYPES = frozenset({"str", "AnyStr", "Optional[str]", "str | None", "None | str", "typing.Optional[str]"})
_MAX_DEPTH = 6


def is_text(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> bool:  # noqa: PLR0911
    """Whether a value is a text for certain, or a parameter that may be one."""
    value = facts.value(unit, operand)
    if value.objs or depth > _MAX_DEPTH:
        return False
    if value.kind in (STR, CHAR):
        return True
    made = definition(unit, operand)
    if made is None:
        return False
    if made.op == "param":
        return made.extra in (*unit.params.positional, *unit.params.kwonly) and _may_be_text(unit, str(made.extra))
    if made.op in ("fstring", "const"):
        return made.op == "fstring" or isinstance(made.extra, str)
    if made.op in ("phi", "binop", "inplace") and (made.op == "phi" or made.extra == "Add"):
        parts = [arg for arg in made.args if arg != made.dst and definition(unit, arg) is not made]
        return every(is_text(facts, unit, arg, depth + 1) for arg in parts)
    if made.op == "slice":
        return is_text(facts, unit, made.args[0], depth + 1)
    if made.op == "sub" or (made.op == "method" and made.extra[0] == "get"):
        part = definition(unit, made.args[0])
        return part is not None and part.op == "attr" and part.extra in _REQUEST_PARTS
    if made.op == "method" and made.extra[0] in _TEXT_METHODS:
        return not facts.called(made)
    return made.op == "call" and bool(
        facts.library_names(unit, made) & (_TEXT_CALLS | calls_of(Role.TOLD_QUOTES).keys())
    )


def _may_be_text(unit: Unit, name: str) -> bool:
    annotation, _ = parameter(unit, name)
    if annotation is None:
        return True
    written = annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)
    return written in _TEXT_TYPES
