"""Where frameworks test a value before a function is given it: in dependencies, and in validators of models.

FastAPI calls ``Depends(function)`` and hands on what it returns; pydantic, marshmallow, Django's forms and the
serializers of Django REST framework call the validator of a field before anybody can read the field.
"""

from __future__ import annotations

import ast

from real.detector.analysis.facts import Facts
from real.detector.concepts.annotations import annotation_words, last_word
from real.detector.ir.definitions import reading
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import last_names
from real.detector.models.kinds import Role
from real.detector.models.library import names

_INJECTORS = last_names(Role.INJECTION)
_DECORATORS = names("field_validator validator validates model_validator root_validator")
_WHOLE = names("model_validator root_validator")
_PREFIXES = ("validate_", "clean_")


def dependencies(facts: Facts, unit: Unit, name: str) -> list[Unit]:
    """The functions of the program whose result a framework passes for a parameter."""
    node = unit.node
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return []
    positional = [*node.args.posonlyargs, *node.args.args]
    defaults = dict(zip([arg.arg for arg in positional][::-1], node.args.defaults[::-1], strict=False))
    defaults |= {
        arg.arg: default
        for arg, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    }
    annotated = [arg.annotation for arg in (*positional, *node.args.kwonlyargs) if arg.arg == name and arg.annotation]
    wanted = {
        last_word(call.args[0])
        for holder in (*annotated, *((defaults[name],) if name in defaults else ()))
        for call in ast.walk(holder)
        if isinstance(call, ast.Call) and last_word(call.func) in _INJECTORS and call.args
    }
    return [other for other in facts.functions if other.name in wanted and not other.is_method] if wanted else []


def validators(facts: Facts, unit: Unit, operand: int) -> list[Unit]:
    """The methods of a model of the program that have tested the field that an operand is read from."""
    made = unit.defs[reading(unit, operand)]
    if made is None or made.op not in ("attr", "sub", "method"):
        return []
    field = _field(facts, unit, made)
    if not field:
        return []
    classes = {other for other in facts.units if other.kind == "class"}
    methods = [other for other in facts.functions if other.parent in classes and _tests(facts, other, field)]
    if not methods:
        return []
    reads = facts.reads(unit, operand)
    annotated = annotation_words(unit, frozenset())
    holders = reads.names.union(*(annotated.get(name, ()) for name in reads.params))
    return [method for method in methods if method.parent is not None and method.parent.name in holders]


def _field(facts: Facts, unit: Unit, made: Instr) -> str:
    if made.op == "attr":
        return str(made.extra)
    if made.op == "method" and made.extra[0] != "get":
        return ""
    keys = [key for key in facts.constants(unit, made.args[1]) if isinstance(key, str)] if len(made.args) > 1 else []
    return keys[0] if len(keys) == 1 else ""


def _tests(facts: Facts, method: Unit, field: str) -> bool:
    if method.name in {prefix + field for prefix in _PREFIXES}:
        return True
    declared = facts.declarations(method)
    used = declared.last_words & _DECORATORS
    return bool(used) and (field in declared.constants or bool(used & _WHOLE))
