"""The state of a training in one file, which survives a kill at any instant: written beside, then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import Any

import torch

from real.errors import DataError, InfrastructureError


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write ``state`` (tensors and plain values) to ``path`` atomically, on the disk when this returns.

    Raises ``InfrastructureError`` when the disk refuses; what was at ``path`` is then still there.
    """
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError of its zip writer
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        full = isinstance(error, RuntimeError) or error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise InfrastructureError(
            f"cannot write the checkpoint {path}: {'no space left on the device?' if full else error}",
            hint="Free some space or set output_dir to another disk, then run the same command: it resumes.",
        ) from error


def load_state(path: Path, map_location: str = "cpu") -> dict[str, Any]:
    """Read what ``save_state`` wrote; raises ``DataError`` when it is unreadable."""
    try:
        state: dict[str, Any] = torch.load(path, map_location=map_location, weights_only=True)
    except Exception as error:  # whatever torch raises, the person's next step is the same
        raise DataError(
            f"cannot read the checkpoint {path}: {error}", hint="Delete it and run the same command again."
        ) from error
    return state
