"""Checkpoints that survive a kill at any instant: written beside, then renamed."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import torch

from real.errors import DataError, InfrastructureError


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write ``state`` to ``path`` atomically; raises ``InfrastructureError`` when the disk refuses."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    try:
        torch.save(state, part)
        part.replace(path)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError of its zip writer
        part.unlink(missing_ok=True)
        full = isinstance(error, RuntimeError) or error.errno == errno.ENOSPC
        raise InfrastructureError(
            f"cannot write the checkpoint {path}: {'no space left on the device?' if full else error}",
            hint="Free some space or set output_dir to another disk, then run the same command: it resumes.",
        ) from error


def load_checkpoint(path: Path, map_location: str = "cpu") -> dict[str, Any]:
    """Read a checkpoint as tensors and plain values only; raises ``DataError`` when it is unreadable."""
    try:
        state: dict[str, Any] = torch.load(path, map_location=map_location, weights_only=True)
    except Exception as error:  # whatever torch raises, the person's next step is the same
        raise DataError(
            f"cannot read the checkpoint {path}: {error}", hint="Delete it and run the same command again."
        ) from error
    return state
