"""Regular expressions of a program: which method matches which constant patterns against what."""

from __future__ import annotations

from collections.abc import Iterable

from real.detector.analysis.facts import Facts
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import pattern_modules

_MATCHING = frozenset({"fullmatch", "match", "search"})
# The modules whose functions take an expression.
PATTERN_MODULES = pattern_modules()


def pattern_call(facts: Facts, unit: Unit, call: Instr) -> tuple[str, list[str], int] | None:
    """The method, the constant patterns and the tested operand of ``re.search(...)`` or ``compiled.search(...)``."""
    if call.op == "method" and call.extra[0] in _MATCHING:
        receiver = facts.value(unit, call.args[0])
        held = [obj.fields["pattern"].consts or () for obj in receiver.objs if "pattern" in obj.fields]
        if held and len(call.args) == 2:
            return _matched(str(call.extra[0]), [text for consts in held for text in consts], call.args[1])
    paths = facts.library_names(unit, call)
    if len(paths) == 1 and len(call.args) == 3:
        module, _, name = next(iter(paths)).rpartition(".")
        if module in PATTERN_MODULES and name in _MATCHING:
            return _matched(name, facts.constants(unit, call.args[1]), call.args[2])
    return None


def _matched(method: str, patterns: Iterable[object], operand: int) -> tuple[str, list[str], int] | None:
    texts = [pattern for pattern in patterns if isinstance(pattern, str)]
    return (method, texts, operand) if texts else None
