"""How much of a GPU each phase takes, before anything is started: an estimate from the architecture.

Bytes a parameter: 2 for weights in bfloat16, 2 for gradients, 12 for fp32 weights and both Adam moments. ZeRO 1 and 2
shard the last two kinds, ZeRO 3 all. Logits of a pass take about 10 bytes each: bfloat16 and fp32 values and their
gradients. The estimate assumes responses of full length, so it is an upper bound for most steps; it has not been
compared with a GPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from real.training.openrlhf.layout import Layout

if TYPE_CHECKING:
    from real.config.schema import RootCfg

_GB = 2**30
_CONTEXTS_GB = 3.0  # CUDA contexts of four processes on each GPU, communication buffers
_LIVE_GB = 2.0  # ZeRO 3: weights gathered at a time (its default of 1e9 parameters)
_BUCKETS_GB = 2.0  # ZeRO 1 and 2: buckets that gradients are reduced in


@dataclass(frozen=True, slots=True)
class Estimate:
    """GB a GPU by phase; ``largest`` is the phase that decides."""

    phases: Mapping[str, float]

    @property
    def largest(self) -> tuple[str, float]:
        """Name and GB of the phase that takes most."""
        return max(self.phases.items(), key=lambda item: item[1])

    def describe(self) -> str:
        """One line for people."""
        return ", ".join(f"{name} {size:.0f} GB" for name, size in self.phases.items())


def estimate(root: RootCfg, layout: Layout, gpu_gb: float) -> Estimate | None:
    """What each phase takes of a GPU of ``gpu_gb``; ``None`` where ``model.placement`` has no architecture."""
    shape = root.model.placement
    if not shape.parameters:
        return None
    billion = shape.parameters / _GB
    shard = layout.gpus
    tokens = root.model.max_prompt_tokens + root.model.max_response_tokens
    weights = 2 * billion / (shard if shape.zero_stage == 3 else 1)
    optimiser = 0.0 if shape.adam_offload else 14 * billion / shard
    working = _LIVE_GB if shape.zero_stage == 3 else _BUCKETS_GB
    reference = 0.0 if shape.reference_offload else weights
    resident = 2 * weights + reference  # DeepSpeed's sleep keeps bfloat16 weights where they are
    asleep = resident if shape.sleep else resident + 2 * optimiser
    other = 0.0 if shape.sleep else optimiser
    return Estimate(
        {
            "generating": _CONTEXTS_GB + asleep + shape.engine_memory * gpu_gb,
            "scoring log-probabilities": _CONTEXTS_GB
            + asleep
            + _pass_gb(shape.hidden, 4, layout.rollout_microbatch * tokens, shape.vocabulary, 6),
            "training": _CONTEXTS_GB
            + resident
            + optimiser
            + other
            + working
            + _pass_gb(
                shape.hidden,
                shape.layers if shape.gradient_checkpointing else 17 * shape.layers,
                layout.microbatch * tokens,
                shape.vocabulary,
                10,
            ),
            "sending weights": _CONTEXTS_GB + asleep + 2 * billion / layout.tensor_parallel + working,
        }
    )


def engine_minimum_gb(root: RootCfg, layout: Layout) -> float:
    """What an inference engine needs at least: its weights, and keys and values of its share of a rollout."""
    shape = root.model.placement
    tokens = root.model.max_prompt_tokens + root.model.max_response_tokens
    sequences = min(-(-root.trainer.rollout_batch // layout.engines), 256)
    cache = 4 * shape.layers * shape.kv_width * tokens * sequences
    return (2 * shape.parameters + cache) / layout.tensor_parallel / _GB


def _pass_gb(hidden: int, layers: int, tokens: int, vocabulary: int, logit_bytes: int) -> float:
    kept = 2 * layers * hidden * tokens
    one_layer = 34 * hidden * tokens
    return (kept + one_layer + logit_bytes * vocabulary * tokens) / _GB


def advice(root: RootCfg, found: Estimate, gpu_gb: float) -> str | None:
    """The override to try where the largest phase does not fit into 95 % of ``gpu_gb``, else ``None``."""
    phase, size = found.largest
    if size <= 0.95 * gpu_gb:
        return None
    return f"{phase} takes about {size:.0f} GB of {gpu_gb:.0f} GB; try {remedy(root, phase)}"


def remedy(root: RootCfg, phase: str) -> str:
    """The next override against running out of GPU memory in ``phase``."""
    shape = root.model.placement
    if phase == "generating":
        if shape.engine_memory > 0.3:
            return f"model.placement.engine_memory={shape.engine_memory - 0.1:.1f}"
        return "model.placement.eager=true" if not shape.eager else "model.placement.tensor_parallel=2"
    if phase == "scoring log-probabilities" and shape.rollout_microbatch > 1:
        return f"model.placement.rollout_microbatch={shape.rollout_microbatch // 2}"
    if phase == "training" and shape.microbatch > 1:
        return f"model.placement.microbatch={shape.microbatch // 2}"
    if shape.zero_stage < 3:
        return "model.placement.zero_stage=3 (a run that has checkpoints has to start anew with it: force=true)"
    return (
        "model.placement.reference_offload=true" if not shape.reference_offload else "model.placement.adam_offload=true"
    )
