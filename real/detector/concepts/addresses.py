"""Tests of the addresses that a host name resolves to, wherever a program makes them.

In a loop over all of them, in the resolver that a client asks, in the adapter or transport that it sends by.
"""

from __future__ import annotations

from collections.abc import Callable

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.slices import Reads
from real.detector.analysis.witness import every
from real.detector.concepts.loops import bodies_of
from real.detector.concepts.url_hosts import Place
from real.detector.ir.call_shapes import named_operands
from real.detector.ir.definitions import ends_in_exception, reachable, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names
from real.detector.models.kinds import Role

# Attributes of ipaddress objects -> the outcome that keeps to public addresses.
_PUBLIC = {"is_global": True, "is_private": False}
_RESOLVERS = last_names(Role.RESOLVER)
# What a client is made with, or told to use, that decides where it connects to.
_PARTS = {
    name for row in calls_of(Role.CONNECTOR_PART).values() for argument in row.arguments for name in argument.names
}


def is_address_test(atom: Atom, reads: Reads) -> bool:
    """The address of the host is a public one: by ``ipaddress``, or by none of the networks to be refused."""
    if atom.op == "truth":
        return atom.sense is not None and _PUBLIC.get(str(atom.instr.extra)) is atom.sense
    return atom.op == "NotIn" and _resolves(reads)


def _resolves(reads: Reads) -> bool:
    return bool(reads.called & _RESOLVERS)


def every_address_is_tested(facts: Facts, place: Place) -> bool:
    """``for info in getaddrinfo(host, port): if not ip_address(info[4][0]).is_global: raise``, before the request."""
    ends = [at for at in place.at if isinstance(at, Instr)]
    if any(is_tested_in_loop(facts, place.unit, at, [place.operand], is_address_test) for at in ends):
        return True
    return bool(place.inner) and every(every_address_is_tested(facts, inner) for inner in place.inner)


def is_tested_in_loop(
    facts: Facts, unit: Unit, at: Instr, operands: list[int], by: Callable[[Atom, Reads], bool]
) -> bool:
    """Whether a loop before ``at`` makes a test of the operands, or of what is read from them, in every round."""
    wanted = facts.origins(unit, operands)
    for atom in facts.controlling_tests(unit, at):
        if atom.necessary:
            continue
        reads = facts.atom_reads(atom)
        if not by(atom, reads):
            continue
        if any(origin.covers(tested) or tested.covers(origin) for tested in reads.origins for origin in wanted):
            ends = [[at]] if atom.unit is unit else _ends(atom.unit)
            if any(_in_each_round(facts, atom, end) for end in ends):
                return True
    return False


def _ends(unit: Unit) -> list[list[Instr]]:
    """The returns of a helper by which a caller goes on: those other than ``False``, or those other than ``True``."""
    found = [instr for block in unit.blocks for instr in block.instrs if instr.op == "return"]
    return [[instr for instr in found if not _is_constant(unit, instr, refused)] for refused in (False, True)]


def _is_constant(unit: Unit, instr: Instr, constant: bool) -> bool:
    made = unit.defs[root(unit, instr.args[0])]
    return made is not None and made.op == "const" and made.extra is constant


def _in_each_round(facts: Facts, atom: Atom, ends: list[Instr]) -> bool:
    """Whether the loops around a test make it in every round, and ``ends`` are reached behind them only."""
    unit = atom.unit
    home = {instr: block for block in unit.blocks for instr in block.instrs}
    order = {block: index for index, block in enumerate(unit.blocks)}
    tested = home.get(atom.instr)
    loops = [step for step in facts.definitions(unit, *atom.operands) if step.op == "iterate" and step in home]
    loops = [step for step in loops if tested is not None and home[step] in reachable([tested])]
    if tested is None or not loops or not ends:
        return False
    outermost = loops[0]
    for iterate in sorted(loops, key=lambda step: -order[home[step]]):  # the innermost first
        head = home[iterate]
        bodies = bodies_of(head, iterate)
        if not bodies or reachable(bodies, head) & {home[end] for end in ends} or head in reachable(bodies, tested):
            return False
        outermost, tested = iterate, head
    return every(outermost in facts.before(unit, end) for end in ends)


def is_restricted_client(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """Whether the client that sends a request asks a class of the program that refuses addresses.

    ``ClientSession(connector=TCPConnector(resolver=Public()))``, ``session.mount("https://", PublicAdapter())``.
    """
    if instr.op != "method":
        return False
    receiver = root(unit, instr.args[0])
    made = facts.definitions(unit, receiver)
    mounted = [
        arg
        for step in facts.instructions(unit, "method")
        if step.extra[0] == "mount" and root(unit, step.args[0]) == receiver
        for arg in step.args[2:]
    ]
    given = [operand for step in made for name, operand in named_operands(step) if name in _PARTS]
    classes = {
        obj.unit
        for operand in (*given, *mounted)
        for obj in facts.value(unit, operand).objs
        if obj.unit is not None and obj.kind != "function"
    }
    return any(_refuses(facts, other) for other in facts.functions if other.parent in classes)


def _refuses(facts: Facts, unit: Unit) -> bool:
    """Whether a method fails where an address is none of the public ones."""
    if not any(ends_in_exception(block) for block in unit.blocks):
        return False
    returns = list(facts.instructions(unit, "return"))
    return bool(returns) and every(
        any(is_address_test(atom, facts.atom_reads(atom)) for atom in facts.controlling_tests(unit, instr))
        for instr in returns
    )
