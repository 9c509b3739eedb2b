"""Opening the backend that a configuration asks for."""

from __future__ import annotations

from real.execution.backends.base import Backend
from real.execution.config import BackendName, ExecutionCfg
from real.execution.pool import Pool


def open_backend(cfg: ExecutionCfg) -> Backend:
    """Open the pool that ``cfg`` asks for; Ray and the HTTP client are imported only where they are needed.

    Raises ``UsageError`` as ``cfg.check`` does, and ``InfrastructureError`` where the pool cannot be had.
    """
    cfg.check()
    match cfg.backend:
        case BackendName.local:
            return Pool(cfg.workers, cfg.min_isolation)
        case BackendName.ray:
            from real.execution.backends.ray_pool import RayPool

            return RayPool(cfg.workers, cfg.min_isolation, address=cfg.ray_address)
        case BackendName.fusion:
            from real.execution.backends.fusion_pool import FusionPool

            return FusionPool(str(cfg.fusion_url), cfg.workers)
