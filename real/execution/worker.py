"""The grader's handle on one worker: starts the launcher, sends it requests, and kills it when it fails."""

from __future__ import annotations

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from real.execution.cgroups import Cgroup
from real.execution.jail import linux
from real.execution.jail.frames import Channel, Frame, FrameError, pack
from real.execution.jail.worker_request import WorkerRequest

_START_S = 30.0
_END_S = 10.0
_OPEN_FILES = 64  # a worker needs some 20
_MOST_WAITS = 100  # extensions of one case's wall-clock limit
_SLACK_S = 10.0  # past the wall-clock limit of a case, before a silent worker is given up
_SPARE_UIDS = range(50_000, 60_000)
_BOOTSTRAP = "import sys; sys.path.insert(0, sys.argv[1]); from jail.launcher import main; main(sys.argv[2])"
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "1",  # address space is limited, and every arena reserves 64 MiB of it
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",  # sets and dicts of strings in one order: the same program, the same verdict
}


class WorkerError(Exception):
    """This worker died or broke the protocol: replace it and try again."""


class RequestError(Exception):
    """What is asked cannot be put into a frame: the tests' fault, on any worker."""


class WorkerStalledError(WorkerError):
    """This worker has been silent for longer than any limit allows."""


@dataclass(frozen=True, slots=True)
class CaseReport:
    """What a worker observed of one case; see ``real.execution.jail.child.Ending``."""

    how: str
    code: int
    cpu: float
    wall: float
    reason: str
    stdout: bytes
    claim: bytes
    state: bytes
    files: dict[str, bytes]
    full: bool = False  # the machine's disk was full at the end
    waited: bool = False  # at the wall-clock limit: other work on the machine may be to blame
    complained: bool = False  # text came out on standard error (calls only), or the compiler warned


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """The answer to one request: a compile error, or the cases reported and how the supervising process ended."""

    problem: dict[str, str] | None
    compiled: bool
    cases: list[CaseReport]
    end_code: int  # 0, an exit code, or minus a signal: not 0 when the program took its supervisor down
    failure: str = ""  # an error of the machine, in words


def _readable_paths() -> list[str]:
    """Where the interpreter, its libraries and its packages live."""
    system = ["/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives"]
    return [*system, *_python_paths()]


def _python_paths() -> list[str]:
    return [str(Path(sys.base_prefix).resolve()), *_import_paths()]


def _import_paths() -> list[str]:
    paths = [sysconfig.get_paths()[name] for name in ("purelib", "platlib")]
    return list(dict.fromkeys(str(Path(path).resolve()) for path in paths if Path(path).is_dir()))


def _closed(path: str, *, alone: bool) -> Iterator[os.stat_result]:
    """What other users may not look into of a folder and (unless it is seen ``alone``) of those above it."""
    for part in [Path(path)] if alone else [Path(path), *Path(path).parents]:
        status = part.stat()
        if not status.st_mode & 0o001:
            yield status


def _program_uid(spare: int, paths: Sequence[str], *, alone: bool) -> int | None:
    """The user that root runs programs as: ``spare``, else who owns the closed folders that ``paths`` are in.

    ``None``: root itself. ``alone``: the folders above ``paths`` do not count, for programs do not see them.
    """
    owners = {status.st_uid for path in paths for status in _closed(path, alone=alone)}
    if not owners:
        return spare
    return owners.pop() or None if len(owners) == 1 else None


