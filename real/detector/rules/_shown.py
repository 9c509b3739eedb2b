"""What a response is made of: values and what helpers make of them, not single fields of them (CWE-200)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.called_names import library_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.values import Constant
from real.detector.concepts.calls import passed_to
from real.detector.concepts.secrets import is_secret
from real.detector.ir.call_shapes import named_operands
from real.detector.ir.instructions import STORES, Instr, Unit
from real.detector.models.catalogue import known_modules
from real.detector.models.library import names

# Functions and methods that give back what they are given in another form.
_CONVERSIONS = names(
    """str repr ascii format dict list tuple set sorted dumps jsonable_encoder jsonify json_response make_response
    escape reversed zip bytes Response JsonResponse JSONResponse HttpResponse Markup render_template_string asdict
    astuple format_exception_only from_iterable islice text json html"""
)
_TEXT_METHODS = names(
    """splitlines encode decode strip format join replace split upper lower with_traceback __str__ __repr__ dict
    model_dump model_dump_json to_dict json copy items values fetchall fetchone fetchmany all first one mappings
    tolist"""
)
# Attributes of exceptions that say what went wrong: of all, OSError, CalledProcessError, SQLAlchemy's and psycopg2's.
_DETAILS = names(
    "args strerror filename stderr stdout output orig pgerror __cause__ __context__ statement params reason"
)
# Attributes that hold every field of an object: of all, and of a model of peewee.
EVERY_FIELD = names("__dict__ __data__")
_MAX_HELPERS = 2


def shown_parts(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> list[Instr]:
    """The instructions that make a value or a part of it, not what these take a single field from."""
    found: list[Instr] = []
    seen: set[int] = set()
    work = [operand]
    while work:
        current = work.pop()
        made = unit.defs[current]
        if made is None or current in seen:
            continue
        seen.add(current)
        found.append(made)
        if made.op in ("assign", "copy", "pi", "await", "iterate") or (
            made.op == "unpack" and not leaves_out(facts, unit)
        ):
            work += made.args[:1]
        elif made.op == "pathload":
            work += made.args[1:]
        elif made.op in ("phi", "build", "fstring", "binop", "inplace"):
            work += made.args
            stores = (step for step in facts.instructions(unit) if step.op in STORES and step.args[0] == current)
            work += [step.args[-1] for step in stores]
        elif (made.op == "attr" and made.extra in _DETAILS) or _is_same_text(facts, unit, made):
            work += made.args
        elif made.op == "slice" or (made.op == "sub" and not EVERY_FIELD.isdisjoint(_key(facts, unit, made))):
            work += made.args[:1]
        elif made.op in ("call", "method") and depth < _MAX_HELPERS and facts.called(made):
            work += _passed_through(facts, unit, made, depth)
        elif made.op in ("call", "method") and (_converts(facts, unit, made) or _makes_record(facts, unit, made)):
            work += made.args[1:]
    return found


def _key(facts: Facts, unit: Unit, made: Instr) -> frozenset[Constant]:
    return facts.constants(unit, made.args[1])


def _is_same_text(facts: Facts, unit: Unit, made: Instr) -> bool:
    return made.op == "method" and made.extra[0] in _TEXT_METHODS and not chooses(facts, unit, made)


def _converts(facts: Facts, unit: Unit, made: Instr) -> bool:
    return bool(library_words(facts, unit, made) & _CONVERSIONS)


def _makes_record(facts: Facts, unit: Unit, made: Instr) -> bool:
    """``Failure(reason=text)``: a class of the program whose fields are what it is given, or one of another file."""
    if made.op != "call":
        return False
    if any(obj.kind == "class" for obj in facts.value(unit, made.args[0]).objs):
        return True
    return any(
        name.rpartition(".")[2][:1].isupper() and name.partition(".")[0] not in known_modules()
        for name in facts.library_names(unit, made)
    )


def _passed_through(facts: Facts, unit: Unit, call: Instr, depth: int) -> Iterator[int]:
    """The arguments of a helper that are in what it returns, as they are."""
    for callee in facts.called(call):
        passed = passed_to(facts, unit, call, callee)
        for step in facts.instructions(callee, "return"):
            inside = shown_parts(facts, callee, step.args[0], depth + 1)
            names_shown = [str(inner.extra) for inner in inside if inner.op == "param"]
            yield from (operand for name in names_shown for operand in passed.get(name, ()))


def leaves_out(facts: Facts, unit: Unit) -> bool:
    """Whether a test decides which columns are shown."""
    return any(step.op == "compare" for step in facts.instructions(unit))


def chooses(facts: Facts, unit: Unit, step: Instr) -> bool:
    """``model_dump(exclude={"password"})``, ``model_dump(include={"name"})``."""
    for name, operand in named_operands(step):
        chosen = facts.elements(facts.value(unit, operand)) if name in ("include", "exclude") else frozenset()
        if chosen and any(is_secret(str(field)) for field in chosen) is (name == "exclude"):
            return True
    return False
