"""Layer 2: a hand-made seccomp filter; what is not denied here is allowed.

A denied call answers EPERM, so that a program sees an ordinary error; the x32 interface and foreign architectures kill.
"""

from __future__ import annotations

import ctypes
import itertools
import re
import struct
from functools import lru_cache

from . import linux, syscalls

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
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

_Code = list[tuple[int, int, int, int]]


def supported() -> bool:
    """Whether the filter knows this machine's architecture."""
    return linux.MACHINE in _ARCHITECTURES


def _ret(value: int) -> _Code:
    return [(_RETURN, 0, 0, value)]


def _when(number: int | None, block: _Code) -> _Code:
    """Run ``block`` (which must return) for one system call."""
    return [] if number is None else [(_EQUAL, 0, len(block), number), *block]


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
    clone: _Code = [(_LOAD, 0, 0, _ARG0), (_ANY_BIT, 0, 1, _NAMESPACES), *_ret(_EPERM)]
    if not processes:
        clone += [(_ANY_BIT, 1, 0, _CLONE_THREAD), *_ret(_EPERM)]
        for numbers in syscalls.START_PROCESSES.values():
            code += _when(numbers[column], _ret(_EPERM))
    code += _when(syscalls.CLONE[column], clone + _ret(_ALLOW))
    code += _when(syscalls.CLONE3[column], _ret(_ENOSYS))  # its flags are behind a pointer: glibc falls back to clone
    for numbers in syscalls.ON_SELF.values():
        code += _when(numbers[column], _among(_ARG0, (0, _OWN_PID), _ALLOW, _EPERM))
    if not signal_others:
        for numbers in (syscalls.KILL, syscalls.TGKILL):
            code += _when(numbers[column], _among(_ARG0, (_OWN_PID,), _ALLOW, _EPERM))
    code += _when(syscalls.PRCTL[column], _among(_ARG0, _HARMLESS_PRCTL, _ALLOW, _EPERM))
    code += _when(syscalls.FCNTL[column], _among(_ARG1, _OWNERSHIP_FCNTL, _EPERM, _ALLOW))
    code += _when(syscalls.IOCTL[column], _among(_ARG1, _OWNERSHIP_IOCTL, _EPERM, _ALLOW))
    if hosts_files:
        code += _when(syscalls.TRUNCATE[column], _ret(_EPERM))
        for numbers in syscalls.WITHOUT_EFFECT.values():
            code += _when(numbers[column], _ret(_NOTHING))
    for numbers in syscalls.DENIED.values():
        code += _when(numbers[column], _ret(_EPERM))
    return b"".join(struct.pack("=HBBI", *step) for step in code + _ret(_ALLOW))


def warm_up() -> None:
    """Assemble the filters now, so that the processes forked later share them."""
    for choice in itertools.product((False, True), repeat=3):
        template(processes=choice[0], signal_others=choice[1], hosts_files=choice[2])


class Filter:
    """A filter in memory, complete but for the id of the process that will install it with ``step``."""

    def __init__(self, *, processes: bool, signal_others: bool, hosts_files: bool) -> None:
        code = template(processes=processes, signal_others=signal_others, hosts_files=hosts_files)
        self._code = ctypes.create_string_buffer(code, len(code))
        self._places = [m.start() for m in re.finditer(re.escape(_OWN_PID_BYTES), code)]
        self.step, self._kept = linux.with_filter(self._code)

    def complete(self, pid: int) -> None:
        """Put in the process's own id."""
        for place in self._places:
            struct.pack_into("=I", self._code, place, pid)
