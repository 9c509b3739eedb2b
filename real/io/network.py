"""Addresses of this machine, as other machines reach it."""

from __future__ import annotations

import socket

WILDCARDS = ("0.0.0.0", "::", "")  # listen on every interface
_ANYWHERE = "192.0.2.1"  # a documentation address (RFC 5737): it decides for the interface of the default route


def node_address(peer: str | None = None) -> str:
    """The IPv4 address of the interface that leads to ``peer`` (a host; without one, to the default route).

    Nothing is sent. The name of the machine often resolves to loopback (``127.0.1.1`` in Debian's ``/etc/hosts``),
    which no other machine reaches; it decides only where no interface leads anywhere.
    """
    for host in (peer, _ANYWHERE):
        if host is None:
            continue
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.connect((socket.gethostbyname(host), 9))
                return str(probe.getsockname()[0])
        except OSError:
            continue
    return socket.gethostbyname(socket.gethostname())
