"""Run the scorer as a child process, and restart it if it dies."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from real.errors import InfrastructureError
from real.io import disk
from real.io.network import WILDCARDS, node_address
from real.training.openrlhf import child_process
from real.training.openrlhf.command import Files
from real.training.openrlhf.config import OpenRlhfCfg

_START_S = 120.0  # sandbox workers and MyPy need some seconds, on a busy node more
_RESTARTS = 20
TOKEN_VARIABLE = "REAL_SCORER_TOKEN"


class ScorerProcess:
    """A context manager that keeps one scorer running for the files in ``files.folder``.

    With ``cfg.scorer_url`` it only writes that address, with the token of the environment variable
    ``REAL_SCORER_TOKEN``: somebody else runs the scorer, with ``--job`` on the same folder. ``other_node`` is the host
    of an engine that asks from another machine: the scorer listens on every interface then, and its address file has
    the one that leads there. ``slots`` batches are judged at a time (0: one a core).
    """

    def __init__(
        self,
        files: Files,
        cfg: OpenRlhfCfg,
        say: Callable[[str], None],
        *,
        other_node: str | None = None,
        slots: int = 0,
    ) -> None:
        self._files = files
        self._cfg = cfg
        self._say = say
        self._slots = slots
        here = node_address(other_node) if other_node else "127.0.0.1"
        self._host = cfg.scorer_host or (here if here.startswith("127.") else "0.0.0.0")
        self._advertise = here if self._host in WILDCARDS else self._host
        self._token = os.environ.get(TOKEN_VARIABLE) or secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        self._restarts = 0

    def __enter__(self) -> ScorerProcess:
        if self._cfg.scorer_url is not None:
            content = json.dumps({"url": self._cfg.scorer_url, "token": self._token}) + "\n"
            disk.atomic_write(self._files.address, content)
            self._files.address.chmod(0o600)
            return self
        self._start()
        self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            child_process.stop(self._process, grace_s=10)
        self._files.address.unlink(missing_ok=True)

    def look_after(self) -> None:
        """Restart the scorer if it died; raises ``InfrastructureError`` after 20 restarts."""
        if self._process is None or self._process.poll() is None:
            return
        self._restarts += 1
        if self._restarts > _RESTARTS:
            raise InfrastructureError(
                f"the scorer died {self._restarts} times: {self._last_line()}",
                hint=f"Its output is in {self._log}. The same command resumes from the last checkpoint.",
            )
        self._say(f"the scorer died and is started again ({self._restarts}): {self._last_line()}")
        self._start()

    @property
    def _log(self) -> Path:
        return self._files.folder / "scorer.log"

    def _start(self) -> None:
        self._files.address.unlink(missing_ok=True)
        command = [
            *(sys.executable, "-m", "real.serving"),
            *("--job", str(self._files.folder)),
            *("--host", self._host),
            *("--advertise", self._advertise),
            *("--port", "0"),
            *("--slots", str(self._slots)),
            *("--ready", str(self._files.address)),
        ]
        environment = {**os.environ, TOKEN_VARIABLE: self._token, "CUDA_VISIBLE_DEVICES": ""}
        with disk.disk_errors(self._log), self._log.open("ab") as log:
            self._process = child_process.start(
                command, environment=environment, output=log, nice=self._cfg.scorer_nice
            )

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_S
        while not self._files.address.exists():
            if self._process is not None and self._process.poll() is not None:
                raise InfrastructureError(f"the scorer did not start: {self._last_line()}", hint=f"See {self._log}.")
            if time.monotonic() > deadline:
                raise InfrastructureError(f"the scorer did not start within {_START_S:g} s", hint=f"See {self._log}.")
            time.sleep(0.1)

    def _last_line(self) -> str:
        with self._log.open(encoding="utf-8", errors="replace") as file:
            return next(iter(deque((line.strip() for line in file if line.strip()), maxlen=1)), "it said nothing")
