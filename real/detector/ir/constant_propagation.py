"""Sparse conditional constant propagation (Wegman and Zadeck, TOPLAS 1991): branches that constants decide.

An SSA pass over one unit. Numbers, texts, truth values and ``None`` are followed through copies, operators,
comparisons, ``len()``, indexes and joins; a join takes only what comes along edges that can be taken. An edge that
never is goes, with the blocks that only it leads to, so that what happens there joins nothing. Indexes and keys that
turn out to be constants become constants, which later passes can read.

Flags of the module (``DEBUG = False``) are no constants: name resolution leaves them out, as others may set them. A
value that may be something else on any way in is none either, and neither is one that is too large to keep.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from real.detector.ir.instructions import RENAMES, Block, CallShape, Instr, Unit

_LONGEST = 1_000  # characters or elements of a constant that is kept
_LARGEST = 1 << 63
_MOST_STEPS = 20_000  # instructions looked at for one unit
_PLAIN = (str, bytes, int, float, bool, type(None))
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add, "Sub": operator.sub, "Mult": operator.mul, "Div": operator.truediv,
    "FloorDiv": operator.floordiv, "Mod": operator.mod, "BitAnd": operator.and_, "BitOr": operator.or_,
    "BitXor": operator.xor,
}  # fmt: skip
_UNARY: dict[str, Callable[[Any], Any]] = {
    "Not": operator.not_, "USub": operator.neg, "UAdd": operator.pos, "Invert": operator.inv
}  # fmt: skip
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "Eq": operator.eq, "NotEq": operator.ne, "Lt": operator.lt, "LtE": operator.le, "Gt": operator.gt,
    "GtE": operator.ge, "In": lambda a, b: a in b, "NotIn": lambda a, b: a not in b, "Is": operator.is_,
    "IsNot": operator.is_not,
}  # fmt: skip
_COPYING = RENAMES | {"pathload"}
_KEYED = {"sub": 1, "setsub": 1, "delsub": 1}  # opcode -> which operand is the key
_KEYED_METHODS = frozenset({"pop", "insert", "get"})
_REWRITTEN = frozenset({"binop", "inplace", "unary", "sub", "call"})


class _Varying:
    """Not one constant."""


VARYING = _Varying()
Known = dict[int, Any]  # value -> its constant or VARYING; not in it: nothing has reached it yet


def propagate_constants(unit: Unit) -> None:
    """Take away the edges of ``unit`` that constants never let be taken, and compute constant keys."""
    if not any(_may_be_constant(unit, operand) for operand in _questions(unit)):
        return
    known, taken = _solve(unit)
    if not known:
        return
    for block in unit.blocks:
        for instr in block.instrs:
            if instr.op in _REWRITTEN and _is_plain(known.get(instr.dst, VARYING)):
                instr.op, instr.args, instr.extra = "const", [], known[instr.dst]
    _drop_dead_edges(unit, taken)


def _questions(unit: Unit) -> Iterator[int]:
    """The operands whose constants matter: conditions, indexes and keys."""
    for block in unit.blocks:
        for instr in block.instrs:
            operand: Any = None
            if instr.op == "branch":
                operand = instr.args[0]
            elif instr.op in _KEYED:
                operand = instr.args[_KEYED[instr.op]]
            elif instr.op == "method" and len(instr.args) > 1 and instr.extra[0] in _KEYED_METHODS:
                operand = instr.args[1]
            if isinstance(operand, int):
                made = unit.defs[operand]
                if made is not None and made.op != "const":
                    yield operand


def _may_be_constant(unit: Unit, operand: int) -> bool:
    """A cheap look ahead: whether all that an operand is computed from are constants, as far as operators lead."""
    seen: set[int] = set()
    work = [operand]
    while work:
        current = work.pop()
        if current in seen:
            continue
        seen.add(current)
        instr = unit.defs[current]
        if instr is None:
            return False
        if instr.op == "const":
            continue
        if _is_copy(instr):
            work.append(instr.args[0])
        elif instr.op in ("binop", "inplace", "unary", "compare", "phi"):
            work += instr.args
        elif instr.op == "sub":
            base = _origin(unit, instr.args[0])
            work.append(instr.args[1])
            if base is None or base.op != "build":
                work.append(instr.args[0])
        elif _is_len(unit, instr):
            base = _origin(unit, instr.args[1])
            if base is None or base.op != "build":
                work.append(instr.args[1])
        else:
            return False
    return True


def _is_copy(instr: Instr) -> bool:
    """Whether it hands on its operand; ``copy.copy()`` makes an object of its own."""
    return instr.op in _COPYING and (instr.op != "copy" or instr.extra is None)


def _origin(unit: Unit, operand: int) -> Instr | None:
    """The instruction behind copies."""
    instr = unit.defs[operand]
    while instr is not None and _is_copy(instr):
        instr = unit.defs[instr.args[0]]
    return instr


def _is_len(unit: Unit, instr: Instr) -> bool:
    if instr.op != "call" or len(instr.args) != 2 or instr.extra != CallShape((False,), ()):
        return False
    callee = _origin(unit, instr.args[0])
    return callee is not None and callee.op == "builtin" and callee.extra[1] == "len"


def _solve(unit: Unit) -> tuple[Known, set[tuple[Block, Block]]]:
    """The constants, and the edges that can be taken; nothing where the unit is too large."""
    known: Known = {}
    taken: set[tuple[Block, Block]] = set()
    reached = {unit.blocks[0]}
    steps = 0
    changed = True
    while changed:
        changed = False
        for block in unit.blocks:
            if block not in reached:
                continue
            steps += len(block.instrs) + 1
            if steps > _MOST_STEPS:
                return {}, set()
            for instr in block.instrs:
                value = _value(unit, instr, block, known, taken)
                if value is not None and not _same(known.get(instr.dst), value):
                    known[instr.dst] = value
                    changed = True
            for target in _targets(block, known):
                if (block, target) not in taken:
                    taken.add((block, target))
                    reached.add(target)
                    changed = True
    return {value: const[0] if isinstance(const, tuple) else VARYING for value, const in known.items()}, taken


def _same(old: object, new: object) -> bool:
    if isinstance(old, tuple) and isinstance(new, tuple):
        return type(old[0]) is type(new[0]) and bool(old[0] == new[0])
    return old is new


def _targets(block: Block, known: Known) -> list[Block]:
    """The successors that can be reached as far as is known by now."""
    last = block.instrs[-1] if block.instrs else None
    if last is None or last.op != "branch":
        return block.succs
    condition = known.get(last.args[0])
    if condition is None:
        return [target for target in block.succs if target not in last.extra]
    if not isinstance(condition, tuple):
        return block.succs
    dead = last.extra[1 if condition[0] else 0]
    return [target for target in block.succs if target is not dead or last.extra[0] is last.extra[1]]


def _value(  # noqa: PLR0911
    unit: Unit, instr: Instr, block: Block, known: Known, taken: set[tuple[Block, Block]]
) -> object:
    """``(constant,)``, VARYING, or ``None`` where the operands are not known yet; it never gets more precise."""
    op = instr.op
    if known.get(instr.dst) is VARYING:
        return VARYING
    if op == "const":
        return (instr.extra,) if isinstance(instr.extra, _PLAIN) else VARYING
    if _is_copy(instr):
        return VARYING if unit.defs[instr.args[0]] is None else known.get(instr.args[0])
    if op == "phi":
        result: object = None
        for pred, arg in zip(block.preds, instr.args, strict=True):
            if (pred, block) not in taken:
                continue
            value = VARYING if unit.defs[arg] is None else known.get(arg)
            if value is None:
                continue
            if result is not None and not _same(result, value):
                return VARYING
            result = value
        return result
    if op == "sub" or _is_len(unit, instr):
        return _of_sequence(unit, instr, known)
    if op not in ("binop", "inplace", "unary", "compare"):
        return VARYING
    operands = [VARYING if unit.defs[arg] is None else known.get(arg) for arg in instr.args]
    if any(operand is VARYING for operand in operands):
        return VARYING
    if any(operand is None for operand in operands):
        return None
    return _computed(instr, [operand[0] for operand in operands])  # type: ignore[index]


def _of_sequence(unit: Unit, instr: Instr, known: Known) -> object:
    """``len(x)`` and ``x[i]`` of a constant text, or of a tuple that the unit makes."""
    is_len = instr.op == "call"
    base = instr.args[1 if is_len else 0]
    made = _origin(unit, base)
    if made is not None and made.op == "build" and made.extra == ("tuple", None):
        held = [known.get(arg, VARYING) for arg in made.args]
    else:
        text = known.get(base)
        if text is None:
            return None
        if not isinstance(text, tuple) or not isinstance(text[0], str):
            return VARYING
        held = [(letter,) for letter in text[0]]
    if is_len:
        return (len(held),)
    key = known.get(instr.args[1])
    if not isinstance(key, tuple):
        return key
    return held[key[0]] if type(key[0]) is int and -len(held) <= key[0] < len(held) else VARYING


def _computed(instr: Instr, operands: list[Any]) -> object:
    """The result of an operator; VARYING where it raises, warns or is too large."""
    try:
        if instr.op == "unary":
            made = _UNARY[instr.extra](operands[0])
        elif instr.op == "compare":
            made = all(
                _COMPARISONS[op](left, right)
                for op, left, right in zip(instr.extra, operands, operands[1:], strict=False)
            )
        else:
            left, right = operands
            if instr.extra == "Mult" and not _is_small_product(left, right):
                return VARYING
            if instr.extra == "Mod" and isinstance(left, (str, bytes)):
                return VARYING
            made = _BINARY[instr.extra](left, right)
    except (ArithmeticError, TypeError, ValueError, KeyError):
        return VARYING
    if isinstance(made, (str, bytes)) and len(made) > _LONGEST:
        return VARYING
    if isinstance(made, int) and abs(made) > _LARGEST:
        return VARYING
    return (made,) if isinstance(made, _PLAIN) else VARYING


def _is_small_product(left: object, right: object) -> bool:
    texts = [value for value in (left, right) if isinstance(value, (str, bytes))]
    numbers = [value for value in (left, right) if isinstance(value, int)]
    return not texts or (len(texts) == 1 and bool(numbers) and len(texts[0]) * abs(numbers[0]) <= _LONGEST)


def _is_plain(value: object) -> bool:
    return isinstance(value, _PLAIN)


def _drop_dead_edges(unit: Unit, taken: set[tuple[Block, Block]]) -> None:
    dead = [(block, target) for block in unit.blocks for target in block.succs if (block, target) not in taken]
    if not dead:
        return
    for block, target in dead:
        _disconnect(block, target)
        if block.instrs and block.instrs[-1].op == "branch":
            block.instrs.pop()
    reached = {unit.blocks[0]}
    work = [unit.blocks[0]]
    while work:
        for target in work.pop().succs:
            if target not in reached:
                reached.add(target)
                work.append(target)
    for block in unit.blocks:
        if block not in reached:
            for target in list(block.succs):
                _disconnect(block, target)
    unit.blocks = [block for block in unit.blocks if block in reached]
    position = {block: index for index, block in enumerate(unit.blocks)}
    unit.has_loop = any(position[succ] <= position[block] for block in unit.blocks for succ in block.succs)
    unit.returns = any(instr.op == "return" for block in unit.blocks for instr in block.instrs)


def _disconnect(block: Block, target: Block) -> None:
    """Remove an edge and what joins take along it; a join of one way is a copy."""
    index = target.preds.index(block)
    block.succs.remove(target)
    del target.preds[index]
    for instr in target.instrs:
        if instr.op == "phi":
            del instr.args[index]
            if len(instr.args) == 1:
                instr.op, instr.extra = "copy", None
