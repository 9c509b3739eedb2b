"""Translate a request to SandboxFusion's JSON, and the server's answer to case reports.

What comes back was written by the program's process: it is decoded as data, bounded, and otherwise not believed.
"""

from __future__ import annotations

import base64
import binascii
import functools
import io
import json
import math
import secrets
import signal
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from real.execution.backends import fusion_driver
from real.execution.backends.fusion_client import FusionError
from real.execution.jail.program_output import CLAIM_FACTOR
from real.execution.jail.worker_request import WorkerRequest
from real.execution.worker import CaseReport

_START_S = 10.0  # for the server to set up its own isolation and to start Python twice
_INTERPRETER_MB = 512  # besides what the program may use
_SIDECARS = ("", "-journal", "-wal", "-shm")  # what SQLite keeps beside a database that is not closed
_CPU_SIGNALS, _WALL_SIGNALS = (signal.SIGPROF, signal.SIGXCPU), (signal.SIGALRM,)
_BOOTSTRAP = """import os, sys
environment = {{"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0",
               "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}}
os.execve(sys.executable, [sys.executable, "-s", "{name}/driver.zip", "{name}"], environment)
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """What one run on the server left; ``how`` and ``code`` as in ``CaseReport``, ``claims`` with their CPU seconds."""

    how: str
    code: int
    wall: float
    stdout: bytes
    claims: list[tuple[bytes, float]]
    problem: dict[str, str] | None
    files: dict[str, bytes]
    reason: str = ""  # which output was too much


class Exchange:
    """One run of a program: ``payload`` is sent to the server, ``read`` parses the answer."""

    def __init__(self, request: WorkerRequest, cases: Sequence[Any]) -> None:
        self._request = request
        self._name = secrets.token_hex(16)  # cannot be guessed, so nothing a program prints is taken for a report
        limits = request.limits
        self.run_s = _START_S + limits.wall_s * (len(cases) + 1)
        spec = {
            **{name: getattr(request, name) for name in ("mode", "code", "setup", "entry", "prelude")},
            **{name: getattr(limits, name) for name in ("cpu_s", "wall_s", "memory_mb", "file_mb")},
            "max_claim": CLAIM_FACTOR * (limits.output_kb << 10),
            "cases": list(cases),
        }
        self.payload: dict[str, Any] = {
            "language": "python",
            "code": _BOOTSTRAP.format(name=self._name),
            "run_timeout": self.run_s,
            "memory_limit_MB": limits.memory_mb + _INTERPRETER_MB,
            "files": {
                f"{self._name}/driver.zip": base64.b64encode(_archive()).decode("ascii"),
                f"{self._name}/spec.json": base64.b64encode(json.dumps(spec).encode("ascii")).decode("ascii"),
                **{f"box/{name}": base64.b64encode(data).decode("ascii") for name, data in request.files.items()},
            },
            "fetch_files": [f"{self._name}/{name}" for name in ("claims", "out")] + self._watched(),
        }

    def _watched(self) -> list[str]:
        if not self._request.dump:
            return []
        return [f"box/{name}{ending}" for name in self._request.files for ending in _SIDECARS]

    def read(self, answer: dict[str, Any]) -> Reply:
        """Parse the server's answer; raises ``FusionError`` where it does not say how the program ended."""
        run = answer.get("run_result")
        if answer.get("status") == "SandboxError" or not isinstance(run, dict) or run.get("status") == "Error":
            raise FusionError(f"the server failed: {_text(answer.get('message')) or 'it ran nothing'}")
        files = _files(answer.get("files"))
        stdout, lines = files.pop(f"{self._name}/out", b""), files.pop(f"{self._name}/claims", b"")
        # A program can remove its reports, but not the mark; a busy server has been seen to drop what was printed.
        if not lines and self._name not in str(run.get("stdout")):
            status, said = run.get("status"), _text(run.get("stderr"))
            raise FusionError(f"the program was not started ({status}, {said or 'no message'})")
        how, code = _ending(run)
        reason = ""
        largest = self._request.limits.output_kb << 10
        if len(stdout) > largest or len(lines) > CLAIM_FACTOR * largest:
            which, size, limit = ("printed", len(stdout), largest)
            if size <= limit:
                which, size, limit = "in encoded results", len(lines), CLAIM_FACTOR * largest
            reason = f"{size >> 10:,} KiB {which}, and the limit is {limit >> 10:,} KiB"
            how, stdout = "output", stdout[:largest]
        wall = _seconds(run.get("execution_time"), math.inf)
        first, claims = _reports(lines, wall)
        problem = None
        if "compiled" not in first and how != "wall":  # a server that is short of time may stop even the compiler
            problem = first.get("problem", {"error": f"the compiler crashed ({how} {code})"})
        asked_for = [name for name in self._watched() if name in files]  # whatever else it sends has no place here
        kept = {name.removeprefix("box/"): files[name] for name in asked_for}
        return Reply(how, code, wall, stdout, claims, problem, kept, reason)


