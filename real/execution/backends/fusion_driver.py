"""The harness of the jail as a script for a SandboxFusion server, without the jail's confinement.

It travels in a zip archive that the server's Python executes. It knows the inputs of the cases and nothing of what is
expected. The program shares this process and could write any report itself: a forged one is worth what it could print.

Reports are lines of JSON in a file that is fetched afterwards, and so is the output: a server reads a program's pipes
only when the program has ended, so that more than fits into a pipe would end as a timeout.
"""

from __future__ import annotations

import json
import math
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from real.execution.jail import harness, interpreter, preload, prelude
from real.execution.jail.program_output import ClaimWriter

_SPARE_MEMORY = 32 << 20  # between the soft and the hard limit: lets the harness report a MemoryError
_UNKNOWN_SIZE = 256 << 20  # of the interpreter, where the server hides /proc
_OPEN_FILES = 64


def _cpu_seconds() -> float:
    """CPU seconds of this process; ``time.process_time`` gets as coarse as a tick while ``ITIMER_PROF`` runs."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class _Reporter(ClaimWriter):
    """Writes what the harness claims, with the CPU seconds since the claim before, and restarts the clocks."""

    def __init__(self, fd: int, cpu_s: float, wall_s: float, max_bytes: int) -> None:
        super().__init__(fd, max_bytes)
        self._cpu_s, self._wall_s = cpu_s, wall_s
        self._mark = 0.0

    def send(self, message: bytes) -> None:
        """Report one claim of the harness."""
        self.report(claim=message.decode("ascii"))
        self.start_clocks()

    def report(self, **fields: object) -> None:
        """Append one line."""
        now = _cpu_seconds()
        self.raw(json.dumps({**fields, "cpu": round(now - self._mark, 6)}).encode("ascii") + b"\n")

    def start_clocks(self) -> None:
        """Start the time limits of the next case; both signals end the process by default."""
        self._mark = _cpu_seconds()
        signal.setitimer(signal.ITIMER_PROF, self._cpu_s)
        signal.setitimer(signal.ITIMER_REAL, self._wall_s)


def _size_of_this_process() -> int:
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return _UNKNOWN_SIZE


def _limit(spec: dict[str, Any]) -> None:
    """The resource limits, within those that the server has set already."""
    memory = _size_of_this_process() + (spec["memory_mb"] << 20)
    size = spec["file_mb"] << 20
    cpu = math.ceil(_cpu_seconds() + spec["cpu_s"] * (len(spec["cases"]) + 1)) + 1  # for those that stop the timer
    for which, soft, spare in (
        (resource.RLIMIT_AS, memory, _SPARE_MEMORY),
        (resource.RLIMIT_FSIZE, size, 0),
        (resource.RLIMIT_CPU, cpu, 1),
        (resource.RLIMIT_NOFILE, _OPEN_FILES, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        ceiling = resource.getrlimit(which)[1]
        highest = sys.maxsize if ceiling == resource.RLIM_INFINITY else ceiling
        resource.setrlimit(which, (min(soft, highest), min(soft + spare, highest)))


def _redirect(folder: Path, stdin: bytes) -> None:
    """Standard input from memory, output into a file, errors nowhere."""
    source = os.memfd_create("stdin")
    os.write(source, stdin)
    os.lseek(source, 0, os.SEEK_SET)
    out = os.open(folder / "out", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open("/dev/null", os.O_WRONLY)
    for target, fd in enumerate((source, out, null)):
        os.dup2(fd, target)
        os.close(fd)


def _serve(spec: dict[str, Any], reporter: _Reporter) -> int:
    mode, cases = spec["mode"], spec["cases"]
    wanted = [spec["setup"], spec["code"]] if mode == "literal" else [spec["code"]]
    reporter.start_clocks()
    try:
        sources = [interpreter.compiled(text, str(Path(interpreter.PROGRAM).absolute())) for text in wanted]
    except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError) as error:
        reporter.report(problem=harness.describe(error))
        return 0
    reporter.report(compiled=True)
    preload.load_for(sources)
    names = preload.names_in(sources)
    supplied = prelude.supply(names, spec["prelude"]) if spec["prelude"] else None
    if interpreter.asks_for_its_file(names):
        Path(interpreter.PROGRAM).write_text(spec["code"], "utf-8", "surrogatepass")
    reporter.start_clocks()
    if mode == "script":
        return harness.run_script(sources[0], reporter)
    if mode == "call":
        args, kwargs = cases[0]
        return harness.run_call(sources[0], spec["entry"], args, kwargs, reporter, supplied=supplied)
    return harness.run_literals(sources, spec["entry"], cases, reporter)


def main(name: str) -> None:
    """Serve the request in the folder ``name``, and end this process."""
    folder = Path(name).resolve()
    box = folder.parent / "box"
    box.mkdir(exist_ok=True)
    spec = json.loads((folder / "spec.json").read_bytes())
    fd = os.open(folder / "claims", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    reporter = _Reporter(fd, spec["cpu_s"], spec["wall_s"], spec["max_claim"])
    sys.path.pop(0)  # this archive
    os.chdir(box)
    interpreter.become_template(str(box))
    _limit(spec)
    os.write(1, folder.name.encode("ascii"))  # into the server's pipe, where no program can take it back: it has begun
    _redirect(folder, spec["cases"][0].encode("utf-8", "surrogatepass") if spec["mode"] == "script" else b"")
    status = _serve(spec, reporter)
    reporter.report(end=status)
    os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1])
