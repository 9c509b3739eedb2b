"""Python: sockets."""

from __future__ import annotations

from real.detector.models.kinds import SourceKind
from real.detector.models.rows import Library, Returns, sources

LIBRARY = Library(
    "sockets",
    "",
    (
        Returns("socket.create_connection", "socket.socket"),
        Returns("socket.create_server", "socket.socket"),
        *sources(
            SourceKind.PEER,
            "{name}() returns what the peer sent",
            "socket.socket().{recv,recvfrom}()",
            "socket.create_connection().recv()",
        ),
        *sources(
            SourceKind.PEER, "makefile() reads what the peer sent", "socket.{socket,create_connection}().makefile()"
        ),
        *sources(
            SourceKind.PEER, "accept() returns a connection to any peer", "socket.{socket,create_server}().accept()"
        ),
    ),
)
