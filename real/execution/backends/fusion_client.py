"""One HTTP request to a SandboxFusion server, bounded in time and size whatever the server does.

Interface: the project's documentation of ``POST /run_code`` (https://bytedance.github.io/SandboxFusion/). The standard
library's ``http.client`` is enough for it, and lets one deadline hold for the whole of an exchange, where a timeout per
read, as most clients have it, would wait for ever on a server that drips.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
import urllib.parse
from contextlib import suppress
from typing import Any

_CONNECT_S = 5.0
_MAX_RESPONSE = 64 << 20
_CHUNK = 1 << 16
_RETRIED = (408, 425, 429)  # besides 5xx: the same request may well succeed later


class FusionError(Exception):
    """The server gave no usable answer; ``final`` where asking again cannot help."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class ResponseTooLargeError(FusionError):
    """The answer is longer than any case within its limits can produce."""


class FusionClient:
    """Posts to ``url``/run_code, from any number of threads; ``close`` ends every exchange that is under way."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port
        self._path = f"{parts.path.rstrip('/')}/run_code"
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._closed = False

    def run_code(self, payload: dict[str, Any], patience_s: float) -> dict[str, Any]:
        """Post one request and return the decoded answer, which is untrusted; raises ``FusionError``."""
        connection = self._connect()
        deadline = time.monotonic() + patience_s
        try:
            connection.connect()
            sock: socket.socket = connection.sock  # the connection forgets it when the answer is the last one
            self._watch(sock)
            try:
                return self._exchange(connection, sock, json.dumps(payload).encode("ascii"), deadline)
            finally:
                self._unwatch(sock)
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise FusionError(f"{self._host} does not answer: {reason}", final=self._closed) from error
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        return kind(self._host, self._port, timeout=_CONNECT_S)

    def _exchange(
        self, connection: http.client.HTTPConnection, sock: socket.socket, body: bytes, deadline: float
    ) -> dict[str, Any]:
        sock.settimeout(_left(deadline))
        connection.request("POST", self._path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = bytearray()
        while True:
            sock.settimeout(_left(deadline))
            if not (part := response.read1(_CHUNK)):
                break
            content += part
            if len(content) > _MAX_RESPONSE:
                raise ResponseTooLargeError(f"an answer of more than {_MAX_RESPONSE} bytes", final=True)
        if response.length:  # what was announced and did not come
            raise http.client.IncompleteRead(b"", response.length)
        if response.status != http.HTTPStatus.OK:
            final = response.status < 500 and response.status not in _RETRIED
            raise FusionError(f"HTTP {response.status} {response.reason}: {_excerpt(content)}", final=final)
        return _decoded(bytes(content))

    def _watch(self, sock: socket.socket) -> None:
        with self._lock:
            if self._closed:
                raise FusionError("the connection to the server is closed", final=True)
            self._sockets.add(sock)

    def _unwatch(self, sock: socket.socket) -> None:
        with self._lock:
            self._sockets.discard(sock)

    def close(self) -> None:
        """End every exchange; later ones fail at once."""
        with self._lock:
            self._closed = True
            for sock in self._sockets:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("no complete answer in time")
    return left


def _decoded(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FusionError(f"the answer is not JSON: {_excerpt(content)}") from error
    if not isinstance(answer, dict):
        raise FusionError(f"the answer is not a JSON object: {_excerpt(content)}")
    return answer


def _excerpt(content: bytes | bytearray) -> str:
    return repr(bytes(content[:100]).decode("utf-8", "replace"))
