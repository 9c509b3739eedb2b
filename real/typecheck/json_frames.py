"""Length-prefixed JSON messages over pipes, read with a deadline."""

from __future__ import annotations

import json
import os
import selectors
import struct
import time

from real.types import JsonValue

_HEADER = struct.Struct(">I")


class StreamEndError(Exception):
    """The other side closed its end, possibly in the middle of a frame."""


class DeadlineError(Exception):
    """No complete frame came in time."""


def write_frame(fd: int, value: JsonValue) -> None:
    """Write one frame (four bytes of length, big-endian, then JSON); raises ``BrokenPipeError`` when nobody reads."""
    # ASCII with escapes, so that lone surrogates of a program survive the trip.
    payload = json.dumps(value).encode("ascii")
    view = memoryview(_HEADER.pack(len(payload)) + payload)
    while view:
        view = view[os.write(fd, view) :]


class FrameReader:
    """Reads frames from a pipe end."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._buffer = bytearray()

    def read(self, timeout_s: float | None = None) -> JsonValue:
        """Wait for the next frame.

        Raises ``StreamEndError`` when the stream ends first, ``DeadlineError`` after ``timeout_s`` seconds and
        ``ValueError`` for a frame that holds no JSON.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._fd, selectors.EVENT_READ)
            while (frame := self._take()) is None:
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                if not selector.select(left):
                    raise DeadlineError
                chunk = os.read(self._fd, 1 << 16)
                if not chunk:
                    raise StreamEndError
                self._buffer += chunk
        value: JsonValue = json.loads(frame)
        return value

    def _take(self) -> bytes | None:
        """Cut the first frame off the buffer if it is complete."""
        if len(self._buffer) < _HEADER.size:
            return None
        (size,) = _HEADER.unpack_from(self._buffer)
        end = _HEADER.size + size
        if len(self._buffer) < end:
            return None
        frame = bytes(self._buffer[_HEADER.size : end])
        del self._buffer[:end]
        return frame
