"""What an attack is: a program, the kind of test it is run against, and what must hold."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace

LEVELS = ("weak", "medium", "strong")  # in rising order
KINDS = ("script", "database", "call", "method", "literal", "damage")
ESCAPED = "escaped"  # what a program prints or returns when its attempt succeeded
SECRET_PATTERN = "tulip-[0-9a-f]{16}"  # what expected values look like: a program may search for them
WITNESS = "/tmp/attack-witness"  # files, sockets and so on outside the sandbox (see ``witness``)
TCP_PORT, UDP_PORT = 47110, 47111


@dataclass(frozen=True)
class Attack:
    """One hostile program.

    ``kind`` is the test it is run against: a script on standard input, the same with a database, a function, a method,
    a function with literals, or an attack run that must notice changes of the database (``damage``). ``held_from`` is
    the weakest level at which the attempt must fail, ``ends`` the only statuses it may end with (empty: any but
    ``pass``, ``infra_error`` and ``compile_error``). Where ``bites``, the attempt succeeds at weak when root runs it,
    which shows that it is a real one. ``disturbs``: at weak it may take a worker down, so it runs alone there.
    ``costly``: it aims at the grader's time, which is measured. ``slow``: it waits for the wall-clock limit, twice.
    """

    name: str
    program: str
    kind: str = "script"
    held_from: str = "medium"
    ends: frozenset[str] = frozenset()
    bites: bool = True
    cases: int = 1
    processes: int = 0
    disturbs: bool = False
    costly: bool = False
    slow: bool = False
    must: str = ""
    topic: str = ""

    def forbidden_at(self, level: str) -> bool:
        """Whether the attempt must fail at ``level``."""
        return LEVELS.index(level) >= LEVELS.index(self.held_from)


def everywhere(name: str, program: str, *ends: str, kind: str = "script", **more: object) -> Attack:
    """An attack that must fail at every level, with the statuses it may end with."""
    wanted = Attack(name, textwrap.dedent(program).strip("\n"), kind, "weak", frozenset(ends), bites=False)
    return replace(wanted, **more)  # type: ignore[arg-type]


def outward(name: str, program: str, **more: object) -> Attack:
    """An attack on what is outside the sandbox: held from medium upwards unless said otherwise."""
    return replace(Attack(name, textwrap.dedent(program).strip("\n")), **more)  # type: ignore[arg-type]


def syscall(
    name: str, x86_64: int, aarch64: int | None, arguments: str, *, bites: bool = False, **more: object
) -> Attack:
    """An attack that is one raw system call: it succeeded when the call does."""
    numbers = {"x86_64": x86_64, "aarch64": x86_64 if aarch64 is None else aarch64}
    program = f"""\
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
number = {numbers!r}[os.uname().machine]
buffer = ctypes.create_string_buffer(256)
result = libc.syscall(ctypes.c_long(number), {arguments})
print('{ESCAPED}' if result >= 0 else os.strerror(ctypes.get_errno()))"""
    return replace(Attack(name, program, bites=bites), **more)  # type: ignore[arg-type]


def topic(name: str, must: str, attacks: list[Attack]) -> list[Attack]:
    """Label attacks with their topic and, where they say nothing of their own, with what must hold."""
    return [replace(attack, topic=name, must=attack.must or must) for attack in attacks]
