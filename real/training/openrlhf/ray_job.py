"""A training as a job of an existing Ray cluster, with the interface of a process."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from real.errors import InfrastructureError
from real.io.text_lines import lines_of

_TICK_S = 2.0


class RayJob:
    """One submitted Ray job. With the same id, a running job is followed again and an ended one is replaced.

    Paths have to mean the same on the cluster as here, and REAL has to be installed on its nodes.
    """

    def __init__(self, address: str, job_id: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Raises ``InfrastructureError`` where no dashboard answers."""
        self._address = address
        self._client = _client(address)
        self.job_id = self._find(job_id) or self._submit(job_id, command, environment)
        self._told = 0

    def _find(self, job_id: str) -> str | None:
        for job in self._asked(self._client.list_jobs):
            if job.submission_id and job.submission_id.rpartition(".")[0] == job_id and not job.status.is_terminal():
                return str(job.submission_id)
        return None

    def _submit(self, job_id: str, command: Sequence[str], environment: Mapping[str, str]) -> str:
        submitted = self._asked(
            self._client.submit_job,
            entrypoint=shlex.join(["python3", *command[1:]]),
            submission_id=f"{job_id}.{int(time.time())}",
            runtime_env={"env_vars": dict(environment)},
        )
        return str(submitted)

    def lines(self) -> Iterator[str]:
        """Yield the complete lines that the job has printed since the last call."""
        text: str = self._asked(self._client.get_job_logs, self.job_id)
        whole = text.rfind("\n", self._told) + 1
        yield from lines_of(text[self._told : whole])
        self._told = max(whole, self._told)

    def poll(self) -> int | None:
        """Return the exit code, or ``None`` while it runs; waits 2 s, to spare the dashboard."""
        time.sleep(_TICK_S)
        status = self._asked(self._client.get_job_status, self.job_id)
        if not status.is_terminal():
            return None
        return 0 if str(status) in ("SUCCEEDED", "JobStatus.SUCCEEDED") else 1

    def stop(self) -> None:
        """End the job."""
        self._asked(self._client.stop_job, self.job_id)

    def _asked(self, question: Callable[..., Any], *words: object, **named: object) -> Any:
        for pause in (1.0, 5.0, 25.0, None):  # a dashboard that restarts shall not end a training of days
            try:
                return question(*words, **named)
            except (RuntimeError, ConnectionError, OSError) as error:
                if pause is None:
                    raise InfrastructureError(f"the Ray at {self._address} refused: {error}") from error
                time.sleep(pause)
        raise AssertionError("unreachable")


def _client(address: str) -> Any:
    from ray.job_submission import JobSubmissionClient

    try:
        return JobSubmissionClient(address)
    except (ConnectionError, RuntimeError, OSError) as error:
        raise InfrastructureError(
            f"no Ray answers at {address}: {str(error).splitlines()[0]}",
            hint="It is the address of the dashboard, usually http://HEAD:8265; null starts a Ray for this run.",
        ) from error
