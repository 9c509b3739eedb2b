"""Join a Ray cluster, or start Ray on this machine where there is none."""

from __future__ import annotations

import importlib
import logging
import os
import socket
from types import ModuleType

from real.errors import InfrastructureError

_CONNECT_S = 5.0
_OBJECT_STORE_BYTES = 80 << 20  # requests and verdicts are small; the least that Ray accepts is 75 MiB


def import_ray() -> ModuleType:
    """Import Ray; raises ``InfrastructureError`` where it is not installed."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody unless the user wants it
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise InfrastructureError(
            "execution.backend=ray needs Ray, which is not installed here", hint="Run pip install -e '.[ray]'."
        ) from error


def join(ray: ModuleType, address: str | None) -> bool:
    """Connect this process to Ray; returns whether it is this call that did, so that the caller disconnects.

    A process that is connected already stays where it is. ``address=None`` looks for a cluster as Ray does
    (``RAY_ADDRESS``, then one that runs on this machine) and else starts one here. Raises ``InfrastructureError``.
    """
    if ray.is_initialized():
        return False
    address = address or os.environ.get("RAY_ADDRESS") or None
    if address is not None and ":" in address:
        _knock(address)
    options: dict[str, object] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address != "local":
            _try_join(ray, address, options)
        if not ray.is_initialized():
            store = _OBJECT_STORE_BYTES
            ray.init(address="local", include_dashboard=False, object_store_memory=store, **options)
    except (OSError, RuntimeError, ValueError) as error:
        where = "start here" if address in (None, "local") else f"be reached at {address}"
        raise InfrastructureError(f"Ray cannot {where}: {str(error).splitlines()[0]}") from error
    return True


def _try_join(ray: ModuleType, address: str | None, options: dict[str, object]) -> None:
    try:
        ray.init(address=address or "auto", **options)
    except ConnectionError:
        if address is not None:
            raise


def _knock(address: str) -> None:
    """See whether anybody listens: Ray itself waits for minutes, and may end the process, where nobody does."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), _CONNECT_S).close()
    except OSError as error:
        raise InfrastructureError(
            f"no Ray answers at {address} (execution.ray_address or RAY_ADDRESS): {error.strerror or error}",
            hint="Is the cluster up (ray status)? Without an address Ray is looked for, or started, on this machine.",
        ) from error
