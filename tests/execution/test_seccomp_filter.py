"""The seccomp filter as assembled does, for every system call, what the table of rules says of it."""

from __future__ import annotations

import itertools
import struct

import pytest

from real.execution.jail import seccomp, syscalls

ARCHITECTURE = 0xC000003E  # x86_64, the first column of the tables
FOREIGN = 0xC00000B7
ALLOW, KILL, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050026
INTERESTING = (0, 1, 3, 8, 16, 99, 0x80, 0x10000, 0x11200, 0x20000000, 0x5412, 0x7FFFFFF1)
Instruction = tuple[int, int, int, int]


def result(program: list[Instruction], number: int, architecture: int, argument: int) -> int:
    """What a classic BPF program returns for one system call whose first two arguments are ``argument``."""
    data = struct.pack("=IIQ6Q", number, architecture, 0, argument, argument, 0, 0, 0, 0)
    at = accumulator = 0
    while True:
        code, if_true, if_false, operand = program[at]
        at += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, operand)
            case 0x15:
                at += if_true if accumulator == operand else if_false
            case 0x35:
                at += if_true if accumulator >= operand else if_false
            case 0x45:
                at += if_true if accumulator & operand else if_false
            case 0x05:
                at += operand
            case 0x06:
                return operand
            case _:
                raise AssertionError(f"unknown instruction {code:#x}")


@pytest.mark.parametrize("choice", list(itertools.product((False, True), repeat=3)))
def test_every_system_call_meets_its_rule(monkeypatch: pytest.MonkeyPatch, choice: tuple[bool, bool, bool]) -> None:
    monkeypatch.setattr(seccomp.linux, "MACHINE", "x86_64")
    wanted = dict(zip(("processes", "signal_others", "hosts_files"), choice, strict=True))
    packed = seccomp.template.__wrapped__(**wanted)
    program = [struct.unpack_from("=HBBI", packed, at) for at in range(0, len(packed), 8)]
    rules = seccomp.rules(0, **wanted)
    for number, argument in itertools.product(range(syscalls.LAST_KNOWN + 1), INTERESTING):
        block = [(0x20, 0, 0, 0), *rules.get(number, [(0x06, 0, 0, ALLOW)])]
        assert result(program, number, ARCHITECTURE, argument) == result(block, number, ARCHITECTURE, argument)
    assert result(program, syscalls.LAST_KNOWN + 1, ARCHITECTURE, 0) == ENOSYS
    assert result(program, 0x40000000, ARCHITECTURE, 0) == KILL
    assert result(program, 0, FOREIGN, 0) == KILL


def test_the_rules_name_what_matters() -> None:
    """A program may neither start processes nor signal others; with processes it may start them."""
    strict = seccomp.rules(0, processes=False, signal_others=False, hosts_files=True)
    loose = seccomp.rules(0, processes=True, signal_others=True, hosts_files=False)
    fork, kill, ptrace, truncate = 57, 62, 101, 76
    assert {fork, kill, ptrace, truncate} <= strict.keys()
    assert ptrace in loose
    assert not {fork, kill, truncate} & loose.keys()
