"""Explain a failed training: the last error in its output; for lack of memory, the phase and an override to try."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from real.errors import InfrastructureError
from real.training.openrlhf.gpu_memory import remedy

if TYPE_CHECKING:
    from real.settings import RootCfg

_GPU_OOM = re.compile(
    r"CUDA out of memory|OutOfMemoryError: CUDA|No available memory for the cache blocks|CUDA error: out"
)
_HOST_OOM = re.compile(
    r"ray\.exceptions\.OutOfMemoryError|node running low on memory|killed by the OOM killer|oom-kill"
)
_ERROR = re.compile(r"(?:[\w.]*(?:Error|Exception|Exit)\b: .+|AssertionError.*)")
# From the innermost phase to the outermost: the first that a line of the traceback names is the one.
_PHASES = (
    ("sending weights", re.compile(r"broadcast_to_vllm|update_weight")),
    ("training", re.compile(r"training_step|in fit\b|optimizer_step|backward|reload_states")),
    (
        "scoring log-probabilities",
        re.compile(r"make_experience|in forward\b|PolicyModelActor\.forward|CriticModelActor\.forward"),
    ),
    ("generating", re.compile(r"cache blocks|gpu_memory_utilization|RolloutRayActor|EngineCore|wake_up|vllm")),
)
_KEPT = 400  # characters of an error line that people are shown


def explain(root: RootCfg, tail: Sequence[str], code: int, log: str) -> InfrastructureError:
    """Return the error to raise for a training that ended with ``code``; ``tail`` are its last lines of output."""
    text = "\n".join(tail)
    if _GPU_OOM.search(text):
        phase = phase_of(tail)
        return InfrastructureError(
            f"a GPU ran out of memory while {phase}; the output is in {log}",
            hint=f"Try {remedy(root, phase)}; the same run resumes from its last checkpoint.",
        )
    if _HOST_OOM.search(text):
        return InfrastructureError(
            f"a node ran out of main memory; the output is in {log}",
            hint="Sleeping models wait in main memory: take nodes with more of it, or fewer runs at a time.",
        )
    reason = last_error(tail) or (f"signal {-code}" if code < 0 else f"exit code {code}, without a message")
    return InfrastructureError(
        f"OpenRLHF failed: {reason}", hint=f"The output is in {log}. The same command resumes from the last checkpoint."
    )


def phase_of(tail: Sequence[str]) -> str:
    """Return the training phase of the first out-of-memory error, from the traceback around it."""
    at = next((number for number, line in enumerate(tail) if _GPU_OOM.search(line)), len(tail))
    near = "\n".join(tail[max(0, at - 80) : at + 40])
    return next((name for name, pattern in _PHASES if pattern.search(near)), "loading")


def last_error(tail: Sequence[str]) -> str | None:
    """Return the last line that names an exception, without Ray's prefix, or ``None``."""
    for line in reversed(tail):
        found = _ERROR.search(line)
        if found:
            return found[0].strip()[:_KEPT]
    return None
