"""The same seed, thread count and type of machine give the same numbers, bit for bit on a CPU."""

from __future__ import annotations

import os

import torch


def fix_determinism(seed: int, threads: int) -> None:
    """Seed torch and fix its algorithms; ``threads`` is the number of CPU threads (0: one per core)."""
    torch.set_num_threads(threads or len(os.sched_getaffinity(0)))
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Filling fresh memory shows who reads it unwritten; nobody here does, and it cost a tenth of a step on a CPU.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.manual_seed(seed)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
