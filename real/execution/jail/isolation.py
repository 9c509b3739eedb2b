"""The confinement of a process: applied once, for good, before it runs anything of a program."""

from __future__ import annotations

import ctypes
import math
import os
import resource

from . import landlock, linux, namespaces, seccomp

MIB = 1 << 20
_SPARE_MEMORY = 32 * MIB  # between the soft and the hard limit: lets the harness report a MemoryError
_STACK = 64 * MIB
_OPEN_FILES = 64
_THREADS = 64
_THREADS_BESIDE_PROCESSES = 16  # both share one count
_FIRST_FREE_FD, _LAST_FD = 4, 0x7FFFFFFF  # beyond input, output, errors and claims


class Jail:
    """How this worker confines programs.

    ``readable`` is what a program may read at medium, ``box`` the working directory of every case, ``base_memory`` the
    bytes of address space that the warm interpreter uses itself, ``landlock`` the kernel's version (0: without) and
    ``program_uid`` the uid (and gid) that programs run as (``None``: the worker's own); ``counted``: the kernel counts
    the processes of that user here apart from the machine's, so that their number can be limited.
    """

    __slots__ = ("base_memory", "box", "counted", "landlock", "level", "own_namespaces", "program_uid", "readable")

    def __init__(
        self,
        level: str,
        readable: list[str],
        box: str,
        base_memory: int,
        landlock_version: int = 0,
        program_uid: int | None = None,
        *,
        counted: bool,
    ) -> None:
        self.level, self.readable, self.box, self.base_memory = level, readable, box, base_memory
        self.landlock, self.program_uid, self.counted = landlock_version, program_uid, counted
        self.own_namespaces = level == "strong"  # layer 4


class CaseLimits:
    """What one process may use, and how many may run out of time (see ``real.types.Limits``).

    ``wall_s`` is the backstop for programs that wait.
    """

    __slots__ = ("cpu_s", "file_mb", "memory_mb", "output_kb", "processes", "timeouts", "wall_s")

    def __init__(
        self, cpu_s: float, memory_mb: int, output_kb: int, file_mb: int, processes: int, timeouts: int = 0
    ) -> None:
        self.cpu_s, self.memory_mb, self.output_kb = cpu_s, memory_mb, output_kb
        self.file_mb, self.processes, self.timeouts = file_mb, processes, timeouts
        self.wall_s = max(3 * cpu_s, cpu_s + 5)

    def fields(self) -> list[float]:
        """The constructor's arguments, in order."""
        return [self.cpu_s, self.memory_mb, self.output_kb, self.file_mb, self.processes, self.timeouts]


def _below(which: int, soft: int, hard: int) -> tuple[int, int, int]:
    """A limit as it can be set here: never above the hard limit that this process has already."""
    ceiling = resource.getrlimit(which)[1]
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = (ceiling if limit == resource.RLIM_INFINITY else min(limit, ceiling) for limit in (soft, hard))
    return which, soft, hard


def _set(limits: list[tuple[int, int, int]]) -> None:
    for which, soft, hard in limits:
        resource.setrlimit(which, (soft, hard))


def limit_resources_of_all() -> None:
    """Limits that the supervisor sets for itself; the processes of its cases inherit them."""
    lower = [
        _below(resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES),
        _below(resource.RLIMIT_STACK, _STACK, resource.RLIM_INFINITY),  # the limit on memory holds for it too
    ]
    _set(lower + [(which, 0, 0) for which in (resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK, resource.RLIMIT_MSGQUEUE)])


class Confinement:
    """Every layer of a level, made ready once per program so that each case's process has little left to do.

    ``cpu_budget`` is in seconds, for the whole life of a process. Raises ``OSError`` where a layer cannot be had.
    """

    def __init__(self, jail: Jail, limits: CaseLimits, cpu_budget: float) -> None:
        path = ctypes.create_string_buffer(os.fsencode(jail.box))
        self._kept: list[object] = [path]  # memory that the steps point to
        self._filter: seccomp.Filter | None = None
        step = linux.step
        self._first = [step("chdir", ctypes.addressof(path)), step("setsid")]
        if (uid := jail.program_uid) is not None:
            self._first += [step("setgroups"), step("setresgid", uid, uid, uid), step("setresuid", uid, uid, uid)]
        self._first.append(linux.dying_with_parent())  # after the change of uid, which clears it
        self._parent = step("getppid")
        self._second = [linux.without_dumps(), *linux.without_capabilities()]
        for limit in _limits_of_each(jail, limits, cpu_budget):
            prepared, memory = linux.with_limit(*limit)
            self._second.append(prepared)
            self._kept.append(memory)
        if jail.level != "weak":
            devices = [f"/dev/{name}" for name in namespaces.DEVICES]
            readable = ["/"] if jail.own_namespaces else jail.readable
            rules = landlock.ruleset(jail.landlock, readable, devices, jail.box)
            processes = limits.processes > 0
            self._filter = seccomp.Filter(
                processes=processes,
                signal_others=processes and jail.own_namespaces,
                hosts_files=not jail.own_namespaces,
            )
            self._second.append(step("landlock_restrict_self", rules))
        self._second.append(step("close_range", _FIRST_FREE_FD, _LAST_FD))
        if self._filter is not None:
            self._second.append(self._filter.step)
        self._own_id = step("getpid")

    def take(self, supervisor: int) -> None:
        """Confine this process, for good; ``supervisor`` is its parent's process id. Raises ``OSError``."""
        linux.take_steps(self._first)
        if linux.take_step(self._parent) != supervisor:
            raise OSError("the supervisor died")
        if self._filter is not None:
            self._filter.complete(linux.take_step(self._own_id))
        linux.take_steps(self._second)


def _limits_of_each(jail: Jail, limits: CaseLimits, cpu_budget: float) -> list[tuple[int, int, int]]:
    memory = jail.base_memory + limits.memory_mb * MIB
    cpu = math.ceil(cpu_budget) + 1  # the supervisor enforces the exact limit; this one holds if it cannot
    size = limits.file_mb * MIB
    found = [
        _below(resource.RLIMIT_FSIZE, size, size),
        _below(resource.RLIMIT_AS, memory, memory + _SPARE_MEMORY),
        _below(resource.RLIMIT_CPU, cpu, cpu + 1),
    ]
    if jail.counted:  # elsewhere the count is that of all the user's processes on the machine
        count = _THREADS_BESIDE_PROCESSES + limits.processes if limits.processes else _THREADS
        found.append(_below(resource.RLIMIT_NPROC, count, count))
    return found
