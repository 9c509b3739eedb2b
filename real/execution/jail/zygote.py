"""The warm process: modules loaded once, then a fork for every program."""

from __future__ import annotations

import _socket
import os
from contextlib import suppress

from . import linux
from .frames import Channel, FrameError, send
from .isolation import Jail
from .supervisor import supervise
from .working_directory import recover

_CHANNEL_BROKEN = 3  # exit status of a supervisor that could not read its request


def serve(channel: Channel, jail: Jail) -> None:
    """Have a new process answer each request until the grader closes the channel; each answer ends with ``end``.

    This process only waits for a request and never reads one: every program inherits its memory.
    """
    me = os.pidfd_open(os.getpid())
    while channel.sock.recv(1, _socket.MSG_PEEK):
        if jail.own_namespaces:
            linux.unshare(linux.CLONE_NEWPID)
        zygote = 0 if jail.own_namespaces else os.getpid()  # a parent outside the pid namespace is seen as 0
        pid = linux.fork()
        if pid == 0:
            status = 1
            try:
                supervise(jail, channel, zygote)
                status = 0
            except FrameError:
                status = _CHANNEL_BROKEN
            except OSError as error:
                with suppress(OSError):
                    send(channel.sock, {"kind": "failed", "reason": str(error)})
                status = 0
            finally:
                os._exit(status)
        if jail.own_namespaces:
            linux.setns(me, linux.CLONE_NEWPID)  # back to making children, hence the next namespace, of our own
        _, status = os.waitpid(pid, 0)
        if status != 0:
            recover(jail)
        if os.waitstatus_to_exitcode(status) == _CHANNEL_BROKEN:
            return
        send(channel.sock, {"kind": "end", "code": os.waitstatus_to_exitcode(status)})
