"""Tests of every element: is the loop always run to its end, and is what it tested all that reaches the sink?"""

from __future__ import annotations

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.analysis.witness import every
from real.detector.ir.call_shapes import passed_operands
from real.detector.ir.instructions import Block, Instr, Unit
from real.detector.models.library import HARMLESS_METHODS
from real.detector.rules._definitions import COPIES, reachable

_ENTRIES = frozenset({"param", "cell", "builtin", "import", "caught"})
# Calls that give all of what they are given: as a tree, as nodes, as words, as characters.
_WHOLE_CALLS = frozenset(
    {"ast.parse", "ast.walk", "shlex.split", "builtins.list", "builtins.set", "builtins.str", "builtins.tuple"}
)
_WHOLE_METHODS = HARMLESS_METHODS | {"split"}
_MAX_CHAIN = 8


def root_of(unit: Unit, operand: int) -> Instr | None:
    """The instruction that made an operand, seen through copies."""
    instr = unit.defs[operand] if operand < len(unit.defs) else None
    for _ in range(len(unit.defs)):
        if instr is None or instr.op not in COPIES:
            return instr
        instr = unit.defs[instr.args[1] if instr.op == "pathload" else instr.args[0]]
    return instr


def is_element_tested(facts: Facts, flow: Flow, atom: Atom, element: Instr | None) -> bool:
    """Whether a test of ``element`` is made for every element of the data before the sink can be reached.

    The data of the sink must come through what the loop goes over: its characters, words or nodes, all of them.
    """
    if element is None or element.op != "iterate" or not _is_tested_each_time(facts, flow, atom, element):
        return False
    tested = _tested_values(facts, flow, atom, element.args[0])
    return bool(tested) and every(comes_through(facts, flow.unit, operand, tested) for operand in flow.operands)


def _is_tested_each_time(facts: Facts, flow: Flow, atom: Atom, iterate: Instr) -> bool:
    """Whether a test inside a loop, or inside ``all``, is made in every round, and the sink lies behind the loop."""
    unit = atom.unit
    ends = [flow.instr]
    if unit is not flow.unit:
        ends = [instr for instr in facts.instructions(unit) if instr.op == "return"]
    home = {instr: block for block in unit.blocks for instr in block.instrs}
    head, tested = home[iterate], home[atom.instr]
    bodies = bodies_of(head, iterate)
    if not bodies or reachable(bodies, head) & {home[end] for end in ends}:
        return False
    if atom.necessary:  # the outcome of all(...) or any(...) is what is tested
        return True
    return head not in reachable(bodies, tested) and every(iterate in facts.before(unit, end) for end in ends)


def bodies_of(head: Block, iterate: Instr) -> list[Block]:
    """Where a round of a loop begins."""
    return [block for block in head.succs if any(iterate.dst in instr.args for instr in block.instrs)]


def _tested_values(facts: Facts, flow: Flow, atom: Atom, operand: int) -> set[Instr]:
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
        inside = [arg for arg in instr.args if isinstance(arg, int)]
        if instr.op in _ENTRIES or not any(facts.is_untrusted(facts.value(unit, arg)) for arg in inside):
            return False
        work += inside
    return True
