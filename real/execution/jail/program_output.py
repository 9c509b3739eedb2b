"""The pipe on which a case's process claims its results: a first byte, then length-prefixed messages.

A claim is what an untrusted process says of itself: a returned value, an exception. It is compared, never believed.

The first byte is written before anything of the program runs, so no program can pretend that its jail failed.
"""

from __future__ import annotations

import os
import struct

READY = b"R"  # every layer is in place
REFUSED = b"!"  # a layer could not be had; the reason follows
CLAIM_FACTOR = 4  # an encoded value is that much longer than a printed one
_LENGTH = struct.Struct("!I")


class ClaimWriter:
    """The process's end of the pipe: whatever is written here is untrusted."""

    def __init__(self, fd: int, max_bytes: int) -> None:
        self._fd, self.max_bytes = fd, max_bytes

    def raw(self, data: bytes) -> None:
        """Write bytes as they are; raises ``OSError``."""
        while data:
            data = data[os.write(self._fd, data) :]

    def send(self, message: bytes) -> None:
        """Write one message; raises ``OSError``."""
        self.raw(_LENGTH.pack(len(message)) + message)


class ClaimReader:
    """The supervisor's end: splits the stream, bounded, into messages."""

    def __init__(self, max_bytes: int) -> None:
        self._buffer = bytearray()
        self._max_bytes = max_bytes
        self.first = b""
        self.overflow = 0  # bytes of a message that is too long

    def feed(self, data: bytes) -> list[bytes]:
        """Take more bytes; returns the messages that are complete now."""
        self._buffer += data
        if not self.first:
            self.first = bytes(self._buffer[:1])
            del self._buffer[:1]
        messages = []
        while self.first == READY and len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            end = _LENGTH.size + length
            if length > self._max_bytes:
                self.overflow = length
                self._buffer.clear()
                break
            if len(self._buffer) < end:
                break
            messages.append(bytes(self._buffer[_LENGTH.size : end]))
            del self._buffer[:end]
        return messages

    def refusal(self) -> str | None:
        """Why the jail could not be set up, if so."""
        return self._buffer.decode("utf-8", "replace") if self.first == REFUSED else None
