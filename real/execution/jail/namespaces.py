"""Layer 4: user, mount, network, IPC, UTS, cgroup and pid namespaces around a root of read-only binds."""

# pathlib would cost every process of the jail two thirds of a megabyte.
# ruff: noqa: PTH102, PTH103, PTH110, PTH112, PTH114, PTH115, PTH116, PTH120, PTH123, PTH211

from __future__ import annotations

import os
import stat

from . import linux

BOX = "/box"  # where each case finds its working directory
JAIL_ID = 1000  # the user and group id of programs, as they see it

DEVICES = ("null", "zero", "full", "random", "urandom")
_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")  # into /usr on most distributions
_DECOYS = {
    "passwd": f"root:x:0:0:root:/root:/usr/sbin/nologin\nprogram:x:{JAIL_ID}:{JAIL_ID}::{BOX}:/usr/sbin/nologin\n",
    "group": f"root:x:0:\nprogram:x:{JAIL_ID}:\n",
    "hosts": "127.0.0.1 localhost\n",
    "hostname": "jail\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


def _write_map(pid: int, name: str, text: str) -> None:
    with open(f"/proc/{pid}/{name}", "w", encoding="ascii") as file:
        file.write(text)


def _enter_with_spare(spare_uid: int) -> bool:
    """Enter a user namespace in which root and ``spare_uid`` are mapped, which only a helper left outside may do."""
    pid = os.getpid()
    told, tell = os.pipe()
    helper = os.fork()
    if helper == 0:
        status = 1
        try:
            os.close(tell)
            if os.read(told, 1):
                for name in ("uid_map", "gid_map"):
                    _write_map(pid, name, f"0 0 1\n{JAIL_ID} {spare_uid} 1\n")
                status = 0
        finally:
            os._exit(status)
    os.close(told)
    linux.unshare(linux.CLONE_NEWUSER)
    os.write(tell, b"x")
    os.close(tell)
    return os.waitpid(helper, 0)[1] == 0


def enter(spare_uid: int | None) -> bool:
    """Move into new namespaces; returns whether programs get a spare uid of their own. Raises ``OSError``.

    Root maps itself (to build the jail) and a spare id (to run programs as); anybody else maps only themselves.
    """
    uid, gid = os.geteuid(), os.getegid()
    spare = spare_uid is not None and _enter_with_spare(spare_uid)
    if not spare:
        if spare_uid is None:
            linux.unshare(linux.CLONE_NEWUSER)
        _write_map(os.getpid(), "setgroups", "deny")
        _write_map(os.getpid(), "uid_map", f"{JAIL_ID} {uid} 1\n")
        _write_map(os.getpid(), "gid_map", f"{JAIL_ID} {gid} 1\n")
    linux.unshare(
        linux.CLONE_NEWNS
        | linux.CLONE_NEWNET
        | linux.CLONE_NEWIPC
        | linux.CLONE_NEWUTS
        | linux.CLONE_NEWCGROUP
        | linux.CLONE_NEWPID
    )
    return spare


def _write(path: str, text: str = "") -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _bind(source: str) -> None:
    """Show a file or folder of the machine at the same place below the current directory."""
    target = source.lstrip("/")
    if not os.path.exists(source) or os.path.lexists(target):
        return
    if stat.S_ISDIR(os.stat(source).st_mode):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        _write(target)
    linux.bind_read_only(source, target)


def build_root(readable: list[str]) -> None:
    """Replace the root of this mount namespace by a read-only one that holds ``readable`` and little else.

    Runs inside ``enter``'s namespaces; raises ``OSError``.
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
            _bind(source)
    for path in readable:
        _bind(path)
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
        if not os.path.lexists(name):  # an interpreter below /tmp keeps its place there, read-only
            os.symlink(BOX, name)  # temporary files live and die with the case
    linux.pivot_here()
    linux.remount_read_only("/")
