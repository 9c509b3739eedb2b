"""Sizes that a message itself says: lengths in its header, dimensions in its text, members of an archive.

What is read of a length that a peer sent is allocated before the peer has sent any of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.rules._bounds import is_bounded, is_compared, is_measured

# What allocates as much as it is told.
_FRAMES = names("readexactly bytearray recv read_exactly recv_exactly")
_UNPACKERS = frozenset({"struct.unpack", "struct.unpack_from", "int.from_bytes", "builtins.int.from_bytes"})
_LARGE = frozenset("IiLlQqNn")  # formats of numbers of 32 bits and more
WATCHED = _FRAMES | last_names(Role.SIDES, Role.STREAM_INFLATER, Role.ARCHIVE_MEMBER)


def told_sizes(facts: Facts) -> Iterator[Defect]:
    """Allocations whose size the data says, which nothing compares with a limit."""
    for site in facts.calls(*_FRAMES, "builtins.bytearray"):
        for operand in site.instr.args[1:2]:
            if _is_told(facts, site.unit, operand) and not is_compared(facts, site.unit, site.instr, operand):
                yield Defect(site.instr, "the length in a message decides how much is allocated")
    for site in facts.calls(*calls_of(Role.SIDES)):
        for operand in _parts(site.unit, site.instr):
            if _is_parsed(facts, site.unit, operand) and not is_compared(facts, site.unit, site.instr, operand):
                yield Defect(site.instr, "a text from outside decides how much is allocated")
                break
    for site, row in facts.tabled(calls_of(Role.STREAM_INFLATER)):
        data, limit = (site.argument(argument.position, argument.name) for argument in row.arguments)
        if data is None or limit is not None or not facts.is_untrusted(data):
            continue
        if not is_measured(facts, site.unit, site.instr):
            yield Defect(site.instr, "a small message may unpack to any size", facts.trace(data))
    for site in facts.calls(*calls_of(Role.ARCHIVE_MEMBER)):
        if site.argument(0, "size") is None and not is_measured(facts, site.unit, site.instr):
            yield Defect(site.instr, "a small archive may unpack to any size")


def _is_told(facts: Facts, unit: Unit, operand: int) -> bool:
    """A number of 32 bits or more that is unpacked from bytes from outside, without an upper limit."""
    if not facts.is_untrusted(facts.value(unit, operand)) or is_bounded(facts, unit, operand):
        return False
    for made in facts.definitions(unit, operand):
        if made.op not in ("call", "method"):
            continue
        called = facts.library_names(unit, made)
        if "struct.unpack" in called or "struct.unpack_from" in called:
            formats = facts.constants(unit, made.args[1])
            return any(isinstance(text, str) and set(text) & _LARGE for text in formats)
        if called & _UNPACKERS or (made.op == "method" and made.extra[0] == "from_bytes"):
            return True
    return False


def _parts(unit: Unit, instr: Instr) -> list[int]:
    """The arguments of a call, and what tuples among them are built of."""
    found: list[int] = []
    for arg in instr.args[1:]:
        made = definition(unit, arg)
        if made is not None and made.op == "build":
            found += made.args
        else:
            found.append(arg)
    return found


def _is_parsed(facts: Facts, unit: Unit, operand: int) -> bool:
    """A number that is made of a text from outside: ``int(found[1])``."""
    value = facts.value(unit, operand)
    if not facts.is_untrusted(value) or value.objs or is_bounded(facts, unit, operand):
        return False
    return any(
        made.op == "call" and "builtins.int" in facts.library_names(unit, made)
        for made in facts.definitions(unit, operand)
    )
