"""CWE-770: limits of messages, bodies and parts that a library has, and that a program takes away or goes round."""

import pytest

from real.detector import scan

WEB = "from aiohttp import web\nimport aiohttp\nimport websockets\n\n\n"


def told(code: str) -> bool:
    return bool(scan(WEB + code, select=["CWE-770"]).findings)


def part(read: str) -> str:
    start = ("async def up(request):", "reader = await request.multipart()", "part = await reader.next()")
    routes = "\n\napp = web.Application(client_max_size=0)\napp.router.add_post('/', up)\n"
    return "\n    ".join((*start, read, "return web.Response()")) + routes


@pytest.mark.parametrize(
    ("code", "is_bad"),
    [
        ("server = websockets.serve(print, 'localhost', 8000, max_size=None)", True),
        ("server = websockets.serve(print, 'localhost', 8000, max_size=1 << 20)", False),
        ("server = websockets.serve(print, 'localhost', 8000)", False),
        ("def start(size):\n    return websockets.serve(print, 'localhost', 8000, max_size=size)", False),
        ("answer = web.WebSocketResponse(max_msg_size=0)", True),
        ("answer = web.WebSocketResponse(max_msg_size=4096)", False),
        ("OFF = 0\n\n\ndef make():\n    return web.Application(client_max_size=OFF)", True),
        (
            "async def go():\n    async with aiohttp.ClientSession() as s:\n"
            "        s.ws_connect('wss://e.org', max_msg_size=0)",
            True,
        ),
        ("app = web.Application()", False),
    ],
)
def test_a_limit_that_is_taken_away(code: str, is_bad: bool) -> None:
    assert told(code + "\n") is is_bad


def test_parts_of_a_multipart_body() -> None:
    findings = scan(WEB + part("data = await part.read()"), select=["CWE-770"]).findings
    assert any("read into memory" in finding.message for finding in findings)
    findings = scan(WEB + part("data = await part.read_chunk(4096)"), select=["CWE-770"]).findings
    assert not any("read into memory" in finding.message for finding in findings)
