"""The process of one program: compiles it, runs a fresh process per case, streams what each claimed to the grader.

It never runs anything of the program itself, and reads nothing of what the program says but the length of messages.
"""

from __future__ import annotations

import math
import os
import resource
import types
import warnings
from functools import partial
from typing import Any

from . import dump, harness, linux
from .box import Box
from .child import Body, Child, Ending
from .claims import ClaimWriter
from .frames import Channel, Frame, send
from .layers import MIB, CaseLimits, Jail, limit_resources_of_all
from .request import Request

_MAX_FILES = 8  # a database script leaves one file, with a journal or two at most
_DUMP_LIMITS = CaseLimits(cpu_s=5.0, memory_mb=512, output_kb=16 << 10, file_mb=16, processes=0)


class Supervisor:
    """Serves one request and reports it, case by case."""

    def __init__(self, request: Request, jail: Jail, channel: Channel) -> None:
        self._request, self._jail, self._channel = request, jail, channel
        self._box = Box(jail, request.limits.file_mb)
        self._sources: list[types.CodeType] = []

    def serve(self) -> None:
        """Compile and run every case; the frames sent are ``compiled`` and then one ``case`` per case, in order."""
        problem = self._compile()
        send(self._channel.sock, {"kind": "compiled", "problem": problem})
        if problem is not None:
            return
        self._box.open()
        try:
            if self._request.mode in ("literal", "expect"):
                self._serve_in_order()
            else:
                for index, case in enumerate(self._request.cases):
                    self._serve_alone(index, case)
        finally:
            self._box.close()

    def _compile(self) -> dict[str, str] | None:
        """Compile under the case's limits: a crash of the compiler ends this process, which the zygote reports."""
        limits = self._request.limits
        soft = resource.getrlimit(resource.RLIMIT_AS)
        memory = self._jail.base_memory + limits.memory_mb * MIB
        resource.setrlimit(resource.RLIMIT_AS, (memory, soft[1]))
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(limits.cpu_s) + 1, resource.RLIM_INFINITY))
        wanted = [self._request.setup] if self._request.mode in ("literal", "expect") else []
        wanted += [self._request.code] if self._request.mode != "expect" else []
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._sources = [compile(text, "program.py", "exec", dont_inherit=True) for text in wanted]
        except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError) as error:
            return harness.describe(error)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, soft)
            resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        return None

    def _serve_alone(self, index: int, case: Any) -> None:  # noqa: ANN401 - JSON
        request = self._request
        body: Body
        stdin = b""
        if request.mode == "script":
            stdin = str(case).encode("utf-8", "surrogatepass")
            body = partial(harness.run_script, self._sources[0])
        else:
            body = partial(harness.run_call, self._sources[0], request.entry, *case)
        self._box.fill(request.files)
        try:
            ending = Child(self._jail, request.limits, _prepared(self._jail, body), stdin=stdin).watch()
            state, names, files = self._state_after()
        finally:
            self._box.empty()
        self._report(index, ending, b"".join(ending.claims[:1]), state, names, files)

    def _state_after(self) -> tuple[bytes, list[str], list[bytes]]:
        """What became of the databases, and (when asked for) the files left."""
        request = self._request
        if not (request.dump or request.collect):
            return b"", [], []
        left = self._box.names()
        names, files = [], []
        largest = request.limits.file_mb * MIB
        if request.collect:
            for name in left[: _MAX_FILES + 1]:
                content = self._box.read(name, largest)
                if content is not None:
                    names.append(name)
                    files.append(content)
        watched = names if request.collect else list(request.files)
        if not request.collect and left == sorted(watched):
            unchanged = all(self._box.read(name, largest) == request.files[name] for name in watched)
            if unchanged:
                return b"", names, files
        body = partial(dump.claim_databases, watched)
        ending = Child(self._jail, _DUMP_LIMITS, body).watch()
        if ending.how == "jail":
            raise OSError(f"the jail could not be set up: {ending.reason}")
        return ending.claims[0] if ending.claims else b"null", names, files

    def _serve_in_order(self) -> None:
        """One process for all cases, replaced by a new one after the case that ended it."""
        request = self._request
        done, total = 0, len(request.cases)
        while done < total:
            loaded = False
            spent = 0.0
            first = done

            def progress(message: bytes, seconds: float) -> bool:
                nonlocal loaded, done, spent
                spent += seconds
                if not loaded:
                    loaded = message == b'{"loaded": true}'
                    return loaded
                if done < total:
                    self._report(done, Ending("exit", cpu=spent), message)
                    done, spent = done + 1, 0.0
                return done < total

            self._box.fill(request.files)
            try:
                body = self._ordered_body(request.cases[first:])
                ending = Child(self._jail, request.limits, body, cases=total - first + 1).watch(progress)
            finally:
                self._box.empty()
            if not loaded:
                for index in range(done, total):
                    self._report(index, ending, b"".join(ending.claims[:1]))
                return
            if done < total:
                self._report(done, ending, b"")
                done += 1

    def _ordered_body(self, cases: list[str]) -> Body:
        if self._request.mode == "expect":
            body: Body = partial(harness.run_expectations, self._sources, cases)
        else:
            body = partial(harness.run_literals, self._sources, self._request.entry, cases)
        return _prepared(self._jail, body)

    def _report(
        self,
        index: int,
        ending: Ending,
        claim: bytes,
        state: bytes = b"",
        names: list[str] | None = None,
        files: list[bytes] | None = None,
    ) -> None:
        header = {
            "kind": "case",
            "index": index,
            "how": ending.how,
            "code": ending.code,
            "cpu": ending.cpu,
            "wall": ending.wall,
            "reason": ending.reason,
            "files": names or [],
        }
        send(self._channel.sock, header, [bytes(ending.stdout), claim, state, *(files or [])])


def _prepared(jail: Jail, body: Body) -> Body:
    def run(claims: ClaimWriter) -> int:
        harness.prepare(jail.box)
        return body(claims)

    return run


def supervise(frame: Frame, jail: Jail, channel: Channel, zygote: int) -> None:
    """Serve one request in a process of its own."""
    linux.die_with_parent()
    if os.getppid() != zygote:
        return
    linux.adopt_orphans()
    request = Request.parse(frame)
    limit_resources_of_all(request.limits)
    Supervisor(request, jail, channel).serve()
