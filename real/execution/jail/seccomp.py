"""Layer 2: a hand-made seccomp filter; what is not denied here is allowed.

A denied call answers EPERM, so that a program sees an ordinary error; the x32 interface and foreign architectures kill.
"""

from __future__ import annotations

import ctypes
import itertools
import re
import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache

from . import linux, syscalls

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _JUMP, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x05, 0x06
_ALLOW, _KILL, _EPERM, _ENOSYS, _NOTHING = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026, 0x00050000
_NR, _ARCH, _ARG0, _ARG1 = 0, 4, 16, 24  # offsets in struct seccomp_data (low halves: both machines are little-endian)
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

_CLONE_THREAD = 0x10000
_NAMESPACES = 0x7E020000 | 0x80  # every CLONE_NEW* flag
_X32_BIT = 0x40000000
_OWN_PID = 0x7FFFFFF1  # placeholder, replaced in each process
_OWN_PID_BYTES = struct.pack("=I", _OWN_PID)

_HARMLESS_PRCTL = (3, 15, 16, 23, 39, 0x53564D41)  # dumpable?, set/get name, capability?, no_new_privs?, name memory
_OWNERSHIP_FCNTL = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: signals to strangers
_OWNERSHIP_IOCTL = (0x8901, 0x8902, 0x5412, 0x541C)  # FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX

_FARTHEST = 255  # instructions that a condition can skip

_Code = list[tuple[int, int, int, int]]
_Numbers = tuple["int | None", "int | None"]  # of a system call, by architecture


def supported() -> bool:
    """Whether the filter knows this machine's architecture."""
    return linux.MACHINE in _ARCHITECTURES


def _ret(value: int) -> _Code:
    return [(_RETURN, 0, 0, value)]


def _by_number(rules: Mapping[int, _Code]) -> _Code:
    """The block (which must return) of the system call in the accumulator; calls without one are allowed."""
    intervals: list[tuple[int, _Code]] = [(0, _ret(_ALLOW))]  # the first number of each, and its block
    for number in range(syscalls.LAST_KNOWN + 1):
        block = rules.get(number, _ret(_ALLOW))
        if block != intervals[-1][1]:
            intervals.append((number, block))
    return _bisected(intervals)


def _bisected(intervals: Sequence[tuple[int, _Code]]) -> _Code:
    """By bisection: each process has the kernel try its filter on every system call there is, which takes time."""
    if len(intervals) == 1:
        return intervals[0][1]
    middle = len(intervals) // 2
    below, above = _bisected(intervals[:middle]), _bisected(intervals[middle:])
    if len(below) <= _FARTHEST:
        return [(_AT_LEAST, len(below), 0, intervals[middle][0]), *below, *above]
    return [(_AT_LEAST, 0, 1, intervals[middle][0]), (_JUMP, 0, 0, len(below)), *below, *above]


def _among(offset: int, values: tuple[int, ...], then: int, otherwise: int) -> _Code:
    code: _Code = [(_LOAD, 0, 0, offset)]
    for value in values:
        code += [(_EQUAL, 0, 1, value), *_ret(then)]
    return code + _ret(otherwise)


@lru_cache
def template(*, processes: bool, signal_others: bool, hosts_files: bool) -> bytes:
    """A filter for ``install``, the same for every process.

    ``processes`` allows fork and exec; ``signal_others`` allows kill of any process it can see (own pid namespace);
    ``hosts_files``: the machine's files can be named, so nothing about a file may be changed by its name.
    """
    arch, column = _ARCHITECTURES[linux.MACHINE]
    code: _Code = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, arch), *_ret(_KILL), (_LOAD, 0, 0, _NR)]
    if linux.MACHINE == "x86_64":
        code += [(_AT_LEAST, 0, 1, _X32_BIT), *_ret(_KILL)]
    code += [(_AT_LEAST, 0, 1, syscalls.LAST_KNOWN + 1), *_ret(_ENOSYS)]
    found = rules(column, processes=processes, signal_others=signal_others, hosts_files=hosts_files)
    return b"".join(struct.pack("=HBBI", *step) for step in code + _by_number(found))


def rules(column: int, *, processes: bool, signal_others: bool, hosts_files: bool) -> dict[int, _Code]:
    """What becomes of each system call that is not simply allowed, by its number on the architecture ``column``."""
    clone: _Code = [(_LOAD, 0, 0, _ARG0), (_ANY_BIT, 0, 1, _NAMESPACES), *_ret(_EPERM)]
    denied = [*syscalls.DENIED.values()]
    if not processes:
        clone += [(_ANY_BIT, 1, 0, _CLONE_THREAD), *_ret(_EPERM)]
        denied += syscalls.START_PROCESSES.values()
    blocks: list[tuple[_Numbers, _Code]] = [(numbers, _ret(_EPERM)) for numbers in denied]
    if hosts_files:
        blocks += [(numbers, _ret(_NOTHING)) for numbers in syscalls.WITHOUT_EFFECT.values()]
        blocks.append((syscalls.TRUNCATE, _ret(_EPERM)))
    blocks += [
        (syscalls.IOCTL, _among(_ARG1, _OWNERSHIP_IOCTL, _EPERM, _ALLOW)),
        (syscalls.FCNTL, _among(_ARG1, _OWNERSHIP_FCNTL, _EPERM, _ALLOW)),
        (syscalls.PRCTL, _among(_ARG0, _HARMLESS_PRCTL, _ALLOW, _EPERM)),
    ]
    if not signal_others:
        blocks += [
            (numbers, _among(_ARG0, (_OWN_PID,), _ALLOW, _EPERM)) for numbers in (syscalls.TGKILL, syscalls.KILL)
        ]
    blocks += [(numbers, _among(_ARG0, (0, _OWN_PID), _ALLOW, _EPERM)) for numbers in syscalls.ON_SELF.values()]
    blocks += [
        (syscalls.CLONE3, _ret(_ENOSYS)),  # its flags are behind a pointer: glibc falls back to clone
        (syscalls.CLONE, clone + _ret(_ALLOW)),
    ]
    return {number: block for numbers, block in blocks if (number := numbers[column]) is not None}


@lru_cache
def _places(code: bytes) -> tuple[int, ...]:
    """Where a filter holds the placeholder."""
    return tuple(found.start() for found in re.finditer(re.escape(_OWN_PID_BYTES), code))


def warm_up() -> None:
    """Assemble the filters now, so that the processes forked later share them."""
    for choice in itertools.product((False, True), repeat=3):
        template(processes=choice[0], signal_others=choice[1], hosts_files=choice[2])


class Filter:
    """A filter in memory, complete but for the id of the process that will install it with ``step``."""

    def __init__(self, *, processes: bool, signal_others: bool, hosts_files: bool) -> None:
        code = template(processes=processes, signal_others=signal_others, hosts_files=hosts_files)
        self._code = ctypes.create_string_buffer(code, len(code))
        self._places = _places(code)
        self.step, self._kept = linux.with_filter(self._code)

    def complete(self, pid: int) -> None:
        """Put in the process's own id."""
        for place in self._places:
            struct.pack_into("=I", self._code, place, pid)
