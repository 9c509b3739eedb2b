"""Layer 4: user, mount, network, IPC, UTS, cgroup and pid namespaces around a root of read-only binds."""

# pathlib would cost every process of the jail two thirds of a megabyte.
# ruff: noqa: PTH102, PTH103, PTH110, PTH112, PTH114, PTH115, PTH116, PTH120, PTH123, PTH211

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress

from . import linux

BOX = "/box"  # where each case finds its working directory
JAIL_ID = 1000  # the user and group id of programs, as they see it

_MOVED = "/moved"  # below which folders are shown whose own place is taken
_TAKEN = ("/tmp/", "/var/tmp/", "/dev/", "/proc/", f"{BOX}/", f"{_MOVED}/")
DEVICES = ("null", "zero", "full", "random", "urandom")
_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")  # into /usr on most distributions
_DECOYS = {
    "passwd": f"root:x:0:0:root:/root:/usr/sbin/nologin\nprogram:x:{JAIL_ID}:{JAIL_ID}::{BOX}:/usr/sbin/nologin\n",
    "group": f"root:x:0:\nprogram:x:{JAIL_ID}:\n",
    "hosts": "127.0.0.1 localhost\n",
    "hostname": "jail\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


class _MapWriter:
    """A helper process that stays outside a user namespace, from where it may map ids into it.

    It maps root (to prepare each case) and ``program_uid`` (to run programs as) where it can, else just this process.
    """

    _WITH_SPARE, _ALONE, _FAILED = 0, 1, 2  # its exit status

    def __init__(self, program_uid: int | None) -> None:
        told, self._tell = os.pipe()
        pid = os.getpid()
        self._helper = os.fork()
        if self._helper == 0:
            status = self._FAILED
            try:
                os.close(self._tell)
                if os.read(told, 1):
                    status = self._write(pid, program_uid)
            finally:
                os._exit(status)
        os.close(told)

    def _write(self, pid: int, program_uid: int | None) -> int:
        if program_uid is not None:
            with suppress(OSError):
                for name in ("uid_map", "gid_map"):
                    _write(f"/proc/{pid}/{name}", f"0 0 1\n{JAIL_ID} {program_uid} 1\n")
                return self._WITH_SPARE
        _write(f"/proc/{pid}/setgroups", "deny")
        _write(f"/proc/{pid}/uid_map", f"{JAIL_ID} {os.geteuid()} 1\n")
        _write(f"/proc/{pid}/gid_map", f"{JAIL_ID} {os.getegid()} 1\n")
        return self._ALONE

    def write(self) -> bool:
        """Map the ids into the user namespace that this process is in now; returns whether programs have that one.

        Raises ``OSError``.
        """
        os.write(self._tell, b"x")
        os.close(self._tell)
        status = os.waitstatus_to_exitcode(os.waitpid(self._helper, 0)[1])
        if status not in (self._WITH_SPARE, self._ALONE):
            raise OSError("no id can be mapped into the user namespace")
        return status == self._WITH_SPARE


def enter(program_uid: int | None, readable: list[str]) -> bool:
    """Move into new namespaces, with a root that holds ``readable`` (see ``build_root``); raises ``OSError``.

    Returns whether programs get a uid of their own, ``program_uid``; only root can give them one.
    """
    writer = _MapWriter(program_uid)
    built = os.geteuid() == 0 and _build_root_as_root(readable)
    linux.unshare(linux.CLONE_NEWUSER)
    own_uid = writer.write()
    linux.unshare(
        linux.CLONE_NEWNS
        | linux.CLONE_NEWNET
        | linux.CLONE_NEWIPC
        | linux.CLONE_NEWUTS
        | linux.CLONE_NEWCGROUP
        | linux.CLONE_NEWPID
    )
    if not built:
        build_root(readable)
    return own_uid


def _build_root_as_root(readable: list[str]) -> bool:
    """Build the root while all of the machine's files can be reached; ``False`` where root may not.

    In a user namespace root can no longer pass through the closed folder of another user.
    """
    try:
        linux.unshare(linux.CLONE_NEWNS)
    except OSError:  # root of a container without CAP_SYS_ADMIN
        return False
    build_root(readable)
    return True


def _write(path: str, text: str = "") -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _bind(source: str, target: str) -> None:
    """Show a file or folder of the machine at ``target``, read-only."""
    if not os.path.exists(source) or os.path.lexists(target):
        return
    if stat.S_ISDIR(os.stat(source).st_mode):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        _write(target)
    linux.bind_read_only(source, target)


def _place_of(path: str) -> str:
    """Where a folder of the machine is shown: at its own place, unless that means something else to a program."""
    return f"{_MOVED}{path}" if f"{path}/".startswith(_TAKEN) else path


def build_root(readable: list[str]) -> None:
    """Replace the root of this mount namespace by a read-only one that holds ``readable`` and little else.

    An interpreter or packages below ``/tmp`` and the like move, and this process looks for its modules there. Raises
    ``OSError``.
    """
    linux.mount("none", "/", "", linux.MS_REC | linux.MS_PRIVATE)
    os.umask(0o022)
    # The new root is put together on top of /proc: it exists everywhere, and nothing shown in the jail is below it.
    linux.mount("jail", "/proc", "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=0755,size=1m")
    os.chdir("/proc")
    for name in _LINKS:
        source = f"/{name}"
        if os.path.islink(source):
            os.symlink(os.readlink(source), name)
        elif os.path.isdir(source):
            _bind(source, name)
    for path in readable:
        _bind(path, _place_of(path).lstrip("/"))
    os.makedirs("etc", exist_ok=True)
    for name, text in _DECOYS.items():
        _write(f"etc/{name}", text)
    os.mkdir("dev")
    for name in DEVICES:
        _write(f"dev/{name}")
        linux.mount(f"/dev/{name}", f"dev/{name}", "", linux.MS_BIND)
    os.mkdir(BOX.lstrip("/"))
    os.makedirs("var", exist_ok=True)
    for name in ("tmp", "var/tmp"):
        os.symlink(BOX, name)  # temporary files live and die with the case
    linux.pivot_here()
    linux.remount_read_only("/")
    _follow_moves()


def _follow_moves() -> None:
    """Have this process, and those it will fork, import from where folders are shown now."""
    sys.path[:] = map(_place_of, sys.path)
    for name in ("prefix", "exec_prefix", "base_prefix", "base_exec_prefix", "executable", "_base_executable"):
        setattr(sys, name, _place_of(getattr(sys, name)))
    for module in list(sys.modules.values()):
        if isinstance(file := getattr(module, "__file__", None), str):
            module.__file__ = _place_of(file)
        if isinstance(folders := getattr(module, "__path__", None), list):
            folders[:] = map(_place_of, folders)
    sys.path_importer_cache.clear()
