"""Tests of every element: is the loop always run to its end, and is what it tested all that reaches the sink?"""

from __future__ import annotations

from dataclasses import dataclass

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.analysis.witness import every
from real.detector.ir.call_shapes import passed_operands
from real.detector.ir.definitions import reachable
from real.detector.ir.instructions import COPIES, Block, Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import HARMLESS_METHODS

_ENTRIES = frozenset({"param", "cell", "builtin", "import", "caught"})
# Calls that give all of what they are given: as a tree, as nodes, as words, as characters.
_WHOLE_CALLS = calls_of(Role.KEEPS_PARTS).keys()
_WHOLE_METHODS = HARMLESS_METHODS | {"split"}
_MAX_CHAIN = 8


@dataclass(frozen=True, slots=True)
class Use:
    """Where some values of a function are used, whatever rule asks: the part of a flow that tests are asked about."""

    unit: Unit
    instr: Instr
    operands: tuple[int, ...]


def root_of(unit: Unit, operand: int) -> Instr | None:
    """The instruction that made an operand, seen through copies."""
    instr = unit.defs[operand] if operand < len(unit.defs) else None
    for _ in range(len(unit.defs)):
        if instr is None or instr.op not in COPIES:
            return instr
        instr = unit.defs[instr.args[1] if instr.op == "pathload" else instr.args[0]]
    return instr


def is_element_tested(facts: Facts, flow: Flow | Use, atom: Atom, element: Instr | None) -> bool:
    """Whether a test of ``element`` is made for every element of the data before the sink can be reached.

    The data of the sink must come through what the loop goes over: its characters, words or nodes, all of them.
    """
    if (
        element is None
        or element.op != "iterate"
        or not is_tested_in_each_round(facts, flow.unit, flow.instr, atom, element)
    ):
        return False
    tested = _tested_values(facts, flow, atom, element.args[0])
    return bool(tested) and every(comes_through(facts, flow.unit, operand, tested) for operand in flow.operands)


def is_tested_in_each_round(facts: Facts, unit: Unit, goal: Instr, atom: Atom, iterate: Instr) -> bool:
    """Whether a test inside a loop, or inside ``all``, is made in every round, and ``goal`` lies behind the loop."""
    ends = [goal]
    if atom.unit is not unit:
        ends = list(facts.instructions(atom.unit, "return"))
    unit = atom.unit
    home = {instr: block for block in unit.blocks for instr in block.instrs}
    head, tested = home[iterate], home[atom.instr]
    bodies = bodies_of(head, iterate)
    behind = {home[end] for end in ends}
    if bodies:
        is_behind = not reachable(bodies, head) & behind
        is_each_time = head not in reachable(bodies, tested)
    else:
        latches = _latches(head, iterate)
        is_behind = bool(latches) and not _before_any(head, latches) & behind
        is_each_time = tested is head or not latches & reachable([head], tested)
    if not is_behind or atom.necessary:  # the outcome of all(...) or any(...) is what is tested
        return is_behind
    rounds = reachable(bodies or head.succs, head) | {head}
    collected = [instr.args[-1] for instr in facts.instructions(unit, "add") if home[instr] in rounds]
    if atom.instr in facts.definitions(unit, *collected):
        return False  # of any(...) that holds, one element was tested
    return is_each_time and every(iterate in facts.before(unit, end) for end in ends)


def _latches(head: Block, iterate: Instr) -> set[Block]:
    """The ends of the rounds of a loop that has one for certain, so that its test for more comes last; none of another.

    Where a condition of the program decides instead, the loop may end before all elements were seen.
    """
    if not any(iterate.dst in instr.args for instr in head.instrs):
        return set()
    found = {block for block in head.preds if block in reachable([head])}
    return set() if any(block.instrs and block.instrs[-1].op == "branch" for block in found) else found


def _before_any(start: Block, ends: set[Block]) -> set[Block]:
    """The blocks that can be come to from a block without passing one of ``ends``."""
    found: set[Block] = set()
    work = [start]
    while work:
        block = work.pop()
        if block not in found and block not in ends:
            found.add(block)
            work += block.succs
    return found


def skips_elements(facts: Facts, unit: Unit, iterate: Instr) -> bool:
    """``any(c in BAD for c in text if c.isalpha())``: what a condition leaves out is not tested."""
    home = {instr: block for block in unit.blocks for instr in block.instrs}
    head = home[iterate]
    bodies = bodies_of(head, iterate) or head.succs
    rounds = reachable(bodies, head) | {head}
    added = [instr for instr in facts.instructions(unit, "add") if home[instr] in rounds]
    return any(home[instr] is not head and head in reachable(bodies, home[instr]) for instr in added)


def bodies_of(head: Block, iterate: Instr) -> list[Block]:
    """Where a round of a loop begins."""
    return [block for block in head.succs if any(iterate.dst in instr.args for instr in block.instrs)]


def _tested_values(facts: Facts, flow: Flow | Use, atom: Atom, operand: int) -> set[Instr]:
    """What has been tested as a whole once all elements have: the list of words, and the text that it was split from.

    As instructions of the sink's function; a parameter of a helper is what that function passes for it.
    """
    unit = atom.unit
    found: set[Instr] = set()
    for _ in range(_MAX_CHAIN):
        made = root_of(unit, operand)
        if made is None:
            break
        if made.op == "param" and unit is not flow.unit:
            if atom.via is None or atom.caller is not flow.unit or unit not in facts.called(atom.via):
                break
            passed = passed_operands(atom.via, unit, atom.bound).get(str(made.extra), [])
            if len(passed) != 1:
                break
            unit, operand = flow.unit, passed[0]
            continue
        if unit is flow.unit:
            found.add(made)
        if made.op == "method" and made.extra[0] in _WHOLE_METHODS and len(made.args) == 1:
            operand = made.args[0]
        elif made.op in ("call", "method") and facts.library_names(unit, made) & _WHOLE_CALLS:
            operand = made.args[1]
        else:
            break
    return found


def comes_through(facts: Facts, unit: Unit, operand: int, tested: set[Instr]) -> bool:
    """Whether all that is untrusted in an operand was computed from a tested value."""
    seen: set[int] = set()
    work = [operand]
    while work:
        current = work.pop()
        instr = root_of(unit, current)
        if instr is None or instr in tested or instr.dst in seen or not facts.is_untrusted(facts.value(unit, current)):
            continue
        seen.add(instr.dst)
        inside = instr.args
        if instr.op in _ENTRIES or not any(facts.is_untrusted(facts.value(unit, arg)) for arg in inside):
            return False
        work += inside
    return True
