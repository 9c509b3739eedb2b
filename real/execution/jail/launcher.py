"""The first process of a worker: loads modules, builds the jail, starts the zygote and outlives it to clean up.

It is started by exec, in a session of its own, with a clean environment and one socket to the grader; it watches the
grader through a pidfd, so that a worker never survives the process (not just the thread) that started it.
"""

from __future__ import annotations

import _socket
import gc
import json
import os
import select
import signal
import sys
from contextlib import suppress

from . import heap, interpreter, landlock, linux, namespaces, preload, rehearsal, seccomp
from .child import reserve_low_descriptors
from .frames import Channel, send
from .isolation import Jail
from .working_directory import remove_tree
from .zygote import serve


def _warm_up(*, functions: bool) -> None:
    preload.load_always(preload.FOR_FUNCTIONS if functions else ())
    preload.rehearse()
    if seccomp.supported():
        seccomp.warm_up()


def _address_space() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - see preload: what the jail does without
        pages = int(file.read().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _build_jail(config: dict[str, object]) -> Jail:
    """Set up every layer that belongs to the worker; raises ``OSError`` where the level cannot be had."""
    level, uid, spare = config["level"], config["program_uid"], config["spare_uid"]
    readable, scratch = config["readable"], config["scratch"]
    assert isinstance(level, str) and isinstance(readable, list) and isinstance(scratch, str)
    assert uid is None or isinstance(uid, int)
    base = _address_space()
    version = 0
    if level != "weak":
        version = landlock.abi()
        if version < 1:
            raise OSError("this kernel has no Landlock")
        if not seccomp.supported():
            raise OSError(f"no system call table for {linux.MACHINE}")
    if level != "strong":
        return Jail(level, readable, f"{scratch}/box", base, version, uid, counted=uid == spare)
    own_uid = namespaces.enter(uid, readable)
    uid = namespaces.JAIL_ID if own_uid else None
    return Jail(level, readable, namespaces.BOX, base, version, uid, counted=True)


def main(text: str) -> None:
    """Run the worker that a JSON object describes (see ``real.execution.worker``)."""
    config = json.loads(text)
    channel = Channel(_socket.socket(fileno=reserve_low_descriptors(config["fd"])))
    parent = os.pidfd_open(config["parent"])
    if os.getppid() != config["parent"]:
        return
    sys.path = [*[path for path in sys.path if path != config["root"]], *config["import_paths"]]
    _warm_up(functions=config["functions"])
    linux.forbid_new_privileges()
    try:
        jail = _build_jail(config)
    except (OSError, KeyError) as error:
        send(channel.sock, {"kind": "refused", "reason": str(error)})
        return
    interpreter.become_template(jail.box)
    linux.hide_memory()
    gc.collect()
    gc.freeze()
    gc.disable()
    launcher = os.getpid()
    zygote = os.fork()
    if zygote == 0:
        status = 1
        try:
            linux.die_with_parent()
            if os.getppid() == (0 if jail.own_namespaces else launcher):
                rehearsal.rehearse(jail, functions=config["functions"])
                gc.collect()
                heap.fill_holes()
                gc.freeze()
                send(channel.sock, {"kind": "ready", "landlock": jail.landlock, "uid": jail.program_uid})
                serve(channel, jail)
                status = 0
        except Exception as error:  # whatever it is, nobody else can say it: this process has no standard error
            with suppress(OSError):
                reason = str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
                send(channel.sock, {"kind": "refused", "reason": reason})
        finally:
            os._exit(status)
    linux.adopt_orphans()
    _outlive(zygote, parent, channel.sock.fileno())
    if not jail.own_namespaces:
        remove_tree(config["scratch"])


def _outlive(zygote: int, parent: int, channel: int) -> None:
    """Wait until the zygote or the grader ends, or the grader hangs up; then make sure that nothing is left."""
    child = os.pidfd_open(zygote)
    poll = select.poll()
    poll.register(child, select.POLLIN)
    poll.register(parent, select.POLLIN)
    poll.register(channel, 0)  # only the end of the stream: its content is the zygote's
    poll.poll()
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(child, signal.SIGKILL)
    with suppress(ChildProcessError):
        while True:  # supervisors and cases die with their parents and are handed down to this process
            os.wait()
