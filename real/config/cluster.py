"""Where a run is computed (``conf/cluster``); no part of the run id."""

from __future__ import annotations

from dataclasses import dataclass

from real.errors import UsageError


@dataclass
class ClusterCfg:
    """``scheduler=none`` is this machine; ``gpus_per_node=0`` requires no GPU."""

    name: str = "local"
    scheduler: str = "none"
    nodes: int = 1
    gpus_per_node: int = 0

    @property
    def gpus(self) -> int:
        """GPUs over all nodes."""
        return self.nodes * self.gpus_per_node

    def check(self) -> None:
        """Raise ``UsageError`` where a value is out of range."""
        if self.scheduler not in ("none", "slurm"):
            raise UsageError(f"cluster.scheduler is {self.scheduler!r}, but it must be none or slurm")
        if self.nodes < 1 or self.gpus_per_node < 0:
            raise UsageError("cluster.nodes must be at least 1, and cluster.gpus_per_node must not be negative")
        if self.scheduler == "none" and self.nodes > 1:
            raise UsageError("cluster.nodes is above 1, but cluster.scheduler=none knows only this machine")
