"""The frame protocol between the grader and its workers: a JSON header and raw blobs, both length-prefixed.

The grader treats every byte from a worker as hostile: sizes are bounded before anything is allocated, and whatever is
not a well-formed frame raises ``FrameError``.
"""

from __future__ import annotations

import _socket
import json
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

_PREFIX = struct.Struct("!II")  # length of the JSON header, length of all blobs together
_READ = 64 << 10  # below what the C library would map, and give back, for each read
_MAX_HEADER = 64 << 20
_MAX_BLOBS = 256 << 20


class FrameError(Exception):
    """The bytes received are not a frame, or the other side is gone."""


class Frame(NamedTuple):
    """One message: a JSON object and the raw byte strings that travel with it."""

    header: dict[str, Any]
    blobs: list[bytes]


def pack(header: dict[str, Any], blobs: Sequence[bytes] = ()) -> bytes:
    """Encode one frame; lone surrogates in strings survive (JSON escapes)."""
    text = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}).encode("ascii")
    body = b"".join(blobs)
    if len(text) > _MAX_HEADER or len(body) > _MAX_BLOBS:
        raise FrameError(f"a frame of {len(text) + len(body)} bytes is too large")
    return _PREFIX.pack(len(text), len(body)) + text + body


def unpack(text: bytes, body: bytes) -> Frame:
    """Decode the two parts of one frame; raises ``FrameError``."""
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"a frame's header is not JSON: {error}") from error
    sizes = header.pop("blobs", None) if isinstance(header, dict) else None
    if not isinstance(sizes, list) or any(type(size) is not int or size < 0 for size in sizes):
        raise FrameError("a frame's header is not an object with blob sizes")
    if sum(sizes) != len(body):
        raise FrameError("a frame's blob sizes do not add up")
    blobs, start = [], 0
    for size in sizes:
        blobs.append(body[start : start + size])
        start += size
    return Frame(header, blobs)


class Decoder:
    """Splits a byte stream into frames, however the bytes arrive."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Take more bytes and return the frames that are complete; raises ``FrameError``."""
        self._buffer += data
        frames = []
        while len(self._buffer) >= _PREFIX.size:
            header_size, body_size = _PREFIX.unpack_from(self._buffer)
            if header_size > _MAX_HEADER or body_size > _MAX_BLOBS:
                raise FrameError("a frame announces more bytes than allowed")
            middle = _PREFIX.size + header_size
            end = middle + body_size
            if len(self._buffer) < end:
                break
            frames.append(unpack(bytes(self._buffer[_PREFIX.size : middle]), bytes(self._buffer[middle:end])))
            del self._buffer[:end]
        return frames


def send(channel: _socket.socket, header: dict[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Write one frame to a stream socket; raises ``OSError`` when the other side is gone."""
    channel.sendall(pack(header, blobs))


class Channel:
    """A stream socket that frames are read from one at a time."""

    def __init__(self, sock: _socket.socket) -> None:
        self.sock = sock
        self._decoder = Decoder()
        self._ready: list[Frame] = []

    def receive(self, timeout: float | None = None) -> Frame:
        """Return the next frame; raises ``FrameError`` on garbage or end of stream, ``TimeoutError`` after silence."""
        self.sock.settimeout(timeout)
        while not self._ready:
            data = self.sock.recv(_READ)
            if not data:
                raise FrameError("the other side closed the channel")
            self._ready.extend(self._decoder.feed(data))
        return self._ready.pop(0)
