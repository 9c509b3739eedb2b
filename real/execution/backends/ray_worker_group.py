"""The actors of a ``RayPool``: started all over the cluster, checked when they have started, replaced when they die."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from real.execution.backends.ray_actor import ActorFacts, PoolActor, version

_CLOSE_S = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class RayWorker:
    """One actor that is ready to run requests."""

    handle: Any
    facts: ActorFacts


class RayWorkerGroup:
    """Starts actors of ``cores`` CPUs each; ``notes`` say which could not be had, and why."""

    def __init__(self, ray: ModuleType, cores: int, min_isolation: str, start_s: float) -> None:
        self._ray, self._start_s = ray, start_s
        self._arguments = (cores, min_isolation)
        # Ray's own retries are off: the ledger counts losses, and a lost pool has to be opened anew.
        self._actor = ray.remote(num_cpus=cores, scheduling_strategy="SPREAD", max_restarts=0)(PoolActor)
        self.workers: list[RayWorker] = []
        self.starting: dict[Any, tuple[Any, float]] = {}
        self.notes: list[str] = []
        self.other_versions: dict[str, str] = {}

    def start_one(self) -> None:
        """Ask for one more actor; it is in ``starting`` until ``admit`` is called."""
        handle = self._actor.remote(*self._arguments)
        self.starting[handle.open.remote()] = (handle, time.monotonic())

    def admit(self, opened: Any) -> None:  # noqa: ANN401 - Ray's object references have no useful type
        """Take in an actor whose start has ended, unless it failed or runs another version of the grader."""
        handle, _ = self.starting.pop(opened)
        try:
            facts: ActorFacts = self._ray.get(opened)
        except self._ray.exceptions.RayError as error:
            self._kill(handle)
            self.notes.append(reason_of(error))
            return
        if facts.version != version():
            self._kill(handle)
            self.other_versions[facts.host] = facts.version
            self.notes.append(f"{facts.host} has {facts.version}, this process {version()}")
            return
        self.workers.append(RayWorker(handle, facts))

    def wait_for_starts(self) -> None:
        """Wait until every actor has started, or has used up its time to start."""
        while self.starting:
            left = self._start_s - min(time.monotonic() - began for _, began in self.starting.values())
            ready, _ = self._ray.wait(list(self.starting), num_returns=1, timeout=max(left, 0.0))
            for opened in ready:
                self.admit(opened)
            if not ready:
                self.give_up_late_starts()
                return

    def give_up_late_starts(self) -> None:
        """Stop waiting for actors that found no place in the cluster in time."""
        now = time.monotonic()
        for opened, (handle, began) in list(self.starting.items()):
            if now - began >= self._start_s:
                del self.starting[opened]
                self._kill(handle)
                self.notes.append(f"an actor found no free CPU in {self._start_s:.0f} s")

    def stop(self, worker: RayWorker) -> None:
        """End an actor that died, failed or does not answer."""
        self.workers.remove(worker)
        self._kill(worker.handle)

    def close(self) -> None:
        """End every actor, its jailed processes first; whatever state Ray is in."""
        workers, self.workers = self.workers, []
        starting, self.starting = self.starting, {}
        if not self._ray.is_initialized():
            return
        with suppress(self._ray.exceptions.RayError):
            closed = [worker.handle.close.remote() for worker in workers]
            if closed:
                self._ray.wait(closed, num_returns=len(closed), timeout=_CLOSE_S)
        for handle in [*(worker.handle for worker in workers), *(handle for handle, _ in starting.values())]:
            self._kill(handle)

    def _kill(self, handle: Any) -> None:  # noqa: ANN401
        with suppress(self._ray.exceptions.RayError, ValueError):
            self._ray.kill(handle, no_restart=True)


def reason_of(error: BaseException) -> str:
    """The first line of what went wrong in an actor: its own exception where it raised one, else what Ray says."""
    inner = getattr(error, "cause", None) or error
    lines = [line.strip() for line in str(inner).splitlines() if line.strip()]
    return (lines[0] if lines else type(inner).__name__)[:300]
