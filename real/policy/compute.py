"""With what a model computes on this device: number type, attention and threads, and a short measurement of them.

The number of threads is chosen by the measurement where ``trainer.threads`` leaves it open. The type is the one of
``model.dtype``: numbers depend on it, so that no clock may choose it, but a run says where another one would be faster.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from real.policy.config import ModelCfg, ModelKind
from real.types import JsonValue

ATTENTION = "sdpa"  # torch's fused attention: packed sequences know no other
GAIN = 1.1  # by how much fewer threads have to be faster: sums over threads round differently, so that ties stay
FASTER = 1.5  # by how much another type has to be faster to be worth a word
_TOKENS, _HIDDEN, _INTERMEDIATE = 512, 1024, 4096  # of a product like those of a small model
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Compute:
    """What was chosen; ``measured``: seconds of one product by type and threads, and of attention by its way."""

    dtype: str
    attention: str
    threads: int
    why: str
    measured: Mapping[str, float]

    def record(self) -> dict[str, JsonValue]:
        """For ``env.json``."""
        return {
            "dtype": self.dtype, "attention": self.attention, "threads": self.threads, "why": self.why,
            "measured_s": {name: float(f"{seconds:.3g}") for name, seconds in self.measured.items()},
        }  # fmt: skip

    def advice(self) -> str:
        """A sentence where another type is much faster here; else empty."""
        times = {name.split()[1]: s for name, s in self.measured.items() if name.endswith(f" {self.threads} threads")}
        best = min(times, key=times.__getitem__, default=self.dtype)
        if best == self.dtype or times[self.dtype] < FASTER * times[best]:
            return ""
        return f"model.dtype={best} computes {times[self.dtype] / times[best]:.1f} times faster here (another run then)"


def choose_compute(cfg: ModelCfg, threads: int, earlier: Mapping[str, object] | None = None) -> Compute:
    """Choose, set torch's number of threads, and say why; a second of work at most, and no random number is drawn.

    ``threads``: ``trainer.threads``; 0 leaves it open. ``earlier``: the record of this run when it was begun, whose
    threads it keeps. The embedded model is not measured: its figures are the same wherever nothing else is asked.
    """
    cores = len(os.sched_getaffinity(0))
    if cfg.kind is ModelKind.tiny:
        return _set(Compute("float32", ATTENTION, threads or cores, "not measured: so small a model", {}))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kept = earlier.get("threads") if earlier else None
    if threads or isinstance(kept, int):
        number, why = (threads, "trainer.threads") if threads else (int(str(kept)), "as the run was begun")
        return _set(Compute(cfg.dtype, ATTENTION, number, why, _measure([number], device)))
    tried = sorted({cores, max(1, cores // 2)}) if device.type == "cpu" else [cores]
    measured = _measure(tried, device)
    number = min(tried, key=lambda n: measured[_product(cfg.dtype, n)] * (1 if n == cores else GAIN))
    return _set(Compute(cfg.dtype, ATTENTION, number, f"the fastest of {tried} threads here", measured))


def _set(compute: Compute) -> Compute:
    torch.set_num_threads(compute.threads)
    return compute


def _product(dtype: str, threads: int) -> str:
    return f"product {dtype} {threads} threads"


def _measure(threads: list[int], device: torch.device) -> dict[str, float]:
    before, found = torch.get_num_threads(), {}
    try:
        for number in threads:
            torch.set_num_threads(number)
            for dtype in (torch.float32, torch.bfloat16):
                states = torch.full((_TOKENS, _HIDDEN), 0.5, dtype=dtype, device=device)
                weight = torch.full((_INTERMEDIATE, _HIDDEN), 0.5, dtype=dtype, device=device)
                name = _product(str(dtype).removeprefix("torch."), number)
                found[name] = _seconds(lambda s=states, w=weight: torch.nn.functional.linear(s, w))  # type: ignore[misc]
        query = torch.full((4, 8, 256, 64), 0.1, device=device)
        found["attention fused"] = _seconds(
            lambda: torch.nn.functional.scaled_dot_product_attention(query, query, query, is_causal=True)
        )
        found["attention plain"] = _seconds(lambda: _plain_attention(query))
    finally:
        torch.set_num_threads(before)
    return found


def _plain_attention(query: Tensor) -> Tensor:
    scores = query @ query.transpose(2, 3) / 8
    later = torch.ones(256, 256, dtype=torch.bool, device=query.device).triu(1)
    return scores.masked_fill(later, -torch.inf).softmax(dim=-1) @ query


def _seconds(call: Callable[[], Tensor]) -> float:
    """The best of a few calls, each waited for; the first one is not counted."""
    best = float("inf")
    for number in range(_ROUNDS + 1):
        began = time.perf_counter()
        call().flatten()[0].item()
        best = min(best, time.perf_counter() - began) if number else best
    return best
