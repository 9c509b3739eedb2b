"""What stands outside the sandbox and notices: bait files, sockets and IPC objects, and what is left behind."""

from __future__ import annotations

import ctypes
import os
import selectors
import socket
import sqlite3
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path

from .arena import FRESH, needed
from .attack import TCP_PORT, UDP_PORT, WITNESS

_IPC_CREAT, _WORLD = 0o1000, 0o666
_POLL_S = 0.05


class Bait:
    """Files that anybody may read and some that anybody may write, IPC objects, and sockets that count contacts."""

    def __init__(self, canary: str) -> None:
        self.contacts: list[str] = []
        self._root = Path(WITNESS)
        self._public = self._root / "public"
        self._public.mkdir(parents=True)
        for path in (self._root, self._public):
            path.chmod(0o777)
        for path in (self._root / "canary", self._public / "file", self._public / "other"):
            path.write_text(f"{canary}\n", "ascii")
            path.chmod(0o666)
        connection = sqlite3.connect(self._root / "canary.db")
        connection.execute("CREATE TABLE canary (text TEXT)")
        connection.execute("INSERT INTO canary VALUES (?)", (canary,))
        connection.commit()
        connection.close()
        Path("/dev/shm/attack-canary").write_text(canary, "ascii")
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.ipc = {
            "shm": self._libc.shmget(4711, 4096, _IPC_CREAT | _WORLD),
            "msg": self._libc.msgget(4711, _IPC_CREAT | _WORLD),
            "sem": self._libc.semget(4711, 1, _IPC_CREAT | _WORLD),
        }
        message = (ctypes.c_long * 2)(1, 1)
        self._libc.msgsnd(self.ipc["msg"], message, 8, 0)
        self._selector = selectors.DefaultSelector()
        self._listen(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", TCP_PORT), "TCP")
        self._listen(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", UDP_PORT), "UDP")
        self._listen(socket.AF_UNIX, socket.SOCK_STREAM, f"{WITNESS}/socket", "unix")
        self._listen(socket.AF_UNIX, socket.SOCK_STREAM, "\0attack-witness", "abstract unix")
        Path(f"{WITNESS}/socket").chmod(0o777)
        threading.Thread(target=self._serve, daemon=True).start()
        self._before = self.state()

    def _listen(self, family: int, kind: int, address: object, name: str) -> None:
        listener = socket.socket(family, kind)
        listener.bind(address)  # type: ignore[arg-type]
        if kind == socket.SOCK_STREAM:
            listener.listen(16)
        self._selector.register(listener, selectors.EVENT_READ, name)

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                listener = key.fileobj
                assert isinstance(listener, socket.socket)
                with suppress(OSError):
                    if listener.type == socket.SOCK_STREAM:
                        listener.accept()[0].close()
                    else:
                        listener.recv(4096)
                    self.contacts.append(str(key.data))

    def state(self) -> dict[str, object]:
        """Everything that a program could have changed."""
        found: dict[str, object] = {}
        for path in sorted([self._root, *self._root.rglob("*"), Path("/dev/shm/attack-canary")]):
            status = path.lstat()
            content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
            names = os.listxattr(path, follow_symlinks=False)
            found[str(path)] = (status.st_mode, status.st_uid, status.st_mtime_ns, content, names)
        for kind in self.ipc:
            found[kind] = ipc_ids(kind)
        queue = Path("/proc/sysvipc/msg").read_text("ascii").splitlines()[1:]
        found["messages"] = [line.split()[4] for line in queue if line.split()[1] == str(self.ipc["msg"])]
        return found

    def changes(self) -> list[str]:
        """The names of what is no longer as it was."""
        before, now = self._before, self.state()
        return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def ipc_ids(kind: str) -> list[str]:
    """The System V objects of a kind (``shm``, ``msg``, ``sem``) that exist."""
    return [line.split()[1] for line in Path(f"/proc/sysvipc/{kind}").read_text("ascii").splitlines()[1:]]


def strange_files(allowed: list[str]) -> list[str]:
    """What lies in the arena's folders that is neither bait nor one of the pool's own folders; and message queues."""
    known = {WITNESS, "/dev/shm/attack-canary", *allowed}
    in_fresh = [path for folder in FRESH for path in Path(folder).iterdir()]
    ours = {path for path in in_fresh if any(kept.is_relative_to(path) for kept in needed())}
    found = [str(path) for path in in_fresh if path not in ours and str(path) not in known]
    found += [str(path) for folder in allowed for path in Path(folder).iterdir()]
    if Path("/dev/mqueue").is_dir():
        found += [str(path) for path in Path("/dev/mqueue").iterdir()]
    return found


def processes() -> dict[int, str]:
    """Every other process of the arena: its state, name and resident size in pages (zombies included)."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            with suppress(OSError):
                head, _, rest = (entry / "stat").read_text("utf-8", "replace").rpartition(")")
                fields = rest.split()
                found[int(entry.name)] = f"{fields[0]} {head.partition('(')[2]} {fields[21]}"
    return found


def reap_orphans(ours: set[int]) -> None:
    """Process 1 inherits orphans: those that are dead need not be counted, ``ours`` are waited for elsewhere."""
    for pid, text in processes().items():
        if text.startswith("Z") and pid not in ours:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


class Monitor:
    """Samples the arena and keeps the peaks: processes, and the resident memory of the largest one in MiB."""

    def __init__(self) -> None:
        self.most_processes, self.most_memory = 0, 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.wait(_POLL_S):
            pages = [int(text.rpartition(" ")[2]) for text in processes().values()]
            self.most_processes = max(self.most_processes, len(pages))
            self.most_memory = max(self.most_memory, max(pages, default=0) * os.sysconf("SC_PAGE_SIZE") / (1 << 20))

    def stop(self) -> None:
        """End the sampling."""
        self._done.set()
        self._thread.join()


def wait_until_alone(seconds: float) -> list[str]:
    """What else runs in the arena once everything had ``seconds`` to end."""
    deadline = time.monotonic() + seconds
    while (left := processes()) and time.monotonic() < deadline:
        reap_orphans(set())
        time.sleep(0.02)
    return [f"{pid} {text}" for pid, text in left.items()]
