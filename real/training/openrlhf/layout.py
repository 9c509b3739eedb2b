"""Lay out a model's placement on the GPUs of a run: engines and even micro-batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from real.errors import UsageError

if TYPE_CHECKING:
    from real.settings import RootCfg


@dataclass(frozen=True, slots=True)
class Layout:
    """Number of nodes, GPUs and engines, and samples of one pass on each GPU."""

    nodes: int
    gpus_per_node: int
    engines: int
    tensor_parallel: int
    microbatch: int
    rollout_microbatch: int
    tokens_per_pass: int = 0  # 0: passes of so many samples

    @property
    def gpus(self) -> int:
        """GPUs over all nodes."""
        return self.nodes * self.gpus_per_node

    def describe(self) -> str:
        """One line for people."""
        nodes = f"{self.nodes} nodes with {self.gpus_per_node} GPUs" if self.nodes > 1 else f"{self.gpus} GPUs"
        each = f"{self.engines} engines of {self.tensor_parallel}" if self.tensor_parallel > 1 else "an engine on each"
        passes = f"{self.microbatch} samples a GPU and pass in updates, {self.rollout_microbatch} in rollouts"
        if self.tokens_per_pass:
            passes = f"up to {self.tokens_per_pass:,} tokens a GPU and pass"
        return f"{nodes}, policy, critic and reference on all of them, {each}; {passes}"


def lay_out(root: RootCfg, gpus_here: int) -> Layout:
    """Return the layout of ``root`` for its cluster, or for ``gpus_here`` GPUs if the cluster names none (at least 1).

    Uneven batches are refused: OpenRLHF's ranks wait for each other for ever when one of them has a pass less.
    Raises ``UsageError`` naming the key and a value that fits.
    """
    nodes = root.cluster.nodes
    per_node = root.cluster.gpus_per_node or max(gpus_here, 1)
    gpus = nodes * per_node
    placement = root.model.placement
    tensor_parallel = placement.tensor_parallel
    if gpus % tensor_parallel or tensor_parallel > per_node:
        raise UsageError(
            f"model.placement.tensor_parallel is {tensor_parallel}, which does not divide {per_node} GPUs of a node",
            hint="An engine lies within one node: use 1, 2, 4 or 8.",
        )
    return Layout(
        nodes=nodes,
        gpus_per_node=per_node,
        engines=gpus // tensor_parallel,
        tensor_parallel=tensor_parallel,
        microbatch=_even(root.trainer.minibatch, gpus, placement.microbatch, "minibatch"),
        rollout_microbatch=_even(root.trainer.samples, gpus, placement.rollout_microbatch, "rollout_batch"),
        tokens_per_pass=placement.tokens_per_pass,
    )


def _even(batch: int, gpus: int, at_most: int, key: str) -> int:
    if batch % gpus:
        raise UsageError(
            f"trainer.{key} is {batch}, which {gpus} GPUs cannot share evenly",
            hint=f"For example trainer.{key}={max(batch // gpus, 1) * gpus}.",
        )
    share = batch // gpus
    return max(size for size in range(1, min(at_most, share) + 1) if share % size == 0)
