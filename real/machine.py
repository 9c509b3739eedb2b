"""What this machine has, found out in milliseconds and without importing torch."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """``gpus_gb`` is the memory of each GPU; ``packages`` and ``programs`` are those of interest that are here."""

    cpus: int
    gpus_gb: tuple[float, ...] = ()
    packages: frozenset[str] = frozenset()
    programs: frozenset[str] = frozenset()

    def __str__(self) -> str:
        gpus = ", ".join(f"{size:.0f} GB" for size in self.gpus_gb)
        return f"{self.cpus} CPU cores, " + (f"{len(self.gpus_gb)} GPUs ({gpus})" if self.gpus_gb else "no GPU")


@functools.cache
def machine() -> Machine:
    """Look once: cores this process may use, GPUs as ``nvidia-smi`` lists them, packages, programs."""
    names = ("torch", "transformers", "peft", "vllm", "ray", "openrlhf", "wandb", "bandit", "openai")
    return Machine(
        cpus=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        gpus_gb=_gpus(),
        packages=frozenset(name for name in names if importlib.util.find_spec(name)),
        programs=frozenset(name for name in ("sbatch",) if shutil.which(name)),
    )


def _gpus() -> tuple[float, ...]:
    smi = shutil.which("nvidia-smi")
    if smi is None:
        return ()
    query = [smi, "--query-gpu=index,uuid,memory.total", "--format=csv,noheader,nounits"]
    try:
        listing = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()  # a driver that does not answer has no GPU to offer
    return visible_gpus(listing, os.environ.get("CUDA_VISIBLE_DEVICES"))


def visible_gpus(listing: str, visible: str | None) -> tuple[float, ...]:
    """Memory in GB of each line ``index, uuid, MiB`` that ``CUDA_VISIBLE_DEVICES`` (None: all) leaves visible."""
    found: list[float] = []
    allowed = None if visible is None else [name.strip() for name in visible.split(",")]
    for line in listing.splitlines():
        index, uuid, mib = (cell.strip() for cell in line.split(","))
        # Marketing GB: an "80 GB" card reports 81,559 MiB, a "40 GB" card 40,960 MiB, a "24 GB" card 24,564 MiB.
        if allowed is None or any(name == index or (name and uuid.startswith(name)) for name in allowed):
            found.append(int(mib) / 1024)
    return tuple(found)
