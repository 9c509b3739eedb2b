"""Functions that answer whether somebody may do something, and answer wrongly whoever asks.

- the record, or its owner, is a parameter, and the answer does not depend on it;
- any of the permissions that are all needed is enough;
- the answer is yes where the check itself fails.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.witness import every
from real.detector.concepts.annotations import last_word
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.library import LOG_METHODS
from real.detector.vocabulary import (
    ACTORS,
    DELETING_VERBS,
    OBJECT_WORDS,
    PERMISSION_VERBS,
    PERSON_KEYS,
    PRIVILEGES,
    words,
)

_PRIVILEGES = PRIVILEGES - {"can"} | {"access", "edit", "write"} | DELETING_VERBS
_PEOPLE = ACTORS | PERSON_KEYS - {"id"}
_NEEDED = frozenset({"needed", "require", "required", "requires"})
_SEVERAL = frozenset({"scopes", "permissions", "perms"})
_MIN_LENGTH = 2


def wrong_answers(facts: Facts) -> Iterator[Defect]:
    """All of them, each at the place of the function or of the test."""
    for unit in facts.functions:
        yield from _any_of(facts, unit)
    for _, place in facts.steps("function"):
        yield from _answer(facts, place, place.extra[0])


def _answer(facts: Facts, place: Instr, unit: Unit) -> Iterator[Defect]:
    node = unit.node
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or not _asks(unit):
        return
    left = _left_out(facts, unit, node)
    if left is not None:
        yield Defect(place, f"the answer of {unit.name}() does not depend on `{left}`")
    elif _says_yes_after_failure(node):
        yield Defect(place, f"{unit.name}() says yes where the check itself fails")


def _asks(unit: Unit) -> bool:
    return unit.name.lstrip("_").partition("_")[0].lower() in PERMISSION_VERBS and bool(words(unit.name) & _PRIVILEGES)


def _left_out(facts: Facts, unit: Unit, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    """A parameter that names something in particular, and that no answer depends on.

    It is at most put into messages or into questions whose answer nobody reads, or compared with ``None``. It must be
    about somebody as well, and the answer must depend on the one: a stub depends on nothing.
    """
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    required = plain[: len(plain) - len(arguments.defaults)] if arguments.defaults else plain
    params = [argument.arg for argument in (*required, *arguments.kwonlyargs)]
    people = [name for name in params if words(name) & _PEOPLE]
    objects = [name for name in params if name not in people and words(name) & OBJECT_WORDS]
    if not people or not objects or arguments.vararg is not None or arguments.kwarg is not None:
        return None
    used = _used(node)
    if not any(name in used for name in people):
        return None
    return next((name for name in objects if name not in used or not facts.is_used(unit, name)), None)


def _used(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The names that something depends on: not those in exceptions, in output and in comparisons with ``None``."""
    found: set[str] = set()
    work: list[ast.AST] = list(node.body)
    while work:
        inner = work.pop()
        if isinstance(inner, ast.Raise) or (isinstance(inner, ast.Call) and _is_output(inner)):
            continue
        if isinstance(inner, ast.Compare) and _is_presence(inner):
            continue
        if isinstance(inner, ast.Name):
            found.add(inner.id)
        work += ast.iter_child_nodes(inner)
    return found


def _is_output(call: ast.Call) -> bool:
    return last_word(call.func) in LOG_METHODS | {"print"}


def _is_presence(compare: ast.Compare) -> bool:
    return isinstance(compare.left, ast.Name) and every(
        isinstance(other, ast.Constant) and other.value is None for other in compare.comparators
    )


def _says_yes_after_failure(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """``except ConnectionError: return True``."""
    return any(
        isinstance(statement, ast.Return)
        and isinstance(statement.value, ast.Constant)
        and statement.value.value is True
        for inner in ast.walk(node)
        if isinstance(inner, ast.ExceptHandler)
        for statement in inner.body
    )


def _any_of(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """``any(scope in token.scopes for scope in required_scopes)``: one is enough where all are needed."""
    for instr in facts.instructions(unit, "call", "method"):
        if instr.op == "call" and "builtins.any" in facts.library_names(unit, instr):
            needed = _needed(facts, unit, instr)
        elif (
            instr.op == "method" and instr.extra[0] in ("isdisjoint", "intersection") and len(instr.args) == _MIN_LENGTH
        ):
            needed = _is_needed(facts, unit, instr.args[0]) or _is_needed(facts, unit, instr.args[1])
        else:
            continue
        if needed:
            yield Defect(instr, f"{unit.name}() is content with one of the permissions that are needed")
            return


def _needed(facts: Facts, unit: Unit, call: Instr) -> bool:
    """Whether the elements that ``any()`` goes through are tests of what is needed, one by one."""
    made = facts.definitions(unit, *call.args[1:])
    iterated = [step for step in made if step.op == "iterate"]
    tested = any(step.op == "compare" and step.extra[0] == "In" for step in made)
    return tested and len(iterated) == 1 and _is_needed(facts, unit, iterated[0].args[0])


def _is_needed(facts: Facts, unit: Unit, operand: int) -> bool:
    reads = facts.reads(unit, operand)
    named = {word for name in (*reads.params, *reads.names, *reads.attributes) for word in words(name)}
    around: set[str] = set()
    holder: Unit | None = unit
    while holder is not None and holder.kind == "function":
        around |= words(holder.name)
        holder = holder.parent
    if named & {"any", "accepted", "one"} or around & {"any", "accepted", "one"}:
        return False
    return bool((named | around) & _NEEDED) and bool((named | around) & _SEVERAL) and bool(named & (_NEEDED | _SEVERAL))