def reports_alone(reply: Reply, cpu_s: float, state: bytes) -> list[CaseReport]:
    """The report of a run that served one case."""
    cpu = cpu_s if reply.how == "cpu" else sum(cpu for _, cpu in reply.claims)
    claim = next((claim for claim, _ in reply.claims if claim), b"")
    return [CaseReport(reply.how, reply.code, cpu, reply.wall, reply.reason, reply.stdout, claim, state, {})]


def reports_in_order(reply: Reply, count: int, cpu_s: float) -> list[CaseReport]:
    """The reports of a run that served ``count`` cases in order, up to and including the case that ended it."""
    claims = [(claim, cpu) for claim, cpu in reply.claims if claim]
    ending = CaseReport(
        reply.how, reply.code, cpu_s if reply.how == "cpu" else 0.0, reply.wall, reply.reason, b"", b"", b"", {}
    )
    if not claims or claims[0][0] != b'{"loaded": true}':
        failure = claims[0][0] if claims else b""
        return [
            CaseReport(ending.how, ending.code, ending.cpu, ending.wall, ending.reason, b"", failure, b"", {})
        ] * count
    reports = [CaseReport("exit", 0, cpu, 0.0, "", b"", claim, b"", {}) for claim, cpu in claims[1 : count + 1]]
    return reports if len(reports) == count else [*reports, ending]


@functools.cache
def _archive() -> bytes:
    """The driver and the jail's modules, as one file that Python can execute; the packages around them are empty."""
    jail = Path(fusion_driver.__file__).parents[1] / "jail"
    content = {"__main__.py": Path(fusion_driver.__file__).read_bytes(), "real/__init__.py": b""}
    content["real/execution/__init__.py"] = b""
    content |= {f"real/execution/jail/{path.name}": path.read_bytes() for path in sorted(jail.glob("*.py"))}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _ending(run: dict[str, Any]) -> tuple[str, int]:
    """How the process ended; a shell in between reports a signal as 128 and its number."""
    if run.get("status") == "TimeLimitExceeded":
        return "wall", 0
    code = run.get("return_code")
    if isinstance(code, bool) or not isinstance(code, int):
        raise FusionError("the answer has no return code")
    if 0 <= code <= 128:
        return "exit", code
    number = -code if code < 0 else code - 128
    if number in _CPU_SIGNALS:
        return "cpu", number
    return ("wall" if number in _WALL_SIGNALS else "signal"), number


def _files(fetched: object) -> dict[str, bytes]:
    if not isinstance(fetched, dict):
        raise FusionError("the answer has no files")
    try:
        return {str(name): base64.b64decode(str(text), validate=True) for name, text in fetched.items()}
    except (binascii.Error, ValueError) as error:
        raise FusionError(f"a fetched file is not base64: {error}") from error


def _reports(lines: bytes, wall: float) -> tuple[dict[str, Any], list[tuple[bytes, float]]]:
    """The first report, which is about compiling, and the claims after it in order, each with its CPU seconds."""
    first: dict[str, Any] = {}
    claims: list[tuple[bytes, float]] = []
    for number, line in enumerate(lines.split(b"\n")):
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            continue  # cut off when the process was killed, or written by the program itself
        if not isinstance(fields, dict):
            continue
        if number == 0:
            problem = fields.get("problem")
            shown = {str(key): str(value) for key, value in problem.items()} if isinstance(problem, dict) else {}
            first = {"problem": shown} if shown else fields
            continue
        claim = fields.get("claim")
        text = claim.encode("utf-8", "replace") if isinstance(claim, str) else b""
        claims.append((text, _seconds(fields.get("cpu"), wall)))
    return first, claims


def _seconds(value: object, most: float) -> float:
    """A number of seconds that a program may have written itself, from 0 to ``most``."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0.0
    try:
        seconds = float(value)
    except OverflowError:
        return most if math.isfinite(most) else 0.0
    return min(max(seconds, 0.0), most) if math.isfinite(seconds) else 0.0


def _text(value: object, limit: int = 300) -> str:
    return value[-limit:] if isinstance(value, str) else ""
