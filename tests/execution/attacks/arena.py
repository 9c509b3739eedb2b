"""A closed place for hostile programs: what the sandbox lets through must not reach the machine of whoever tests it.

``enter`` moves into private mount, pid, IPC and network namespaces in which every file system is read-only but fresh
ones at /tmp, /var/tmp and /dev/shm. All that a program leaves behind is therefore visible, and gone at the end. This
checkout and its interpreter stay where they are, also below a fresh one.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

from real.execution.jail import linux

USERS = ("root", "shared", "ordinary")
ORDINARY_UID = 61_000
ROOT = Path(__file__).resolve().parents[3]
FRESH = ("/tmp", "/var/tmp", "/dev/shm")
CANNOT = 77  # exit status: this machine does not allow the arena

_MQUEUE = "/dev/mqueue"
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


class ArenaError(Exception):
    """The namespaces cannot be had here."""


def possible_users() -> tuple[str, ...]:
    """As whom the sweeps can run: root can also be root with an interpreter that others reach, and an ordinary user."""
    return USERS if os.geteuid() == 0 else ("ordinary",)


def _set_read_only(path: str, *, read_only: bool) -> None:
    """Make a mount and all below it read-only, or writable again."""
    attributes = (ctypes.c_uint64 * 4)(int(read_only), int(not read_only), 0, 0)  # struct mount_attr: set, clear
    where = ctypes.c_char_p(path.encode())
    linux.syscall("mount_setattr", linux.SYS_MOUNT_SETATTR, -100, where, 0x8000, ctypes.byref(attributes), 32)


def _protect_everything() -> None:
    _set_read_only("/", read_only=True)
    _set_read_only("/proc", read_only=False)  # where user namespaces are set up
    with suppress(OSError):  # resource control stays writable, where there is any
        _set_read_only("/sys/fs/cgroup", read_only=False)


def needed() -> list[Path]:
    """The folders that the tests themselves need, none below another: this checkout and its interpreter."""
    found = {ROOT, Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()}
    return [path for path in found if not any(path != other and path.is_relative_to(other) for other in found)]


class _Covers:
    """Mounts empty file systems over folders, and shows what is ``needed`` below them in its old place again."""

    def __init__(self) -> None:
        self._kept = {path: os.open(path, os.O_PATH) for path in needed()}

    def mount(self, folder: str, options: str) -> None:
        """Cover ``folder``; raises ``OSError``."""
        linux.mount("arena", folder, "tmpfs", 0, options)
        for path, fd in self._kept.items():
            if path.is_relative_to(folder):
                path.mkdir(parents=True)
                linux.mount(f"/proc/self/fd/{fd}", str(path), "", linux.MS_BIND | linux.MS_REC)

    def open_to_others(self) -> None:
        """Let other users reach what is needed although a folder above it is closed (root's home, usually)."""
        for path in self._kept:
            closed = [above for above in path.parents if not above.stat().st_mode & 0o001]
            if closed:
                self.mount(str(closed[-1]), "mode=0755,size=1m")

    def close(self) -> None:
        """Close the descriptors."""
        for fd in self._kept.values():
            os.close(fd)


def _bring_up_loopback() -> None:
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))


def _furnish(user: str, folders: tuple[str, ...], size: str) -> None:
    linux.mount("none", "/", "", linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("proc", "/proc", "proc")
    covers = _Covers()
    if user != "root":
        covers.open_to_others()
    _protect_everything()
    for folder in folders:
        covers.mount(folder, f"mode=1777,size={size}")
    covers.close()
    if Path(_MQUEUE).is_dir():
        linux.mount("mqueue", _MQUEUE, "mqueue")
    _bring_up_loopback()


def _become_ordinary() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID)
        os.setresuid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID)


def enter(user: str, *, fresh: tuple[str, ...] = FRESH, size: str = "2g") -> None:
    """Move this process's only child into the arena and wait for it: returns in the child only.

    ``fresh`` are the folders that get an empty file system of ``size``. The parent exits with the child's status, or
    with ``CANNOT`` where the kernel refuses. The child is process 1 of its namespace: nothing outlives it. As an
    ordinary user it should exec, for root's memory image cannot be made dumpable again otherwise.
    """
    inner = linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWIPC | linux.CLONE_NEWNET
    uid, gid = os.geteuid(), os.getegid()
    try:
        linux.unshare(inner if uid == 0 else inner | linux.CLONE_NEWUSER)
        if uid != 0:
            Path("/proc/self/setgroups").write_text("deny", "ascii")
            Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1\n", "ascii")
            Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1\n", "ascii")
    except OSError as error:
        print(f"no arena on this machine: {error}", file=sys.stderr)
        sys.exit(CANNOT)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    linux.die_with_parent()
    try:
        _furnish(user, fresh, size)
    except OSError as error:
        print(f"no arena on this machine: {error}", file=sys.stderr)
        os._exit(CANNOT)
    if user == "ordinary":
        _become_ordinary()


def run_inside(user: str, module: str, arguments: list[str]) -> None:
    """Enter the arena and replace this process by ``python -m module``; never returns."""
    enter(user)
    paths = os.pathsep.join((str(ROOT), str(ROOT / "tests" / "execution")))
    # By its real path: a link to it may be covered.
    interpreter = str(Path(sys.prefix).resolve() / "bin" / Path(sys.executable).name)
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "PYTHONPATH": paths}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    os.execve(interpreter, [interpreter, "-m", module, *arguments], environment)


if __name__ == "__main__":
    run_inside(sys.argv[1], sys.argv[2], sys.argv[3:])
