"""One worker process as the parent sees it: started, asked, killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from real.errors import InfrastructureError, UsageError
from real.signals import signal_name
from real.typecheck.diagnostics import from_json
from real.typecheck.json_frames import DeadlineError, FrameReader, StreamEndError, write_frame
from real.typecheck.submission import Submission
from real.types import Analysis, JsonValue

STARTUP_DEADLINE_S = 120.0
# The worker itself gives up on a program, twice, and tries a harmless one; when not even that comes, the worker hangs.
FRAME_DEADLINE_S = 600.0
_CLOSE_DEADLINE_S = 2.0
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


class WorkerDiedError(Exception):
    """The worker process ended or hung in the middle of a batch."""


class WorkerProcess:
    """A warm type checker in a process of its own; starting returns at once, the first use waits for the warm-up."""

    def __init__(self, room: Path, settings: Mapping[str, JsonValue]) -> None:
        """``room`` is a private directory; the worker lives in an empty directory below it.

        ``settings`` are ``policy`` and ``advice``.
        """
        empty = room / "empty"  # MyPy searches its working directory for imports
        empty.mkdir(exist_ok=True)
        self._log = room / "worker.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "real.typecheck.worker_main"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=empty,
                env=_environment(),
                start_new_session=True,  # its children are killed with it, and Ctrl-C reaches only us
                bufsize=0,
            )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._reader = FrameReader(self._stdout.fileno())
        self._ready = False
        self._send(dict(settings))

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_ready(self) -> None:
        """Wait for the warm-up; raises ``InfrastructureError`` when the worker cannot start.

        Raises ``WorkerDiedError`` where somebody killed it (another start may well succeed), and ``UsageError`` when
        MyPy cannot be used.
        """
        if self._ready:
            return
        try:
            answer: Any = self._reader.read(STARTUP_DEADLINE_S)
        except DeadlineError:
            raise InfrastructureError(f"the type checker did not start within {STARTUP_DEADLINE_S:g} seconds") from None
        except StreamEndError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                if self._process.wait(_CLOSE_DEADLINE_S) < 0:
                    name = signal_name(-self._process.returncode)
                    raise WorkerDiedError(f"the type checker's worker process was killed ({name})") from None
            tail = self._log.read_text(errors="replace").strip().splitlines()[-1:]
            raise InfrastructureError(
                "the type checker's worker process cannot start",
                hint=tail[0] if tail else "It left no message.",
            ) from None
        if "failed" in answer:
            raise (UsageError if answer["usage"] else InfrastructureError)(answer["failed"])
        self._ready = True

    def check(self, programs: Sequence[Submission]) -> Iterator[Analysis]:
        """One analysis per program, in order; raises ``WorkerDiedError`` for the first that gets none."""
        self.wait_ready()
        self._send({"programs": [list(program) for program in programs]})
        for _ in programs:
            try:
                answer: Any = self._reader.read(FRAME_DEADLINE_S)
            except (DeadlineError, StreamEndError, ValueError) as error:
                what = {DeadlineError: "hung", StreamEndError: "died"}.get(type(error), "talks nonsense")
                raise WorkerDiedError(f"the type checker's worker process {what}") from None
            yield from_json(answer)

    def close(self) -> None:
        """End the worker by closing its input; kill it if it does not listen."""
        self._stdin.close()
        try:
            self._process.wait(_CLOSE_DEADLINE_S if self._ready else 0)
        except subprocess.TimeoutExpired:
            self.kill()
        self._stdout.close()

    def kill(self) -> None:
        """Kill the worker and its children."""
        # The group outlives a worker that was killed while its child still runs; the number stays ours until wait().
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._stdin.close()
        self._stdout.close()

    def _send(self, value: dict[str, JsonValue]) -> None:
        # A dead worker shows when its answer is read.
        with contextlib.suppress(BrokenPipeError):
            write_frame(self._stdin.fileno(), value)


def _environment() -> dict[str, str]:
    """Ours, without what would change MyPy's verdict, and with a fixed order of sets."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MYPY", "PYTHON"))}
    return kept | {"PYTHONPATH": str(_PACKAGE_ROOT), "PYTHONHASHSEED": "0"}
