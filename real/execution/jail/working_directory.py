"""The working directory of a case: fresh, bounded, and gone afterwards whatever a program did in it."""

# pathlib would cost every process of the jail two thirds of a megabyte.
# ruff: noqa: PTH101, PTH103, PTH104, PTH106, PTH108, PTH208

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Mapping
from contextlib import suppress

from . import linux
from .isolation import MIB, Jail

_MAX_INODES = 4096
_FILES_PER_BOX = 4  # how many files of the largest size fit


class WorkingDirectory:
    """The directory at one fixed path, used by one case after the other of one program.

    At ``strong`` it is a tmpfs mounted for each program; elsewhere an ordinary folder of the machine.
    """

    def __init__(self, jail: Jail, file_mb: int) -> None:
        self.path = jail.box
        self._mounted = jail.own_namespaces
        self._replaced = jail.level == "weak"  # where programs may remove it, or hang attributes on it
        self._owner = jail.program_uid
        self._size = max(file_mb, 16) * _FILES_PER_BOX * MIB

    def open(self) -> None:
        """Make the directory, empty; raises ``OSError``."""
        if self._mounted:
            options = f"mode=0700,size={self._size},nr_inodes={_MAX_INODES}"
            linux.mount("box", self.path, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)
        else:
            os.makedirs(self.path, mode=0o700)
        if self._owner is not None:
            os.chown(self.path, self._owner, self._owner)

    def overfull(self) -> bool:
        """Whether the directory holds more than its limit; at ``strong`` the file system enforces it."""
        return not self._mounted and not _fits(self.path, self._size, _MAX_INODES)

    def starved(self) -> bool:
        """Whether others have filled the machine's disk, so that a program may have failed through no fault of its own.

        To be asked before the directory is emptied: who holds half of a full disk has filled it.
        """
        if self._mounted:
            return False
        try:
            disk = os.statvfs(self.path)
        except OSError:
            return False
        full = disk.f_bavail * disk.f_frsize < MIB
        return full and _fits(self.path, disk.f_blocks * disk.f_frsize // 2, _MAX_INODES)

    def close(self) -> None:
        """Remove the directory and what is in it (at ``strong`` with the file system it was on)."""
        if self._mounted:
            linux.unmount(self.path)
        else:
            remove_tree(self.path)

    def fill(self, files: Mapping[str, bytes]) -> None:
        """Put files into the empty directory; raises ``OSError``."""
        for name, content in files.items():
            self._write(name, content)

    def empty(self) -> None:
        """Remove what a case left; raises ``OSError``."""
        try:
            if self._replaced:
                remove_tree(self.path)
                self.open()
            else:
                clear(self.path)
        except OSError:
            if not self._mounted:
                raise
            self.close()
            self.open()

    def _write(self, name: str, content: bytes) -> None:
        fd = os.open(f"{self.path}/{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            while content:
                content = content[os.write(fd, content) :]
            if self._owner is not None:
                os.fchown(fd, self._owner, self._owner)
        finally:
            os.close(fd)

    def read(self, name: str, max_bytes: int) -> bytes | None:
        """The content of a regular file that is not too large, else ``None``; never follows links, never blocks."""
        try:
            fd = os.open(f"{self.path}/{name}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode) or status.st_size > max_bytes:
                return None
            parts = []
            while part := os.read(fd, 1 << 20):
                parts.append(part)
            return b"".join(parts)
        finally:
            os.close(fd)

    def names(self) -> list[str]:
        """The names in the directory, sorted."""
        return sorted(os.listdir(self.path))


def _fits(root: str, size: int, count: int) -> bool:
    """Whether all files below a folder can be looked at, have at most ``size`` bytes and are at most ``count``."""
    folders = [root]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    size -= status.st_blocks * 512
                    count -= 1
                    if size < 0 or count < 0:
                        return False
                    if stat.S_ISDIR(status.st_mode):
                        folders.append(entry.path)
        except FileNotFoundError:
            continue  # gone in the meantime
        except OSError:  # unreadable, or too far down: no program needs a folder that hides what is in it
            return False
    return True


def recover(jail: Jail) -> None:
    """Remove what a supervisor left that died before it could."""
    if jail.own_namespaces:
        with suppress(OSError):  # EINVAL: nothing is mounted (any more)
            while True:
                linux.unmount(jail.box)
    else:
        remove_tree(jail.box)


def clear(root: str) -> None:
    """Empty a folder written by a hostile program: no recursion, no following of links, modes ignored.

    Every folder further down is first moved up into ``root``, so that no path gets long however deep the tree is.
    """
    os.chmod(root, 0o700)
    fresh = (f"{root}/moved-{number}" for number in itertools.count())
    while entries := list(os.scandir(root)):
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
                continue
            os.chmod(entry.path, 0o700)
            for below in list(os.scandir(entry.path)):
                if below.is_dir(follow_symlinks=False):
                    os.chmod(below.path, 0o700)
                    os.rename(below.path, next(name for name in fresh if not os.path.lexists(name)))
                else:
                    os.unlink(below.path)
            os.rmdir(entry.path)


def remove_tree(root: str) -> None:
    """Remove a folder written by a hostile program, if it is there."""
    try:
        mode = os.lstat(root).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        clear(root)
        os.rmdir(root)
    else:
        os.unlink(root)
