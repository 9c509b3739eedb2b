"""Look-ups of records, and what names the record that is looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from real.detector.analysis.called_names import named_words
from real.detector.analysis.facts import Facts
from real.detector.concepts.principals import Principal
from real.detector.concepts.request_parts import is_request_part
from real.detector.ir.call_shapes import shape_of
from real.detector.ir.definitions import definition, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.vocabulary import FINDING_WORDS, ROW_READERS


def unpacked(facts: Facts, unit: Unit, operands: list[int]) -> list[int]:
    """The operands, and those that a tuple, list or dict among them is built of."""
    found = []
    for operand in operands:
        made = definition(unit, operand)
        if made is not None and made.op in ("build", "compare"):  # filter(Model.id == key)
            found += made.args
            if made.op == "build":  # {"id": key}, [int(key) for key in keys]
                stores = facts.instructions(unit, "setsub" if made.extra[0] == "dict" else "add")
                found += [step.args[-1] for step in stores if definition(unit, step.args[0]) is made]
        else:
            found.append(operand)
    return found


def first_word(name: str) -> str:
    return name.lstrip("_").partition("_")[0].lower()


def looks_up(called: Iterable[str]) -> bool:
    """Whether a call of one of these names looks something up: by a method of a database, or by its first word."""
    return any(name in ROW_READERS or first_word(name) in FINDING_WORDS for name in called)


def looked_up_by(facts: Facts, who: Principal, operand: int) -> list[int]:
    """What names the record, where an operand is the result of a look-up."""
    unit = who.unit
    found: list[int] = []
    for step in _receivers(facts, unit, operand):
        called = named_words(facts, unit, step)
        if is_request_part(facts, unit, step):
            continue
        if step.op == "sub" or looks_up(called):
            found += step.args[1:]
    return unpacked(facts, unit, found)


def _receivers(facts: Facts, unit: Unit, operand: int) -> Iterator[Instr]:
    """The calls, methods and subscripts that make an operand, along receivers and copies, not along arguments."""
    seen: set[int] = set()
    work = [operand]
    while work:
        current = root(unit, work.pop())
        made = unit.defs[current]
        if made is None or current in seen:
            continue
        seen.add(current)
        if made.op in ("call", "method", "sub"):
            yield made
            if made.op != "call":
                work.append(made.args[0])
            elif shape_of(made) is not None:
                work += made.args[1:]
        elif made.op == "phi":
            work += made.args
        elif made.op in ("attr", "await", "iterate", "unpack", "enter", "pathload"):
            work.append(made.args[0])
