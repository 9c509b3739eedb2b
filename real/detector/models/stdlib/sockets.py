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
            "recv() returns what the peer sent",
            "socket.socket().recv()",
            "socket.create_connection().recv()",
        ),
        *sources(SourceKind.PEER, "recvfrom() returns what the peer sent", "socket.socket().recvfrom()"),
        *sources(
            SourceKind.PEER,
            "makefile() reads what the peer sent",
            "socket.socket().makefile()",
            "socket.create_connection().makefile()",
        ),
        *sources(
            SourceKind.PEER,
            "accept() returns a connection to any peer",
            "socket.socket().accept()",
            "socket.create_server().accept()",
        ),
    ),
)
