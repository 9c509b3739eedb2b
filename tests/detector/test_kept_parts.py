"""CWE-770: what a peer sends, kept by a method that is called with each part of it; and messages that unpack."""

import pytest

from real.detector import scan

ASYNCIO = "import asyncio\n\n\nclass Lines(asyncio.Protocol):\n    def data_received(self, data):\n"
TWISTED = (
    "from twisted.internet import protocol\n\n\nclass Frames(protocol.Protocol):\n    def dataReceived(self, data):\n"
)
MULTIPART = "class Form:\n    def on_part_data(self, data, start, end):\n"
GROWING = [
    (ASYNCIO, "self.buffer += data\nif b'\\n' in self.buffer:\n    self.handle(self.buffer)"),
    (TWISTED, "self.buf = self.buf + data\nif self.buf.find(b'\\n') == -1:\n    return\nself.handle(self.buf)"),
    (MULTIPART, "message = data[start:end]\nif self.part.file is None:\n    self.part.data += message"),
    (ASYNCIO, "self.chunks.append(data)"),
    (TWISTED, "self.received.extend(data)"),
]
LIMITED = [
    (ASYNCIO, "if len(self.buffer) + len(data) > 65536:\n    self.transport.close()\n    return\nself.buffer += data"),
    (TWISTED, "self.buf = self.buf + data\nif len(self.buf) > 4096:\n    self.transport.loseConnection()"),
    (
        MULTIPART,
        "message = data[start:end]\nif len(self.part.data) + len(message) > self.limit:\n    raise ValueError\n"
        "self.part.data += message",
    ),
    (ASYNCIO, "self.transport.write(data)\nself.hash.update(data)"),
    (TWISTED, "self.parser.feed(data)\nself.total += len(data)"),
]


def reported(head: str, body: str) -> bool:
    code = head + "".join(f"        {line}\n" for line in body.splitlines())
    return bool(scan(code, select=["CWE-770"]).findings)


@pytest.mark.parametrize(("head", "body"), GROWING)
def test_what_is_kept_without_a_limit(head: str, body: str) -> None:
    assert reported(head, body)


@pytest.mark.parametrize(("head", "body"), LIMITED)
def test_what_has_a_limit_or_is_not_kept(head: str, body: str) -> None:
    assert not reported(head, body)


def test_a_method_of_another_name_is_called_by_the_program_itself() -> None:
    assert not reported("class Log:\n    def remember(self, data):\n", "self.lines.append(data)")


@pytest.mark.parametrize(
    ("code", "is_bad"),
    [
        ("import zlib\n\n\ndef opened(token):\n    return zlib.decompress(token, -15)\n", True),
        ("import gzip\n\n\nclass Codec:\n    def decode(self, body):\n        return gzip.decompress(body)\n", True),
        (
            "import zlib\n\n\ndef opened(token):\n    if len(token) > 10_000:\n        raise ValueError\n"
            "    return zlib.decompress(token)\n",
            False,
        ),
        ("import zlib\n\n\ndef opened(token):\n    return zlib.decompressobj().decompress(token, 10_000)\n", False),
        ("import zlib\nTABLE = zlib.decompress(b'x')\n", False),
    ],
)
def test_a_message_that_a_caller_passes_may_unpack_to_any_size(code: str, is_bad: bool) -> None:
    assert bool(scan(code, select=["CWE-770"]).findings) is is_bad
