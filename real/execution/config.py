"""Where programs run and how they are confined (``conf/execution``)."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass
from enum import StrEnum

from real.errors import UsageError
from real.execution.limits import check_limits
from real.registry import chosen
from real.types import Limits


class BackendName(StrEnum):
    """Where programs run. Members are named as their values, because OmegaConf reads an Enum by its names."""

    local = "local"  # this machine's own sandbox
    ray = "ray"  # the sandbox of each node of a Ray cluster
    fusion = "fusion"  # a SandboxFusion server


class Isolation(StrEnum):
    """How programs are confined, strongest first; ``external`` is the word of a server's operator."""

    strong = "strong"  # resource limits, seccomp, Landlock and namespaces
    medium = "medium"  # resource limits, seccomp and Landlock
    weak = "weak"  # resource limits only
    external = "external"


@dataclass
class ExecutionCfg:
    """The sandbox of a run: the backend, its size, the weakest isolation that is accepted, and what a test may use."""

    backend: BackendName = BackendName.local
    fusion_url: str | None = None  # address of the server, for backend=fusion
    ray_address: str | None = None  # for backend=ray; null: the cluster of this machine, else a Ray started here
    workers: int = 0  # 0: one per core (ray: of the cluster; fusion: eight requests at a time)
    min_isolation: Isolation = Isolation.medium  # refuse to run untrusted programs below this; fusion needs external
    cpu_s: float = Limits().cpu_s  # CPU seconds of a test; a task whose reference is slow gets more
    memory_mb: int = Limits().memory_mb  # of a test; a task may ask for more by its tag memory_mb
    output_kb: int = Limits().output_kb  # that a test may print or return; twice what it expects, where that is more

    def check(self) -> None:
        """Raise ``UsageError`` where a name is unknown, or the backend, its address and the isolation contradict."""
        check_limits(self.limits())
        chosen(BackendName, self.backend, "execution.backend")
        chosen(Isolation, self.min_isolation, "execution.min_isolation")
        if self.workers < 0:
            raise UsageError(f"execution.workers is {self.workers}, but it must be at least 1 (or 0: chosen for you)")
        self._check_isolation()
        for backend, key, value in (
            (BackendName.fusion, "fusion_url", self.fusion_url),
            (BackendName.ray, "ray_address", self.ray_address),
        ):
            if value is not None and self.backend != backend:
                raise UsageError(
                    f"execution.{key} is set, but execution.backend is {self.backend}",
                    hint=f"Add execution.backend={backend}.",
                )
        if self.backend == BackendName.fusion:
            _check_url(self.fusion_url)
        if self.ray_address is not None:
            _check_ray_address(self.ray_address)

    def limits(self) -> Limits:
        """What a test may use, before its task has its say (see ``limits_for``)."""
        return Limits(self.cpu_s, self.memory_mb, self.output_kb)

    def _check_isolation(self) -> None:
        key, external = "execution.min_isolation", Isolation.external
        if self.backend == BackendName.fusion and self.min_isolation != external:
            raise UsageError(
                f"execution.backend=fusion cannot promise {key}={self.min_isolation}",
                hint=f"Its walls cannot be measured from here; to rely on them, say so: {key}={external}.",
            )
        if self.backend != BackendName.fusion and self.min_isolation == external:
            raise UsageError(
                f"{key}={external} goes with execution.backend=fusion only, and the backend is {self.backend}",
                hint="Here the level can be measured, and enforced: medium, strong or weak.",
            )


def _check_url(url: str | None) -> None:
    example = "For instance execution.fusion_url=http://localhost:8080."
    if url is None:
        raise UsageError("execution.backend=fusion needs execution.fusion_url, the address of the server", hint=example)
    try:
        parts = urllib.parse.urlsplit(url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise UsageError(
            f"execution.fusion_url is {url!r}, but it must be http:// or https:// and the name of a server",
            hint=example,
        )


def _check_ray_address(address: str) -> None:
    if address in ("auto", "local"):
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isdecimal() and 0 < int(port) < 1 << 16):
        raise UsageError(
            f"execution.ray_address is {address!r}, but it must be HOST:PORT, ray://HOST:PORT, auto or local",
            hint="null joins the cluster that this machine belongs to, and else starts Ray here.",
        )
