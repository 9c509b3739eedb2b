"""Find the newest checkpoint that policy and critic share."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from real.io import disk

_TAG = re.compile(r"global_step(\d+)")
_ROLES = ("_actor", "_critic")


def resumable(folder: Path) -> int:
    """Return the step of the checkpoint that OpenRLHF will load, or 0 if it will start anew.

    Policy and critic are saved one after the other, and each names its newest in a file ``latest``. A kill between
    the two would resume them from different steps; here both are made to name the newest step that both have. Where
    they share none, both are moved aside.
    """
    tags = [_tags(folder / role) for role in _ROLES]
    shared = set(tags[0]) & set(tags[1])
    if not shared:
        for role in _ROLES:
            if (folder / role).exists():
                _set_aside(folder / role)
        return 0
    step = max(shared)
    for role in _ROLES:
        latest = folder / role / "latest"
        if not latest.exists() or disk.read_text(latest).strip() != f"global_step{step}":
            disk.atomic_write(latest, f"global_step{step}")
    return step


def _tags(folder: Path) -> list[int]:
    """Steps of the complete checkpoints: up to the one in ``latest``; a newer one was interrupted while saving."""
    if not (folder / "latest").is_file():
        return []
    newest = _TAG.fullmatch(disk.read_text(folder / "latest").strip())
    found = [_TAG.fullmatch(path.name) for path in folder.iterdir() if path.is_dir()]
    steps = [int(match[1]) for match in found if match]
    return [step for step in steps if newest and step <= int(newest[1])]


def _set_aside(folder: Path) -> None:
    target = folder.with_name(f"{folder.name}.incomplete")
    shutil.rmtree(target, ignore_errors=True)
    folder.rename(target)
