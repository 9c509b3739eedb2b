"""What a training on one device will take: memory and hours, before it starts (``dry_run=true``).

Weights, gradients and optimiser states are counted; activations and shares of the machine's speed are rough, from runs
of 0.5B on two CPU cores. The first steps of a run tell better.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # needs OmegaConf
    from real.settings import RootCfg

_ACTIVATION_BYTES = 80  # of a token in a layer, times the hidden width; without gradient checkpointing
_CHECKPOINTED_BYTES = 6  # only what enters a layer is kept
_FULL_BYTES = 16  # of a trained weight: float32 with gradient and two moments
_TRAINING, _GENERATING = (0.6, 0.25), (0.15, 0.03)  # share of a bare matrix product's speed: fast case, slow case
_ADAPTED = 7 * 2  # matrices of a layer that get an adapter, each with two factors of about hidden x rank


@dataclass(frozen=True, slots=True)
class Forecast:
    """Bytes needed at the worst moment, and seconds of a step in the fast and the slow case."""

    memory_gb: float
    step_seconds: tuple[float, float]
    steps: int

    def describe(self, free_gb: float, gflops: float) -> str:
        """Two or three lines for a person."""
        hours = [self.steps * seconds / 3600 for seconds in self.step_seconds]
        minutes = [seconds / 60 for seconds in self.step_seconds]
        lines = [
            f"roughly {_range(minutes)} minutes a step, {_range(hours)} hours for {self.steps} steps"
            f" (estimated; a matrix product runs at {gflops:,.0f} GFLOP/s here)",
            f"roughly {self.memory_gb:.0f} GB of memory, of which {free_gb:.0f} GB are free here",
        ]
        if self.memory_gb > free_gb:
            lines.append(
                "  that is more than there is. Less is needed with model.lora.enabled=true, trainer.microbatch=1,"
                " trainer.gradient_checkpointing=true, a smaller model.max_response_tokens"
            )
        return "\n".join(lines)


def _range(numbers: list[float]) -> str:
    return " to ".join(f"{number:.0f}" if number >= 10 else f"{number:.1f}" for number in numbers)


def forecast(root: RootCfg, gflops: float) -> Forecast | None:
    """The estimate for a local PPO run on a machine of ``gflops``; ``None`` where the model's size is not known."""
    shape, trainer, model = root.model.placement, root.trainer, root.model
    if not shape.parameters:
        return None
    with_critic = trainer.estimator == "gae"
    prompt, response = model.max_prompt_tokens / 2, model.max_response_tokens / 2  # half as long as they may be
    tokens = trainer.samples * (prompt + response)
    forwards = 2 + with_critic  # old and reference log-probabilities, values
    updates = 3 * trainer.ppo_epochs * (1 + with_critic)
    operations = 2 * shape.parameters * tokens * (forwards + updates)
    generating = 2 * shape.parameters * trainer.samples * response
    seconds = [
        (operations / training + generating / sampling) / (gflops * 1e9)
        for training, sampling in zip(_TRAINING, _GENERATING, strict=True)
    ]
    return Forecast(_memory_gb(root, with_critic), (seconds[0], seconds[1]), trainer.steps)


def _memory_gb(root: RootCfg, with_critic: bool) -> float:
    shape, trainer, model = root.model.placement, root.trainer, root.model
    trained = 1 + with_critic
    if model.lora.enabled:
        adapter = shape.layers * _ADAPTED * shape.hidden * model.lora.rank
        weights = shape.parameters * (2 if model.dtype == "bfloat16" else 4) + trained * adapter * _FULL_BYTES
    else:
        weights = shape.parameters * (trained * _FULL_BYTES + 4)  # and the frozen reference
    longest = trainer.microbatch * (model.max_prompt_tokens + model.max_response_tokens)
    kept = _CHECKPOINTED_BYTES if trainer.gradient_checkpointing else _ACTIVATION_BYTES
    return (weights + longest * shape.layers * shape.hidden * kept) / 2**30


def measured_gflops(dtype: str) -> float:
    """The speed of a matrix product on the device that would train, from a quarter of a second of trying."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    size = 4096 if device == "cuda" else 1024
    one = torch.randn(size, size, device=device).to(getattr(torch, dtype))
    best = float("inf")
    end = time.perf_counter() + 0.25
    while best == float("inf") or time.perf_counter() < end:
        began = time.perf_counter()
        (one @ one)[0, 0].item()  # waits for the device
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best / 1e9


def free_memory_gb() -> float:
    """Memory that is free on the device that would train: the GPU's where there is one."""
    import torch

    if torch.cuda.is_available():
        return float(torch.cuda.mem_get_info()[0]) / 2**30
    available = re.search(r"MemAvailable: +(\d+) kB", _meminfo())  # caches that Linux drops included
    return int(available[1]) / 2**20 if available else os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30


def _meminfo() -> str:
    path = Path("/proc/meminfo")
    return path.read_text(encoding="ascii") if path.exists() else ""
