"""Conditions of document databases where values are meant, and code that they run (CWE-74)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from real.detector.analysis.declared_types import parameter
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.values import STR, Value
from real.detector.concepts.plain_text import is_json, is_text_test
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import known_modules, last_names, modules_of
from real.detector.models.kinds import Role

_MONGO_CODE = frozenset({"$where", "$function", "$accumulator"})
MONGO_READERS = (
    *("find_one", "find", "find_one_and_update", "find_one_and_delete", "find_one_and_replace", "count_documents"),
    *("delete_one", "delete_many", "update_one", "update_many", "replace_one", "aggregate"),
)
# What has methods of the same names, and is no collection of documents.
_NO_COLLECTIONS = known_modules() - modules_of(Role.DOCUMENTS)
_ANY_DICT = re.compile(r"(?:typing\.)?(?:[Dd]ict|Any|Mapping|object)\b")
_QUERY_OF_GRAPHQL = re.compile(r"\{[^{}]*\w\s*\(\s*\w+\s*:\s*\\?\"?(?:$|%s|\{)")


def _query_texts(facts: Facts) -> Iterator[Defect]:
    """``{"$where": "this.price < " + price}``, ``{"query": '{ user(login: "%s") { id } }' % login}``."""
    for unit, step in facts.steps():
        keys = facts.constants(unit, step.args[1]) if step.op == "setsub" else frozenset()
        if not keys or not facts.is_untrusted(value := facts.value(unit, step.args[2])):
            continue
        if keys & _MONGO_CODE:
            yield Defect(step, "untrusted data is part of the code of a query", facts.trace(value))
        elif keys == {"query"} and any(map(_QUERY_OF_GRAPHQL.search, facts.pieces(unit, step.args[2]).literals)):
            yield Defect(step, "untrusted data is part of a query of GraphQL", facts.trace(value))


def documents(facts: Facts) -> Iterator[Defect]:
    """Conditions of MongoDB where values are meant, and code that it runs as JavaScript."""
    yield from _query_texts(facts)
    for site in facts.calls(*MONGO_READERS):
        query = site.argument(0, "filter" if site.name != "aggregate" else "pipeline")
        if query is None or site.receiver is None or site.path.partition(".")[0] in _NO_COLLECTIONS:
            continue
        operands = site.operands((0,), ("filter",))
        if facts.is_guarded(site.unit, site.instr, operands, lambda atom, _: is_text_test(facts, atom)):
            continue
        from_json = any(_is_json(facts, site.unit, step) for step in facts.definitions(site.unit, *operands))
        if (
            not any(obj.kind == "dict" for obj in query.objs)
            and from_json
            and facts.is_untrusted(query)
            and query.kind != STR
        ):
            yield Defect(site.instr, "the client writes the whole filter", facts.trace(query))
            return
        for obj in query.objs:
            for key, value in obj.fields.items():
                if (
                    obj.kind != "dict"
                    or not isinstance(key, str)
                    or not facts.is_untrusted(value)
                    or value.kind == STR
                    or _is_nested(value)
                ):
                    continue
                if from_json:
                    yield Defect(site.instr, f"`{key}` may be a condition such as {{'$ne': ''}}", facts.trace(value))
                    return


def _is_nested(value: Value) -> bool:
    """``{"$eq": name}``: an operator of the program's own, and nothing that comes from outside as it is."""
    return value.mask == 0 and any(obj.kind == "dict" for obj in value.objs)


def _is_json(facts: Facts, unit: Unit, step: Instr) -> bool:
    """Whether an instruction gives what JSON holds, or what a parameter says it may: objects where a text is meant."""
    if step.op == "param":
        name = str(step.extra)
        default = facts.defaults(unit).get(name)
        if default is not None and default.last_words & last_names(Role.INJECTION):
            return False  # what a dependency has made of the request
        annotation, _ = parameter(unit, name)
        return annotation is not None and bool(_ANY_DICT.match(ast.unparse(annotation)))
    return is_json(facts, unit, step)
