"""How much a request asks for: the arguments that decide how much is allocated, repeated or waited for."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.ir.instructions import Instr, Unit
from real.detector.rules._definitions import definition
from real.detector.rules._unbounded import is_bounded, is_requested

# Call -> position and keyword of the argument that decides how much is allocated or done.
SIZES: dict[str, tuple[int, str]] = {
    "builtins.range": (0, "stop"),
    "builtins.bytes": (0, "source"),
    "builtins.bytearray": (0, "source"),
    "os.urandom": (0, "size"),
    "secrets.token_bytes": (0, "nbytes"),
    "secrets.token_hex": (0, "nbytes"),
    "itertools.repeat": (1, "times"),
    "numpy.zeros": (0, "shape"),
    "numpy.ones": (0, "shape"),
    "numpy.empty": (0, "shape"),
    "numpy.arange": (0, "stop"),
    "random.choices": (1, "k"),
    "time.sleep": (0, "secs"),
    "concurrent.futures.ThreadPoolExecutor": (0, "max_workers"),
    "concurrent.futures.ProcessPoolExecutor": (0, "max_workers"),
    "numpy.full": (0, "shape"),
    "numpy.random.rand": (0, "d0"),
    "math.factorial": (0, "n"),
    "hashlib.pbkdf2_hmac": (3, "iterations"),
    "PIL.Image.new": (1, "size"),
    "resize": (0, "size"),  # Pillow
    "ljust": (0, "width"),
    "rjust": (0, "width"),
    "zfill": (0, "width"),
    "fetchmany": (0, "size"),
    "to_list": (0, "length"),  # Motor
    "django.core.paginator.Paginator": (1, "per_page"),
    "limit": (0, "limit"),  # SQLAlchemy, peewee, pymongo: how many rows
}
_SEQUENCES = frozenset({"list", "tuple"})
_MAX_DIMENSIONS = 4


def sized(facts: Facts, site: CallSite, position: int, keyword: str) -> Iterator[Defect]:
    operands = site.operands((position,), (keyword,))
    if site.name == "range":
        operands = [operand for operand in site.instr.args[1:] if isinstance(operand, int)]
    for operand in operands:
        yield from size(facts, site.unit, site.instr, operand, f"{site.name}()")


def repeated(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """``"x" * n`` and ``[0] * n``."""
    for step in facts.instructions(unit):
        if step.op != "binop" or step.extra != "Mult":
            continue
        for many, count in (step.args, reversed(step.args)):
            value = facts.value(unit, many)
            is_sequence = any(obj.kind in _SEQUENCES for obj in value.objs) or any(
                isinstance(const, (str, bytes)) for const in value.consts or ()
            )
            if is_sequence:
                yield from size(facts, unit, step, count, "the repetition")


def size(facts: Facts, unit: Unit, instr: Instr, operand: int, label: str) -> Iterator[Defect]:
    value = facts.value(unit, operand)
    made = definition(unit, operand)
    if made is not None and made.op == "build" and made.extra[0] == "tuple" and made.args:
        for inner in made.args[:_MAX_DIMENSIONS]:
            found = list(size(facts, unit, instr, inner, label))
            yield from found[:1]
            if found:
                return
        return
    if not facts.is_untrusted(value) or value.objs or not is_requested(facts, unit, value):
        return
    if not is_bounded(facts, unit, operand):
        yield Defect(instr, f"a request decides how large {label} becomes", facts.trace(value))
