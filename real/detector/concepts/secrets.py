"""Which values are secret: by name, by what the program reads from the same place, by where they come from.

Names are weak evidence, but there is no other in the text of a program; see CWE-532 and CWE-209.
"""

from __future__ import annotations

import ast
from typing import TypeAlias

from real.detector.analysis.facts import Facts
from real.detector.analysis.slices import Reads
from real.detector.analysis.values import Constant
from real.detector.analysis.witness import every
from real.detector.concepts.annotations import annotation_words, last_word
from real.detector.frontend.tree_walk import walk
from real.detector.ir.definitions import definition, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.vocabulary import (
    ABOUT_SECRETS,
    HASHED_SECRETS,
    SECRET_ADDRESSES,
    SECRET_KEYS,
    SECRET_TOKENS,
    SECRET_WORDS,
    words,
)

Place: TypeAlias = "tuple[object, tuple[Constant, ...]]"  # what holds it, and the keys and attributes that lead there

# Calls that take such an address.
CONNECTORS = frozenset(calls_of(Role.CONNECTOR))
_MAX_STEPS = 20
_MASKED = frozenset({"SecretStr", "SecretBytes"})  # pydantic, "Secret Types"


def is_secret(name: str) -> bool:
    """Whether a name says that its value is a password, a key or a number by which somebody is let in."""
    parts = words(name)
    if SECRET_KEYS.said_by(parts) or SECRET_TOKENS.said_by(parts):
        return not parts & (ABOUT_SECRETS - {"id", "reset"})
    found = parts & SECRET_WORDS
    if found == {"hash"} and not parts & HASHED_SECRETS:
        return False  # of a commit, a block, a file: it says what something is, and lets nobody in
    return bool(found) and not parts & ABOUT_SECRETS


def is_credential_address(name: str) -> bool:
    """Whether a name says that its value is an address that holds a password."""
    parts = words(name)
    return "dsn" in parts or SECRET_ADDRESSES.said_by(parts)


def secret_name(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """The name of a secret that an instruction reads as it is."""
    found: set[str] = set()
    if step.op in ("param", "attr"):
        found = {str(step.extra)}
    elif step.op in ("cell", "builtin"):
        found = {str(step.extra[1])}
    elif step.op == "sub" or is_lookup(facts, unit, step):
        key = step.args[1] if len(step.args) > 1 else None
        found = {str(key) for key in facts.constants(unit, key) if isinstance(key, str)} if key is not None else set()
    return next((name for name in sorted(found) if is_secret(name)), None)


def is_lookup(facts: Facts, unit: Unit, step: Instr) -> bool:
    """``holder.get(key)``, ``os.getenv(key)``."""
    if len(step.args) < 2 or step.op not in ("method", "call"):
        return False
    if step.op == "method" and step.extra[0] in ("get", "pop", "get_argument", "get_body_argument"):
        return True
    return bool(facts.library_names(unit, step) & calls_of(Role.READS_ENVIRONMENT).keys())


def is_environment(reads: Reads) -> bool:
    """Whether something is read from the environment."""
    holders = calls_of(Role.ENVIRONMENT).keys() | calls_of(Role.READS_ENVIRONMENT).keys() | {"environ"}
    return not holders.isdisjoint(reads.attributes | reads.names | reads.calls)


def place(facts: Facts, unit: Unit, operand: int) -> Place | None:
    """Where a value is kept: ``request.form["name"]`` is ("request", ("form", "name"))."""
    path: list[Constant] = []
    for _ in range(_MAX_STEPS):
        made = definition(unit, operand)
        if made is None:
            return None
        if made.op == "attr":
            path.insert(0, str(made.extra))
        elif made.op == "sub" or (made.op == "method" and is_lookup(facts, unit, made)):
            keys = facts.constants(unit, made.args[1])
            if len(keys) != 1:
                return (unit, made), tuple(path)
            path.insert(0, next(iter(keys)))
        elif made.op == "param":
            return (unit, str(made.extra)), tuple(path)
        elif made.op in ("cell", "builtin"):
            return str(made.extra[1]), tuple(path)
        else:
            return (unit, made), tuple(path)
        operand = made.args[0]
    return None


def secrets_inside(facts: Facts) -> dict[Place, str]:
    """Places that hold something of which the program reads a secret by its key, with the name of that secret."""
    found: dict[Place, str] = {}
    for unit, step in facts.steps():
        if step.op != "sub" and not is_lookup(facts, unit, step):
            continue
        name = secret_name(facts, unit, step)
        where = place(facts, unit, step.args[0]) if name is not None else None
        if where is not None and name is not None and not _is_environ(facts, unit, step.args[0]):
            found.setdefault(where, name)
    return found


def _is_environ(facts: Facts, unit: Unit, operand: int) -> bool:
    return is_environment(facts.reads(unit, operand))


def addresses(facts: Facts) -> dict[Place, str]:
    """Places whose value the program passes to a call that connects to a server with it."""
    found: dict[Place, str] = {}
    for unit, step in facts.steps():
        called = facts.library_names(unit, step) & CONNECTORS
        if called and len(step.args) > 1 and isinstance(step.args[1], int):
            where = place(facts, unit, root(unit, step.args[1]))
            if where is not None:
                found.setdefault(where, min(called))
    return found


def is_masked(facts: Facts, unit: Unit, step: Instr) -> bool:
    """Whether an attribute is a field whose type shows asterisks, of the class that the parameter is declared to be."""
    made = definition(unit, step.args[0]) if step.op == "attr" else None
    if made is None or made.op != "param":
        return False
    declared = annotation_words(unit, frozenset()).get(str(made.extra), set())
    return any(is_masked_field(cls, str(step.extra)) for cls in facts.units if cls.name in declared)


def is_masked_field(owner: Unit, name: str) -> bool:
    """``password: SecretStr``: the object prints as asterisks (pydantic, "Secret Types"); not a type of one's own."""
    return isinstance(owner.node, ast.ClassDef) and any(
        isinstance(part, ast.AnnAssign)
        and isinstance(part.target, ast.Name)
        and part.target.id == name
        and _is_masked_type(part.annotation)
        and not _defines_masked(owner)
        for part in owner.node.body
    )


def _defines_masked(unit: Unit) -> bool:
    """Whether the program has a class of its own by such a name."""
    while unit.parent is not None:
        unit = unit.parent
    nodes = walk(unit.node) if unit.node is not None else []
    return any(isinstance(node, ast.ClassDef) and node.name in _MASKED for node in nodes)


def _is_masked_type(node: ast.expr) -> bool:
    """``SecretStr``, ``pydantic.SecretStr | None``, ``Optional[SecretStr]``."""
    if isinstance(node, ast.BinOp):
        sides = [side for side in (node.left, node.right) if not isinstance(side, ast.Constant)]
        return every(_is_masked_type(side) for side in sides)
    if isinstance(node, ast.Subscript) and last_word(node.value) == "Optional":
        return _is_masked_type(node.slice)
    return last_word(node) in _MASKED


def secret_fields(facts: Facts, owner: Unit) -> set[str]:
    """The fields of a class of the program that are named for secrets."""
    found = {str(step.extra) for step in facts.instructions(owner, "field", "setmember") if step.extra}
    for unit in facts.functions:
        if unit.parent is owner and unit.name == "__init__":
            found |= {str(step.extra) for step in facts.instructions(unit, "setattr")}
    return {name for name in found if is_secret(name) or words(name) >= {"password", "hash"}}
