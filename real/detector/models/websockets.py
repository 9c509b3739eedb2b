"""websockets: servers and clients of WebSockets."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "websockets",
    "websockets==17.4",
    (
        *calls(Role.CALLBACK, arg(0, "handler"), "websockets.serve"),
        *calls(Role.MESSAGE_LIMIT, arg(None, "max_size"), "websockets.{serve,connect}"),
        *calls(Role.MESSAGE_LIMIT, arg(None, "max_size"), "websockets.{asyncio,sync}.server.serve"),
    ),
)
