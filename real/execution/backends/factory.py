"""Which backend a configuration asks for, whether what it asks for makes sense, and opening it."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from typing import Protocol

from real.errors import UnknownNameError, UsageError
from real.execution.backends.base import Backend
from real.execution.pool import LEVELS, Pool
from real.registry import did_you_mean

EXTERNAL = "external"  # the level of programs that run on somebody else's machine, behind somebody else's walls


class BackendCfg(Protocol):
    """The fields of ``RewardCfg`` that concern the sandbox."""

    backend: str
    workers: int
    min_isolation: str
    fusion_url: str | None
    ray_address: str | None


def _local(cfg: BackendCfg) -> Backend:
    return Pool(cfg.workers, cfg.min_isolation)


def _ray(cfg: BackendCfg) -> Backend:
    from real.execution.backends.ray_pool import RayPool

    return RayPool(cfg.workers, cfg.min_isolation, address=cfg.ray_address)


def _fusion(cfg: BackendCfg) -> Backend:
    from real.execution.backends.fusion_pool import FusionPool

    return FusionPool(str(cfg.fusion_url), cfg.workers)


BACKENDS: dict[str, Callable[[BackendCfg], Backend]] = {"local": _local, "ray": _ray, "fusion": _fusion}


def open_backend(cfg: BackendCfg) -> Backend:
    """Open the pool that ``cfg`` asks for.

    Raises ``UsageError`` as ``check_backend`` does, and ``InfrastructureError`` where the pool cannot be had.
    """
    check_backend(cfg)
    return BACKENDS[cfg.backend](cfg)


def check_backend(cfg: BackendCfg) -> None:
    """Raise ``UsageError`` where the backend, its address and the isolation asked for contradict each other."""
    if cfg.backend not in BACKENDS:
        raise UnknownNameError(f"unknown reward.backend {cfg.backend!r}", hint=did_you_mean(cfg.backend, BACKENDS))
    if cfg.workers < 0:
        raise UsageError(f"reward.workers is {cfg.workers}, but it must be at least 1 (or 0: chosen for you)")
    _check_isolation(cfg)
    _check_addresses(cfg)


def _check_isolation(cfg: BackendCfg) -> None:
    if cfg.min_isolation not in (*LEVELS, EXTERNAL):
        raise UsageError(
            f"reward.min_isolation is {cfg.min_isolation!r}, but it must be weak, medium or strong"
            f" (or {EXTERNAL}, with reward.backend=fusion)",
            hint=did_you_mean(cfg.min_isolation, (*LEVELS, EXTERNAL)),
        )
    if cfg.backend == "fusion" and cfg.min_isolation != EXTERNAL:
        raise UsageError(
            f"reward.backend=fusion cannot promise reward.min_isolation={cfg.min_isolation}",
            hint=f"Its walls cannot be measured from here; to rely on them, say so: reward.min_isolation={EXTERNAL}.",
        )
    if cfg.backend != "fusion" and cfg.min_isolation == EXTERNAL:
        raise UsageError(
            f"reward.min_isolation={EXTERNAL} goes with reward.backend=fusion only, and the backend is {cfg.backend}",
            hint="Here the level can be measured, and enforced: medium, strong or weak.",
        )


def _check_addresses(cfg: BackendCfg) -> None:
    for backend, key, value in (
        ("fusion", "fusion_url", cfg.fusion_url),
        ("ray", "ray_address", cfg.ray_address),
    ):
        if value is not None and cfg.backend != backend:
            raise UsageError(
                f"reward.{key} is set, but reward.backend is {cfg.backend}", hint=f"Add reward.backend={backend}."
            )
    if cfg.backend == "fusion":
        _check_url(cfg.fusion_url)
    if cfg.ray_address is not None:
        _check_ray_address(cfg.ray_address)


def _check_url(url: str | None) -> None:
    example = "For instance reward.fusion_url=http://localhost:8080."
    if url is None:
        raise UsageError("reward.backend=fusion needs reward.fusion_url, the address of the server", hint=example)
    try:
        parts = urllib.parse.urlsplit(url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise UsageError(
            f"reward.fusion_url is {url!r}, but it must be http:// or https:// and the name of a server", hint=example
        )


def _check_ray_address(address: str) -> None:
    if address in ("auto", "local"):
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isdecimal() and 0 < int(port) < 1 << 16):
        raise UsageError(
            f"reward.ray_address is {address!r}, but it must be HOST:PORT, ray://HOST:PORT, auto or local",
            hint="null joins the cluster that this machine belongs to, and else starts Ray here.",
        )
