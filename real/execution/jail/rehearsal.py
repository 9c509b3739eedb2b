"""What the processes of every program do, done a few times before the first: in the zygote, with programs of our own.

The interpreter learns as it runs: it looks attributes up once and remembers where they are, and replaces instructions
by faster ones. A forked process that learns writes into memory that it shares with its parent, so that the kernel has
to copy it, page by page. What the zygote has learned, none of its processes learns again.
"""

from __future__ import annotations

import _socket
import os
from typing import Any

from . import harness, linux
from .frames import Channel, send
from .isolation import CaseLimits, Jail
from .program_output import ClaimWriter
from .supervisor import Supervisor
from .worker_request import WorkerRequest

_TIMES = 4
_ANSWERED_S = 1.0  # what is received was sent before, by this process
_LIMITS = CaseLimits(cpu_s=5.0, memory_mb=256, output_kb=256, file_mb=16, processes=0)
_SETUP = "import json\nRATE = 2\n"
_FUNCTION = """
import json
class Total:
    def __init__(self, items: list) -> None:
        self.items = items
    def of(self, name: str) -> float:
        return sum(price * RATE for each, price in self.items if each == name)
def answer(items, name="a"):
    if not isinstance(name, str):
        raise TypeError(f"{name!r} is no name")
    return {"total": Total(items).of(name), "names": sorted({each for each, _ in items}), "text": json.dumps(items)}
"""
_CASES = ['([("a", 1.5), ("b", 2)],)', '{"items": [], "name": "b"}', "([], 1)"]
_SCRIPT = "name = input().strip()\nprint(f'{name:>8}', len(name))\n"


def rehearse(jail: Jail, *, functions: bool) -> None:
    """Supervise programs in this process, which must be the zygote; raises ``OSError`` where the jail cannot be had."""
    request = _request(functions=functions)
    ours, theirs = _socket.socketpair()
    asking, answering = Channel(ours), Channel(theirs)
    try:
        for _ in range(_TIMES):
            linux.hide_memory()  # again: how a new supervisor makes its own such calls is learned with it
            send(ours, *request.frame())
            Supervisor(WorkerRequest.parse(answering.receive()), jail, answering).serve()
            _check(asking, len(request.cases))
    finally:
        ours.close()
        theirs.close()
    if functions:
        _rehearse_calls(request)


def _check(asking: Channel, cases: int) -> None:
    """Raise ``OSError`` where a program of ours did not compile, or a process of it could not be confined."""
    problem = asking.receive(_ANSWERED_S).header["problem"]
    if problem is not None:
        raise OSError(f"a program of the sandbox's own does not compile here: {problem['error']}")
    while cases:
        header = asking.receive(_ANSWERED_S).header
        if header["kind"] == "waiting":  # a busy machine
            continue
        if header["how"] == "jail":
            raise OSError(f"the jail could not be set up: {header['reason']}")
        cases -= 1


def _request(*, functions: bool) -> WorkerRequest:
    if functions:
        return WorkerRequest("literal", _FUNCTION, _LIMITS, list(_CASES), {}, entry="answer", setup=_SETUP)
    return WorkerRequest("script", _SCRIPT, _LIMITS, ["a\n"], {"items.db": b"SQLite"})


def _rehearse_calls(request: WorkerRequest) -> None:
    """What the process of the cases does of its own, here without a jail."""
    null = os.open("/dev/null", os.O_WRONLY)
    try:
        claims = ClaimWriter(null, 1 << 16)
        for _ in range(_TIMES):
            names: dict[str, Any] = {}
            for code in (request.setup, request.code):
                exec(compile(code, "rehearsal", "exec"), names)
            harness.call_each(names, request.entry, request.cases, claims)
    finally:
        os.close(null)
