"""The warm process: modules loaded once, then a fork for every program."""

from __future__ import annotations

import os
from contextlib import suppress

from . import linux
from .box import recover
from .frames import Channel, FrameError, send
from .layers import Jail
from .supervisor import supervise


def serve(channel: Channel, jail: Jail) -> None:
    """Answer requests until the grader closes the channel; each answer ends with an ``end`` frame."""
    me = os.pidfd_open(os.getpid())
    while True:
        try:
            frame = channel.receive()
        except FrameError:
            return
        if jail.own_namespaces:
            linux.unshare(linux.CLONE_NEWPID)
        zygote = 0 if jail.own_namespaces else os.getpid()  # a parent outside the pid namespace is seen as 0
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                supervise(frame, jail, channel, zygote)
                status = 0
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
        send(channel.sock, {"kind": "end", "code": os.waitstatus_to_exitcode(status)})