def _scratch_parent() -> str | None:
    """Memory-backed if possible: SQLite waits for the disk otherwise."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Worker:
    """One launcher process with its zygote, at exactly ``level``; raises ``WorkerError`` where that cannot be had.

    ``slot`` tells the workers of a pool apart. ``functions`` loads what programs import whose functions are called.
    """

    def __init__(self, level: str, slot: int, *, functions: bool = False) -> None:
        self.level = level
        self.scratch: str | None = None
        if level != "strong":
            try:
                self.scratch = tempfile.mkdtemp(prefix="real-jail-", dir=_scratch_parent())
            except OSError as error:
                raise WorkerError(f"no folder for programs to run in: {error}") from error
            Path(self.scratch).chmod(0o711)  # no umask shall keep another user out
        ours, theirs = socket.socketpair()
        root = os.geteuid() == 0
        if level == "weak" and not root:
            linux.hide_memory()  # programs have the grader's own uid there, and could look for the expected values
        spare = _SPARE_UIDS[(os.getpid() * 64 + slot) % len(_SPARE_UIDS)]
        paths = [*_python_paths(), *([self.scratch] if self.scratch else [])]
        config = {
            "fd": theirs.fileno(),
            "parent": os.getpid(),
            "root": str(Path(__file__).parent),
            "level": level,
            "functions": functions,
            "readable": _readable_paths(),
            "import_paths": _import_paths(),
            "scratch": self.scratch or "",
            "program_uid": _program_uid(spare, paths, alone=level == "strong") if root else None,
            "spare_uid": spare,
        }
        # -P -s -S and an environment of our own: as isolated as -I, which would ignore PYTHONHASHSEED.
        interpreter = str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
        command = [interpreter, "-P", "-s", "-S", "-c", _BOOTSTRAP, str(config["root"]), json.dumps(config)]
        try:
            self._process = subprocess.Popen(
                command,
                env=_ENVIRONMENT,
                cwd="/",
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            raise WorkerError(f"cannot start {interpreter}: {error}") from error
        finally:
            theirs.close()
        self._channel = Channel(ours)
        self._cgroup: Cgroup | None = None
        if root:
            with suppress(OSError):
                self._cgroup = Cgroup(self._process.pid)
        self.facts = {**self._greet(), "cgroup": self._cgroup is not None}

    @property
    def pid(self) -> int:
        """The launcher's process id."""
        return self._process.pid

    def _greet(self) -> dict[str, Any]:
        try:
            frame = self._channel.receive(_START_S)
        except (OSError, FrameError) as error:
            self.close()
            raise WorkerError(f"the worker did not start: {error}{_too_few_files()}") from error
        if frame.header.get("kind") != "ready":
            self.close()
            raise WorkerError(str(frame.header.get("reason", "the worker refused"))[:500])
        return frame.header

    def ask(self, request: WorkerRequest) -> WorkerReport:
        """Run one request; raises ``WorkerError`` (and closes) when the worker dies, stalls or breaks the protocol.

        Raises ``RequestError``, and nothing happened, where the request is too large.
        """
        patience = max(request.limits.wall_s, 2 * request.limits.cpu_s) + _SLACK_S
        problem: dict[str, str] | None = None
        compiled, failure, waited = False, "", 0
        cases: list[CaseReport] = []
        try:
            frame_bytes = pack(*request.frame())
        except (FrameError, RecursionError) as error:
            raise RequestError(f"the tests cannot be handed over: {error}") from error
        try:
            if self._cgroup is not None:
                self._cgroup.limit(request.limits.memory_mb, request.limits.processes)
            self._channel.sock.settimeout(patience)
            self._channel.sock.sendall(frame_bytes)
            del frame_bytes
            while True:
                frame = self._channel.receive(patience)
                match frame.header.get("kind"):
                    case "compiled":
                        compiled, problem = True, _problem(frame)
                    case "case":
                        cases.append(_case_report(frame, expected_index=len(cases), total=len(request.cases)))
                    case "waiting":  # a busy machine: the case got more wall-clock time
                        waited += 1
                        if waited > _MOST_WAITS * len(request.cases):
                            raise FrameError("a case waits for ever")
                    case "failed":
                        failure = str(frame.header.get("reason"))[:500]
                    case "end":
                        code = frame.header.get("code")
                        return WorkerReport(problem, compiled, cases, code if isinstance(code, int) else -1, failure)
                    case "refused":  # the zygote ends: its reason says more than the end of the stream
                        raise FrameError(str(frame.header.get("reason"))[:500])
                    case kind:
                        raise FrameError(f"unexpected frame {kind!r}")
        except (OSError, FrameError, ArithmeticError, ValueError, MemoryError) as error:
            self.close()
            kind = WorkerStalledError if isinstance(error, TimeoutError) else WorkerError
            raise kind(f"the worker was lost: {error}") from error

    def close(self) -> None:
        """End the worker and everything below it, and its folder; safe to call twice and from any thread."""
        with suppress(OSError):
            self._channel.sock.shutdown(socket.SHUT_RDWR)  # the launcher sees this, kills, cleans up and ends
        self._channel.sock.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._cgroup is not None:
            self._cgroup.close()
        if self.scratch is not None:
            shutil.rmtree(self.scratch, ignore_errors=True)  # the launcher did this, unless it was killed


def _too_few_files() -> str:
    """A worker inherits the limit of open files, and can only die of it: nothing is left to say why with."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return f"; it may open {allowed} files only: raise `ulimit -n`" if 0 <= allowed < _OPEN_FILES else ""


def _problem(frame: Frame) -> dict[str, str] | None:
    problem = frame.header.get("problem")
    return {str(key): str(value) for key, value in problem.items()} if isinstance(problem, dict) else None


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise FrameError(f"not a number: {value!r}")
    try:
        return float(value)
    except OverflowError as error:
        raise FrameError("a number beyond all bounds") from error


def _case_report(frame: Frame, expected_index: int, total: int) -> CaseReport:
    """Check one case's frame; raises ``FrameError``."""
    header, names = frame.header, frame.header.get("files")
    if header.get("index") != expected_index or expected_index >= total:
        raise FrameError("a case was reported out of order")
    if not isinstance(names, list) or len(frame.blobs) != 3 + len(names):
        raise FrameError("a case's frame has the wrong number of parts")
    stdout, claim, state, *contents = frame.blobs
    return CaseReport(
        how=str(header.get("how")),
        code=int(_number(header.get("code"))),
        cpu=_number(header.get("cpu")),
        wall=_number(header.get("wall")),
        reason=str(header.get("reason"))[:500],
        stdout=stdout,
        claim=claim,
        state=state,
        files={str(name): content for name, content in zip(names, contents, strict=True)},
        full=header.get("full") is True,
        waited=header.get("waited") is True,
        complained=header.get("complained") is True,
    )
