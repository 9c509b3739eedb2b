"""Where a value is made: through the copies, tests and joins that SSA construction puts in between."""

from __future__ import annotations

from collections.abc import Iterable

from real.detector.ir.instructions import COPIES, RENAMES, Block, Instr, Unit

_MAX_PHIS = 3  # nested joins to look through


def root(unit: Unit, operand: int, depth: int = 0) -> int:
    """The operand that this one is a copy of, on every path."""
    for _ in range(len(unit.defs)):
        made = unit.defs[operand]
        if made is None:
            break
        if made.op in COPIES:
            operand = made.args[1] if made.op == "pathload" else made.args[0]
        elif made.op == "phi" and depth < _MAX_PHIS:
            roots = {root(unit, arg, depth + 1) for arg in made.args} - {operand}
            if len(roots) != 1:
                break
            operand = roots.pop()
        else:
            break
    return operand


def definition(unit: Unit, operand: int) -> Instr | None:
    """The instruction that makes what an operand is a copy of."""
    return unit.defs[root(unit, operand)]


def renamed(unit: Unit, operand: int) -> Instr | None:
    """The instruction that makes what an operand is only another name of."""
    made = unit.defs[operand]
    while made is not None and made.op in RENAMES:
        made = unit.defs[made.args[0]]
    return made


def untested(unit: Unit, operand: int) -> Instr | None:
    """The definition before what tests tell of it: of an attribute or part that was tested, the reading itself."""
    made = unit.defs[operand]
    while made is not None and made.op in COPIES:
        made = unit.defs[made.args[0]]
    return made


def reading(unit: Unit, operand: int) -> int:
    """The root of an operand; of a tested attribute or part, which has none of its own, the reading itself."""
    found = root(unit, operand)
    made = unit.defs[found]
    read = untested(unit, operand) if made is not None and made.op == "unproven" else None
    return found if read is None else read.dst


def name_of(made: Instr | None) -> str:
    """What a parameter, a variable, an attribute or an import is called that an instruction reads; empty for others."""
    if made is not None and made.op in ("cell", "builtin"):
        return str(made.extra[1])
    return str(made.extra).rpartition(".")[2] if made is not None and made.op in ("param", "attr", "import") else ""


def returns_constant(unit: Unit, instr: Instr) -> bool:
    """Whether a return says one thing, ``None`` included, whatever happened before."""
    made = definition(unit, instr.args[0])
    return made is not None and made.op == "const"


def is_loaded(units: Iterable[Unit], store: Instr) -> bool:
    """Whether a variable of the module that is stored is read by some function."""
    return any(
        step.op == "cell" and step.extra == store.extra
        for unit in units
        for block in unit.blocks
        for step in block.instrs
    )


def reachable(start: Iterable[Block], avoiding: Block | None = None) -> set[Block]:
    """The blocks that can be come to from some blocks, these among them, without passing one."""
    found = {block for block in start if block is not avoiding}
    work = list(found)
    while work:
        following = [block for block in work.pop().succs if block not in found and block is not avoiding]
        found.update(following)
        work += following
    return found


def ends_in_exception(block: Block) -> bool:
    """Whether a block is the end of a path that does not return, or leads nowhere else."""
    seen: set[Block] = set()
    while len(block.succs) == 1 and block not in seen:
        seen.add(block)
        block = block.succs[0]
    return not block.succs and (not block.instrs or block.instrs[-1].op != "return")
