"""The few Linux system calls that Python 3.11 does not offer, by ctypes."""

from __future__ import annotations

import ctypes
import os
import signal

_libc = ctypes.CDLL(None, use_errno=True)
_libc_holding_gil = ctypes.PyDLL(None, use_errno=True)
_libc.mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
_libc.prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
_libc.syscall.restype = ctypes.c_long

MACHINE = os.uname().machine

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000

MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 0x1000, 0x4000, 0x40000
_MNT_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID, _MOUNT_ATTR_NODEV = 1, 2, 4

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_CHILD_SUBREAPER = 1, 4, 22, 36
_PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 38, 47, 4
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_HEADER = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3, this process
_NO_CAPABILITIES = (ctypes.c_uint32 * 6)()

# pivot_root has no libc wrapper; the newer calls have the same number on every architecture.
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
SYS_MOUNT_SETATTR, SYS_LANDLOCK_CREATE, SYS_LANDLOCK_ADD, SYS_LANDLOCK_RESTRICT = 442, 444, 445, 446

# The steps of a new process into its jail; see ``Step``.
_STEPS = {
    "x86_64": {
        "dup3": 292,
        "chdir": 80,
        "setsid": 112,
        "setgroups": 116,
        "setresgid": 119,
        "setresuid": 117,
        "prctl": 157,
        "capset": 126,
        "prlimit64": 302,
        "getpid": 39,
        "getppid": 110,
        "close_range": 436,
        "landlock_restrict_self": SYS_LANDLOCK_RESTRICT,
    },
    "aarch64": {
        "dup3": 24,
        "chdir": 49,
        "setsid": 157,
        "setgroups": 159,
        "setresgid": 149,
        "setresuid": 147,
        "prctl": 167,
        "capset": 91,
        "prlimit64": 261,
        "getpid": 172,
        "getppid": 173,
        "close_range": 436,
        "landlock_restrict_self": SYS_LANDLOCK_RESTRICT,
    },
}


def _check(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def syscall(what: str, number: int, *arguments: object) -> int:
    """Make a raw system call; raises ``OSError`` that names it."""
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _check(int(_libc.syscall(ctypes.c_long(number), *words)), what)


def fork() -> int:
    """fork(2) without Python's hooks, for a process that has one thread and so no lock to repair in the child.

    The hooks re-seed ``random`` and rebuild locks, which touches as much memory as a small program does itself.
    """
    return _check(_libc_holding_gil.fork(), "fork")


def unshare(flags: int) -> None:
    """Move this process (and for pid namespaces its next children) into new namespaces."""
    _check(_libc.unshare(flags), "unshare")


def setns(fd: int, flags: int) -> None:
    """Join the namespaces of the process behind a pidfd."""
    _check(_libc.setns(fd, flags), "setns")


def mount(source: str, target: str, kind: str, flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    result = _libc.mount(os.fsencode(source), os.fsencode(target), kind.encode(), flags, options.encode())
    _check(result, f"mount {kind or 'bind'} on {target}")


def bind_read_only(source: str, target: str) -> None:
    """Show ``source`` and all that is mounted below it at ``target``, read-only and without set-uid or devices."""
    mount(source, target, "", MS_BIND | MS_REC)
    _protect(target, _MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID | _MOUNT_ATTR_NODEV, _AT_RECURSIVE)


def remount_read_only(target: str) -> None:
    """Make one mount read-only, not those below it."""
    _protect(target, _MOUNT_ATTR_RDONLY, 0)


def _protect(target: str, attributes: int, flags: int) -> None:
    wanted = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)  # struct mount_attr: set, clear, propagation, userns
    path = ctypes.c_char_p(os.fsencode(target))
    syscall("mount_setattr", SYS_MOUNT_SETATTR, _AT_FDCWD, path, flags, ctypes.byref(wanted), 32)


def unmount(target: str) -> None:
    """Detach a mount at once, even while it is in use."""
    _check(_libc.umount2(os.fsencode(target), _MNT_DETACH), f"umount {target}")


def pivot_here() -> None:
    """Make the current directory the root of the mount namespace and forget the old root."""
    dot = ctypes.c_char_p(b".")
    syscall("pivot_root", _SYS_PIVOT_ROOT[MACHINE], dot, dot)
    unmount(".")
    os.chdir("/")


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent thread ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl PDEATHSIG")


def adopt_orphans() -> None:
    """Become the parent of every orphaned descendant, so that none escapes the clean-up."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl CHILD_SUBREAPER")


def hide_memory() -> None:
    """Keep other processes of this user from looking into this one; children inherit it."""
    _check(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl DUMPABLE")


def forbid_new_privileges() -> None:
    """Make set-uid programs harmless from here on; seccomp and Landlock need it."""
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl NO_NEW_PRIVS")


Step = tuple[int, int, int, int, int, int, int]  # a system call: its number and six arguments, as machine words

_raw_syscall = ctypes.CDLL(None, use_errno=True).syscall
_raw_syscall.argtypes = [ctypes.c_long] * 7
_raw_syscall.restype = ctypes.c_long


def step(name: str, *arguments: int) -> Step:
    """Make a system call ready for ``take_steps``; raises ``OSError`` where this machine's number is not known."""
    if MACHINE not in _STEPS:
        raise OSError(f"no system call table for {MACHINE}")
    words = (_STEPS[MACHINE][name], *arguments, 0, 0, 0, 0, 0, 0)
    return words[:7]  # type: ignore[return-value]


def take_step(prepared: Step) -> int:
    """Make a system call and return its result, -1 for a failure."""
    return int(_raw_syscall(*prepared))


def take_steps(steps: list[Step]) -> None:
    """Make system calls one after the other; raises ``OSError`` at the first that fails.

    One small loop over ready-made numbers, because a new process must copy whatever memory its Python code touches:
    the same calls through ``os``, ``resource`` and ctypes' conversions cost three times as much.
    """
    for prepared in steps:
        if _raw_syscall(*prepared) < 0:
            code = ctypes.get_errno()
            name = next(name for name, number in _STEPS[MACHINE].items() if number == prepared[0])
            raise OSError(code, f"{name}: {os.strerror(code)}")


def without_dumps() -> Step:
    """Forbid other processes of this user to look into this one."""
    return step("prctl", _PR_SET_DUMPABLE, 0)


def dying_with_parent() -> Step:
    """``die_with_parent`` as a step."""
    return step("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL)


def without_capabilities() -> list[Step]:
    """Give up every capability, for good once ``forbid_new_privileges`` was called."""
    header, none = ctypes.addressof(_CAPABILITY_HEADER), ctypes.addressof(_NO_CAPABILITIES)
    return [step("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL), step("capset", header, none)]


def with_limit(which: int, soft: int, hard: int) -> tuple[Step, object]:
    """Set a resource limit; the second item must live as long as the step."""
    words = (ctypes.c_uint64 * 2)(soft, hard)
    return step("prlimit64", 0, which, ctypes.addressof(words)), words


class _FilterProgram(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def with_filter(program: ctypes.Array[ctypes.c_char]) -> tuple[Step, object]:
    """Install a seccomp filter, an array of 8-byte BPF instructions; the second item must live as long as the step."""
    descriptor = _FilterProgram(len(program) // 8, ctypes.addressof(program))
    return step("prctl", _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(descriptor)), (descriptor, program)


def cpu_clock(pid: int) -> int:
    """The clock id of a process's CPU time, for ``time.clock_gettime``; needs no /proc."""
    return (~pid << 3) | 2
