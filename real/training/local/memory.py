"""Out of memory, said as what was being computed and which override makes room for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from real.errors import InfrastructureError

_CPU_REFUSAL = "DefaultCPUAllocator"  # how torch words it where the machine itself has no more


@contextmanager
def out_of_memory_in(phase: str, override: str) -> Iterator[None]:
    """Turn an allocation that fails in the body into an ``InfrastructureError``: ``phase``, and ``override`` to try."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not _is_out_of_memory(error):
            raise
        raise InfrastructureError(
            f"{'the GPU' if isinstance(error, torch.OutOfMemoryError) else 'this machine'} ran out of memory while"
            f" {phase}",
            hint=f"Run the same command again with {override}: it resumes from the last checkpoint.",
        ) from error


def smaller_passes(microbatch: int, gradient_checkpointing: bool) -> str:
    """The override that makes a forward or backward pass smaller and changes no number beyond rounding."""
    if microbatch > 1:
        return f"trainer.microbatch={microbatch // 2}"
    if not gradient_checkpointing:
        return "trainer.gradient_checkpointing=true"
    return "model.lora.enabled=true or a smaller model.max_response_tokens (another run then)"


def _is_out_of_memory(error: BaseException) -> bool:
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or _CPU_REFUSAL in str(error)
