"""How a model is laid out over GPUs by the cluster trainer (``conf/model/*.yaml``); changes how fast, never what."""

from __future__ import annotations

from dataclasses import dataclass

from real.errors import UsageError


@dataclass
class PlacementCfg:
    """Every role (policy, critic, reference, inference engines) on every GPU, taking turns: OpenRLHF's hybrid engine.

    ``microbatch`` and ``rollout_microbatch`` are upper bounds: what divides the batch evenly is used. The last five are
    the architecture, for the estimate of memory and time.
    """

    zero_stage: int = 2  # 2: optimiser and gradients sharded; 3: weights too
    tensor_parallel: int = 1  # GPUs an inference engine spreads over
    microbatch: int = 8  # samples a GPU in one forward and backward pass
    rollout_microbatch: int = 8  # samples a GPU in one forward pass of the rollout's log-probabilities
    tokens_per_pass: int = 0  # instead of the two: passes of so many tokens, which GPUs share evenly; 0: off
    engine_memory: float = 0.5  # share of a GPU that the inference engine takes while it is awake
    sleep: bool = True  # weights and optimiser leave the GPU while the other phase runs
    gradient_checkpointing: bool = True
    packing: bool = True  # no padding, with the kernels of flash-attn
    attention: str = "flash_attention_2"
    adam_offload: bool = False  # optimiser on the CPU: slow, and the last resort
    reference_offload: bool = False
    eager: bool = False  # no CUDA graphs in the engine: slower, and 1-2 GB less
    parameters: int = 0
    layers: int = 0
    hidden: int = 0
    vocabulary: int = 0
    kv_width: int = 0  # key-value heads times head size

    def check(self) -> None:
        """Raise ``UsageError`` where a value is out of range."""
        if self.zero_stage not in (1, 2, 3):
            raise UsageError(f"model.placement.zero_stage is {self.zero_stage}, but it must be 1, 2 or 3")
        for key in ("tensor_parallel", "microbatch", "rollout_microbatch"):
            if getattr(self, key) < 1:
                raise UsageError(f"model.placement.{key} is {getattr(self, key)}, but it must be at least 1")
        if self.tokens_per_pass < 0:
            raise UsageError(f"model.placement.tokens_per_pass is {self.tokens_per_pass}, but it must not be negative")
        if self.tokens_per_pass and not self.packing:
            raise UsageError(
                "model.placement.tokens_per_pass needs model.placement.packing: samples of a pass stand in one row",
                hint="Use model.placement.tokens_per_pass=0, or packing=true with attention=flash_attention_2.",
            )
        if not 0 < self.engine_memory < 1:
            raise UsageError(f"model.placement.engine_memory is {self.engine_memory:g}, but it must lie in (0, 1)")
        if self.packing and not self.attention.startswith(("flash_attention", "kernels-community")):
            raise UsageError(
                f"model.placement.packing needs flash attention, and attention is {self.attention!r}",
                hint="Use model.placement.packing=false with it.",
            )
