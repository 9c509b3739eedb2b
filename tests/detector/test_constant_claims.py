"""What constant propagation claims holds when programs run: on many small random ones, written from seeds."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable

import pytest
from constant_programs import MARK, Writer

from real.detector import scan
from real.detector.frontend.build import build
from real.detector.ir.instructions import Instr, Unit

_SEEDS = range(150)
_EXPECTED = (LookupError, ValueError, TypeError, AttributeError, NameError)


def _shown(code: str, wish: str, flag: bool) -> list[tuple[int, object]]:
    """What a program shows, in order, until it ends or fails."""
    shown: list[tuple[int, object]] = []
    steps = itertools.count()

    def sink(number: int, value: object) -> None:
        if next(steps) > 500:
            raise ValueError("too long")
        shown.append((number, repr(value)))

    names: dict[str, Callable[..., object]] = {"sink": sink}
    exec(compile(code, "<random>", "exec"), names)
    with contextlib.suppress(*_EXPECTED):
        names["run"](wish, flag)
    return shown


def _claims(code: str) -> dict[int, list[tuple[bool, object]]]:
    """Number of a sink -> for each call of it that may run, whether its value is known, and which it is."""
    program, _ = build(code)
    unit = next(unit for unit in program.units if unit.name == "run")
    found: dict[int, list[tuple[bool, object]]] = {}
    for block in unit.blocks:
        for instr in block.instrs:
            if instr.op == "call" and len(instr.args) == 3 and _name(unit, instr.args[0]) == "sink":
                number, value = (_origin(unit, arg) for arg in instr.args[1:])
                assert number is not None
                is_known = value is not None and value.op == "const"
                found.setdefault(int(number.extra), []).append((is_known, value.extra if is_known and value else None))
    return found


def _origin(unit: Unit, operand: int) -> Instr | None:
    instr = unit.defs[operand]
    while instr is not None and instr.op in ("assign", "copy", "pi"):
        instr = unit.defs[instr.args[0]]
    return instr


def _name(unit: Unit, operand: int) -> str:
    instr = _origin(unit, operand)
    return str(instr.extra[1]) if instr is not None and instr.op in ("builtin", "cell") else ""


@pytest.mark.parametrize("seed", _SEEDS)
def test_claims_hold(seed: int) -> None:
    code = Writer(seed).program()
    claims = _claims(code)
    for wish, flag in ((MARK, True), (MARK, False), ("a", True), ("1", False)):
        for number, value in _shown(code, wish, flag):
            assert number in claims, f"sink {number} runs, and was taken for dead code:\n{code}"
            claimed = claims[number]
            assert any(not is_known or repr(constant) == value for is_known, constant in claimed), (
                f"sink {number} shows {value}, claimed {claimed}:\n{code}"
            )


@pytest.mark.parametrize("seed", _SEEDS)
def test_what_reaches_a_sink_is_found(seed: int) -> None:
    code = Writer(seed).program()
    reached = {
        number for flag in (True, False) for number, value in _shown(code, MARK, flag) if MARK in str(value).upper()
    }
    lines = code.replace("sink(", "os.system(").splitlines()
    for number in reached:
        kept = [line.replace("os.system(", "print(") if f"os.system({number}," not in line else line for line in lines]
        program = "\n".join(kept).replace(f"os.system({number},", "os.system(")
        assert any(finding.rule == "CWE-77" for finding in scan(program).findings), program
