"""The process of one program: compiles it, runs a fresh process per case, streams what each claimed to the grader.

It never runs anything of the program itself, and reads nothing of what the program says but the length of messages.
"""

from __future__ import annotations

import gc
import math
import os
import resource
import signal
import types
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from . import database_dump, harness, interpreter, linux, preload, prelude
from .child import Body, Child, Ending
from .frames import Channel, send
from .isolation import MIB, CaseLimits, Confinement, Jail, limit_resources_of_all
from .worker_request import WorkerRequest
from .working_directory import WorkingDirectory

_MAX_FILES = 8  # a database script leaves one file, with a journal or two at most
_LONG = 8192  # characters; shorter programs are compiled in no time, whatever they contain
_DUMP_LIMITS = CaseLimits(cpu_s=5.0, memory_mb=512, output_kb=16 << 10, file_mb=16, processes=0)


class Supervisor:
    """Serves one request and reports it, case by case."""

    def __init__(self, request: WorkerRequest, jail: Jail, channel: Channel) -> None:
        self._request, self._jail, self._channel = request, jail, channel
        self._box = WorkingDirectory(jail, request.limits.file_mb)
        self._path = f"{jail.box}/{interpreter.PROGRAM}"
        self._files = request.files
        self._overfull = None if jail.own_namespaces else self._box.overfull
        self._dump_confinement: Confinement | None = None
        self._supplied: dict[str, object] = {}
        self._sources: list[types.CodeType] = []
        self._starved = False
        self._late = 0  # cases that ran out of time
        self._warned = False  # the compiler said something that an interpreter prints

    def serve(self) -> None:
        """Compile and run every case; the frames sent are ``compiled`` and then one ``case`` per case, in order."""
        limit_resources_of_all()
        problem = self._compile()
        send(self._channel.sock, {"kind": "compiled", "problem": problem})
        if problem is not None:
            return
        preload.load_for(self._sources)
        names = preload.names_in(self._sources)
        if self._request.prelude:
            self._supplied = prelude.supply(names, self._request.prelude)
        if interpreter.asks_for_its_file(names):
            self._files = {interpreter.PROGRAM: self._request.code.encode("utf-8", "surrogatepass"), **self._files}
        gc.freeze()  # collections in the cases' processes shall not touch, hence copy, what is here
        self._box.open()
        in_order = self._request.mode in ("literal", "expect")  # one process for all cases of a group
        self._confinement = self._confine(self._request.limits, len(self._request.cases) + 1 if in_order else 1)
        try:
            if in_order:
                self._serve_in_order()
            else:
                for index in range(len(self._request.cases)):
                    self._serve_alone(index)
                    if self._gives_up(index + 1, len(self._request.cases)):
                        break
        finally:
            self._box.close()

    def _gives_up(self, done: int, end: int) -> bool:
        """Whether so many cases ran out of time that the others are not worth theirs; these are reported as such."""
        if not 0 < self._request.limits.timeouts <= self._late:
            return False
        for index in range(done, end):
            self._report(index, Ending("skipped"), b"")
        return True

    def _compile(self) -> dict[str, Any] | None:
        """Compile under the case's limits; returns what is wrong, if so."""
        wanted = [self._request.setup] if self._request.mode in ("literal", "expect") else []
        wanted += [self._request.code] if self._request.mode != "expect" else []
        if sum(map(len, wanted)) > _LONG and (problem := self._rehearse_compiling(wanted)) is not None:
            return problem
        soft = resource.getrlimit(resource.RLIMIT_AS)
        self._limit_compiler()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                warnings.simplefilter("always", SyntaxWarning)  # the only ones that an interpreter shows of a program
                warnings.showwarning = self._note_warning
                self._sources = [interpreter.compiled(text, self._path) for text in wanted]
        except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError) as error:
            return harness.describe(error)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, soft)
            resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        return None

    def _note_warning(self, *_: object, **__: object) -> None:
        self._warned = True

    def _limit_compiler(self, spare_s: float = resource.RLIM_INFINITY) -> None:
        memory = self._jail.base_memory + self._request.limits.memory_mb * MIB
        resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
        seconds = math.ceil(self._request.limits.cpu_s) + 1
        hard = resource.RLIM_INFINITY if spare_s == resource.RLIM_INFINITY else seconds + int(spare_s)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, hard))

    def _rehearse_compiling(self, wanted: list[str]) -> dict[str, Any] | None:
        """Compile a long program in a process of its own first: the compiler can crash, or take quadratic time.

        This process itself could not be stopped: the first of a pid namespace ignores the signal for too much CPU time.
        """
        pid = linux.fork()
        if pid == 0:
            try:
                linux.die_with_parent()
                self._limit_compiler(spare_s=1)
                for text in wanted:
                    compile(text, self._path, "exec", dont_inherit=True)
            finally:
                os._exit(0)  # an exception will come again where it is reported
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code >= 0:
            return None
        slow = -code in (signal.SIGXCPU, signal.SIGKILL)
        return {"error": f"the compiler {'took too long' if slow else 'crashed'} ({signal.Signals(-code).name})"}

    def _confine(self, limits: CaseLimits, cases: int = 1) -> Confinement:
        return Confinement(self._jail, limits, limits.cpu_s * cases)

    def _child(self, body: Body, stdin: bytes = b"") -> Child:
        # The process shall find none of the other cases, nor whether it is watched, in the frames above its own.
        return Child(
            self._jail,
            self._request.limits,
            self._confinement,
            body,
            stdin,
            forget=vars(self).clear,
            hear=self._request.mode == "call",
        )

    def _ask_for_patience(self) -> None:
        send(self._channel.sock, {"kind": "waiting"})

    def _body(self, case: Any) -> Body:  # noqa: ANN401 - JSON
        if self._request.mode == "script":
            return partial(harness.run_script, self._sources[0])
        return partial(harness.run_call, self._sources[0], self._request.entry, *case, supplied=self._supplied)

    def _stdin(self, case: Any) -> bytes:  # noqa: ANN401 - JSON
        return str(case).encode("utf-8", "surrogatepass") if self._request.mode == "script" else b""

    def _serve_alone(self, index: int) -> None:
        self._box.fill(self._files)
        try:
            case = self._request.cases[index]
            child = self._child(self._body(case), self._stdin(case))
            ending = child.watch(overfull=self._overfull, patient=self._ask_for_patience)
            state, names, files = self._state_after()
        finally:
            self._starved = self._box.starved()
            self._box.empty()
        self._report(index, ending, b"".join(ending.claims[:1]), state, names, files)

    def _state_after(self) -> tuple[bytes, list[str], list[bytes]]:
        """What became of the databases, and (when asked for) the files left."""
        request = self._request
        if not (request.dump or request.collect):
            return b"", [], []
        try:
            left = [name for name in self._box.names() if name != interpreter.PROGRAM]
        except OSError:  # the program made its folder unreadable, or removed it
            return b"null", [], []
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
        body = partial(database_dump.claim_databases, watched)
        if self._dump_confinement is None:
            self._dump_confinement = self._confine(_DUMP_LIMITS)
        ending = Child(self._jail, _DUMP_LIMITS, self._dump_confinement, body).watch()
        if ending.how == "jail":
            raise OSError(f"the jail could not be set up: {ending.reason}")
        return ending.claims[0] if ending.claims else b"null", names, files

    def _serve_in_order(self) -> None:
        done = 0
        for size in self._request.groups or [len(self._request.cases)]:
            self._late = 0
            self._serve_group(done, done + size)
            done += size

    def _serve_group(self, done: int, end: int) -> None:
        """One process for the cases from ``done`` to ``end``, replaced by a new one after the case that ended it."""
        while done < end:
            progress = _Progress(self._report, done, end)
            self._box.fill(self._files)
            try:
                child = self._child(self._ordered_body(done, end))
                ending = child.watch(progress, self._overfull, self._ask_for_patience)
            finally:
                self._starved = self._box.starved()
                self._box.empty()
            done = progress.done
            if not progress.loaded:
                for index in range(done, end):
                    self._report(index, ending, b"".join(ending.claims[:1]))
                return
            if done < end:
                self._report(done, ending, b"")
                done += 1
            if self._gives_up(done, end):
                return

    def _ordered_body(self, first: int, end: int) -> Body:
        cases = self._request.cases[first:end]
        if self._request.mode == "expect":
            return partial(harness.run_expectations, self._sources, cases)
        return partial(harness.run_literals, self._sources, self._request.entry, cases)

    def _report(
        self,
        index: int,
        ending: Ending,
        claim: bytes,
        state: bytes = b"",
        names: list[str] | None = None,
        files: list[bytes] | None = None,
    ) -> None:
        self._late += ending.how in ("cpu", "wall") or (ending.how == "signal" and ending.code == signal.SIGXCPU)
        header = {
            "kind": "case",
            "index": index,
            "how": ending.how,
            "code": ending.code,
            "cpu": ending.cpu,
            "wall": ending.wall,
            "waited": ending.waited_for_machine,
            "reason": ending.reason,
            "full": self._starved,
            "complained": ending.complained or self._warned,
            "files": names or [],
        }
        send(self._channel.sock, header, [bytes(ending.stdout), claim, state, *(files or [])])


class _Progress:
    """Reports one case after the other as the process that serves them all claims their results."""

    def __init__(self, report: Callable[[int, Ending, bytes], None], first: int, total: int) -> None:
        self._report, self.done, self._total = report, first, total
        self.loaded = False
        self._failed_to_load = False
        self._spent = 0.0

    def __call__(self, message: bytes, seconds: float) -> bool:
        """Take a claim and the CPU seconds since the last; returns whether the process may go on."""
        self._spent += seconds
        if self._failed_to_load:
            return False
        if not self.loaded:
            self.loaded = message == b'{"loaded": true}'
            self._failed_to_load = not self.loaded  # the claim says why, and the process ends by itself
            return True
        if self.done < self._total:
            self._report(self.done, Ending(cpu=self._spent), message)
            self.done, self._spent = self.done + 1, 0.0
        return self.done < self._total


def supervise(jail: Jail, channel: Channel, zygote: int) -> None:
    """Read one request and serve it, in a process of its own; raises ``FrameError`` where there is none to read."""
    linux.die_with_parent()
    if os.getppid() != zygote:
        return
    linux.adopt_orphans()
    Supervisor(WorkerRequest.parse(channel.receive()), jail, channel).serve()
