"""What a process takes upon itself, for good, before it runs anything of a program."""

from __future__ import annotations

import math
import os
import resource
from dataclasses import dataclass

from . import landlock, linux, namespaces, seccomp

MIB = 1 << 20
_SPARE_MEMORY = 32 * MIB  # between the soft and the hard limit: lets the harness report a MemoryError
_STACK = 64 * MIB
_OPEN_FILES = 64
_THREADS = 64


@dataclass(frozen=True, slots=True)
class Jail:
    """How this worker confines programs."""

    level: str  # strong | medium | weak
    readable: list[str]  # what a program may read at medium
    box: str  # the working directory of every case
    base_memory: int  # bytes of address space the warm interpreter uses itself
    landlock: int = 0  # ABI, 0 without
    program_uid: int | None = None  # the uid (and gid) programs run as, None: the worker's own

    @property
    def own_namespaces(self) -> bool:
        """Whether layer 4 holds."""
        return self.level == "strong"


@dataclass(frozen=True, slots=True)
class CaseLimits:
    """What one process may use (see ``real.types.Limits``)."""

    cpu_s: float
    memory_mb: int
    output_kb: int
    file_mb: int
    processes: int

    @property
    def wall_s(self) -> float:
        """The backstop for programs that wait instead of working."""
        return max(3 * self.cpu_s, self.cpu_s + 5)


def _lower(which: int, soft: int, hard: int) -> None:
    ceiling = resource.getrlimit(which)[1]
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(which, (soft, hard))


def limit_resources_of_all(limits: CaseLimits) -> None:
    """The limits that the supervisor can bear itself; the processes of its cases inherit them."""
    size = limits.file_mb * MIB
    _lower(resource.RLIMIT_FSIZE, size, size)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES)
    _lower(resource.RLIMIT_STACK, _STACK, _STACK)
    for which in (resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK, resource.RLIMIT_MSGQUEUE):
        _lower(which, 0, 0)


def _limit_resources(jail: Jail, limits: CaseLimits, cpu_budget: float) -> None:
    memory = jail.base_memory + limits.memory_mb * MIB
    cpu = math.ceil(cpu_budget) + 1  # the supervisor enforces the exact limit; this one holds if it cannot
    _lower(resource.RLIMIT_AS, memory, memory + _SPARE_MEMORY)
    _lower(resource.RLIMIT_CPU, cpu, cpu + 1)
    if jail.own_namespaces or jail.program_uid is not None:
        # Elsewhere the count is that of all the user's processes on the machine, and root is not counted at all.
        _lower(resource.RLIMIT_NPROC, _THREADS + limits.processes, _THREADS + limits.processes)


def confine(jail: Jail, limits: CaseLimits, cpu_budget: float, supervisor: int) -> None:
    """Take every layer of the jail's level upon this process; raises ``OSError`` where one cannot be had.

    ``cpu_budget`` is in seconds, for the whole life of the process; ``supervisor`` is the parent's process id.
    """
    os.setsid()
    if jail.program_uid is not None:
        os.setgroups([])
        os.setresgid(jail.program_uid, jail.program_uid, jail.program_uid)
        os.setresuid(jail.program_uid, jail.program_uid, jail.program_uid)
    linux.die_with_parent()  # after the change of uid, which clears it
    if os.getppid() != supervisor:
        raise OSError("the supervisor died")
    linux.set_dumpable(False)
    linux.drop_capabilities()
    _limit_resources(jail, limits, cpu_budget)
    if jail.level == "weak":
        return
    devices = [f"/dev/{name}" for name in namespaces.DEVICES]
    landlock.confine(jail.landlock, ["/"] if jail.own_namespaces else jail.readable, devices, jail.box)
    seccomp.install(
        os.getpid(), processes=limits.processes > 0, signal_others=limits.processes > 0 and jail.own_namespaces
    )
