"""Estimate the GPU memory of each training phase from the model's architecture.

Bytes a parameter: 2 for weights in bfloat16, 12 for fp32 weights and both moments of Adam, 4 for gradients (summed in
fp32). ZeRO 1 and 2 shard the last two kinds, ZeRO 3 all. A logit takes 14 bytes while training: its bfloat16 gradient
(2), and in fp32 its value, its probability (for the entropy) and its gradient (4 each; OpenRLHF 0.11.2,
``models/actor.py`` and ``compute_entropy``); 6 in a forward pass. A checkpoint that DeepSpeed wrote after states were
offloaded has the buffers of both moments too (``runtime/zero/offload_states.py``), and loading puts those on the GPU,
where they stay. Responses are assumed to have full length, so it is an upper bound for most steps; it has not been
compared with a GPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from real.training.openrlhf.layout import Layout

if TYPE_CHECKING:
    from real.policy.placement import PlacementCfg
    from real.settings import RootCfg

_GB = 2**30
_CONTEXTS_GB = 7.0  # CUDA contexts of four processes on each GPU (about 0.6 each), NCCL's buffers of their groups
_CONTEXT_GB = 1.0  # of one process
_OPTIMISER = 16  # bytes a parameter
_MOMENTS = 8
_RESUMED = "generating after a resume"
_USABLE = 0.95  # of a GPU: the rest is fragmentation
_LOGIT_TRAINING, _LOGIT_FORWARD = 14, 6  # bytes
_LIVE_GB = 2.0  # ZeRO 3: weights gathered at a time (its default of 1e9 parameters)
_BUCKETS_GB = 2.0  # ZeRO 1 and 2: buckets that gradients are reduced in


@dataclass(frozen=True, slots=True)
class Estimate:
    """GB a GPU by phase."""

    phases: Mapping[str, float]

    def over(self, limit_gb: float) -> tuple[str, float] | None:
        """Name and GB of the phase that exceeds ``limit_gb`` most, ``None`` where all fit.

        What a resumed run takes counts only where a fresh one fits.
        """
        fresh = {name: size for name, size in self.phases.items() if name != _RESUMED}
        for phases in (fresh, self.phases):
            name, size = max(phases.items(), key=lambda item: item[1])
            if size > limit_gb:
                return name, size
        return None

    def describe(self) -> str:
        """One line for people."""
        return ", ".join(f"{name} {size:.0f} GB" for name, size in self.phases.items())


def estimate(root: RootCfg, layout: Layout, gpu_gb: float) -> Estimate | None:
    """Estimate each phase on a GPU of ``gpu_gb``; ``None`` if ``model.placement`` has no architecture."""
    shape = root.model.placement
    if not shape.parameters:
        return None
    billion = shape.parameters / _GB
    shard = layout.gpus
    tokens = root.model.max_prompt_tokens + root.model.max_response_tokens
    shared = shape.tokens_per_pass
    weights = 2 * billion / (shard if shape.zero_stage == 3 else 1)
    optimiser = 0.0 if shape.adam_offload else _OPTIMISER * billion / shard
    working = _LIVE_GB if shape.zero_stage == 3 else _BUCKETS_GB
    reference = 0.0 if shape.reference_offload else weights
    resident = 2 * weights + reference  # DeepSpeed's sleep keeps bfloat16 weights where they are
    asleep = resident if shape.sleep else resident + 2 * optimiser
    other = 0.0 if shape.sleep else optimiser
    generating = _CONTEXTS_GB + asleep + shape.engine_memory * gpu_gb
    stale = 2 * _MOMENTS * billion / shard if shape.sleep and not shape.adam_offload else 0.0
    return Estimate(
        {
            "generating": generating,
            _RESUMED: generating + stale,
            "scoring log-probabilities": _CONTEXTS_GB
            + asleep
            + _pass_gb(shape.hidden, 4, shared or layout.rollout_microbatch * tokens, shape.vocabulary, _LOGIT_FORWARD),
            "training": _CONTEXTS_GB
            + resident
            + optimiser
            + other
            + working
            + _pass_gb(
                shape.hidden,
                shape.layers if shape.gradient_checkpointing else 17 * shape.layers,
                shared or layout.microbatch * tokens,
                shape.vocabulary,
                _LOGIT_TRAINING,
            ),
            "sending weights": _CONTEXTS_GB + asleep + 2 * billion / layout.tensor_parallel + working,
            "evaluating": evaluation_gb(root),
        }
    )


def evaluation_gb(root: RootCfg) -> float:
    """GB of the one GPU that the evaluations before and after use, with ``generation.batch`` responses at a time.

    Weights in ``model.dtype``, keys and values of full length, and one layer's activations of all prompts together.
    """
    shape, batch = root.model.placement, root.generation.batch
    weights = (2 if root.model.dtype == "bfloat16" else 4) * shape.parameters
    tokens = root.model.max_prompt_tokens + root.model.max_response_tokens
    cache = 4 * shape.layers * shape.kv_width * tokens * batch
    prompts = 34 * shape.hidden * root.model.max_prompt_tokens * batch
    return _CONTEXT_GB + (weights + cache + prompts) / _GB


def engine_minimum_gb(root: RootCfg, layout: Layout) -> float:
    """GB that an inference engine needs at least: weights, and the KV cache of its share of a rollout."""
    shape = root.model.placement
    tokens = root.model.max_prompt_tokens + root.model.max_response_tokens
    sequences = min(-(-root.trainer.samples // layout.engines), 256)
    cache = 4 * shape.layers * shape.kv_width * tokens * sequences
    return (2 * shape.parameters + cache) / layout.tensor_parallel / _GB


def _pass_gb(hidden: int, layers: int, tokens: int, vocabulary: int, logit_bytes: int) -> float:
    kept = 2 * layers * hidden * tokens
    one_layer = 34 * hidden * tokens
    return (kept + one_layer + logit_bytes * vocabulary * tokens) / _GB


def advice(root: RootCfg, found: Estimate, gpu_gb: float) -> str | None:
    """Return a warning with an override if a phase does not fit into 95 % of ``gpu_gb``, else ``None``."""
    too_large = found.over(_USABLE * gpu_gb)
    if too_large is None:
        return None
    phase, size = too_large
    return f"{phase} takes about {size:.0f} GB of {gpu_gb:.0f} GB; try {remedy(root, phase)}"


def remedy(root: RootCfg, phase: str) -> str:
    """Return the next override to try against running out of GPU memory in ``phase``."""
    shape = root.model.placement
    if phase == "evaluating":
        return "a GPU with more memory for it (greedy decoding goes on in smaller batches by itself)"
    if phase.startswith("generating"):
        return _for_engines(shape)
    if smaller := _smaller_pass(root, phase):
        return smaller
    if shape.zero_stage < 3:
        return "model.placement.zero_stage=3 (a run that has checkpoints has to start anew with it: force=true)"
    return (
        "model.placement.reference_offload=true" if not shape.reference_offload else "model.placement.adam_offload=true"
    )


def _smaller_pass(root: RootCfg, phase: str) -> str | None:
    shape = root.model.placement
    keys = {"scoring log-probabilities": "rollout_microbatch", "training": "microbatch"}
    if phase not in keys:
        return None
    key = "tokens_per_pass" if shape.tokens_per_pass else keys[phase]
    least = root.model.max_prompt_tokens + root.model.max_response_tokens if shape.tokens_per_pass else 1
    size: int = getattr(shape, key)
    return f"model.placement.{key}={max(size // 2, least)}" if size > least else None


def _for_engines(shape: PlacementCfg) -> str:
    if shape.engine_memory > 0.3:
        return f"model.placement.engine_memory={shape.engine_memory - 0.1:.2g}"
    return "model.placement.tensor_parallel=2" if shape.eager else "model.placement.eager=true"
