"""How a call instruction passes its operands, and which parameter of a function of the program takes which."""

from __future__ import annotations

from real.detector.ir.instructions import CallShape, Instr, Unit


def shape_of(instr: Instr) -> CallShape | None:
    """How a ``call`` or ``method`` instruction passes its operands."""
    extra = instr.extra[1] if instr.op == "method" else instr.extra
    return extra if isinstance(extra, CallShape) else None


def keywords_of(instr: Instr) -> tuple[str | None, ...]:
    """The keywords that a call names, ``None`` for ``**``; none of what is no call."""
    shape = shape_of(instr)
    return shape.keywords if shape is not None else ()


def named_operands(instr: Instr) -> list[tuple[str | None, int]]:
    """The operands that a call passes by keyword, each with its name (``None`` for ``**``)."""
    shape = shape_of(instr)
    return list(zip(shape.keywords, instr.args[1 + len(shape.starred) :], strict=True)) if shape is not None else []


def passed_operands(instr: Instr, unit: Unit, bound: int) -> dict[str, list[int]]:
    """Parameter of the called ``unit`` -> the operands of the call that may be bound to it.

    ``bound`` is 1 where the first parameter is ``self`` or ``cls``. With starred arguments, any parameter may take any
    operand that is not passed by a keyword.
    """
    shape = shape_of(instr)
    params = unit.params
    found: dict[str, list[int]] = {}
    if shape is None:
        return found
    count = len(shape.starred)
    positional = instr.args[1 : 1 + count]
    if any(shape.starred):
        found = {name: list(positional) for name in params.names}
    else:
        for index, operand in enumerate(positional, start=bound):
            name = params.positional[index] if index < len(params.positional) else params.vararg
            if name is not None:
                found.setdefault(name, []).append(operand)
    for keyword, operand in zip(shape.keywords, instr.args[1 + count :], strict=True):
        for name in (keyword,) if keyword is not None else params.names:
            found.setdefault(name, []).append(operand)
    if bound and params.positional and instr.op == "method":
        found.setdefault(params.positional[0], []).append(instr.args[0])
    return found
