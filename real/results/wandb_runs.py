"""Runs of W&B: read back with W&B's own reader, and sent to a server later."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from real.errors import DataError, InfrastructureError, UsageError

if TYPE_CHECKING:
    import pandas as pd

_READINGS = 3  # W&B's reader now and then ends well on a busy machine and has said nothing; asked again it answers


def offline_runs(folder: Path) -> list[Path]:
    """The logs (``*.wandb``) of every W&B run at or below ``folder``; ``DataError`` where there is none."""
    found = [folder] if folder.suffix == ".wandb" else sorted(folder.rglob("*run-*/*.wandb"))
    if not found:
        raise DataError(
            f"no W&B run under {folder}", hint="An offline run is a folder wandb/offline-run-…-ID with ID.wandb."
        )
    return found


def history(folder: Path) -> pd.DataFrame:
    """What was logged to the W&B runs below ``folder``: ``run_id``, ``step`` and one column a key.

    Works for runs of any program that logs to W&B, such as OpenRLHF's own. Raises ``DataError`` where a log is damaged,
    ``UsageError`` where W&B or pandas is missing.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    for log in offline_runs(folder):
        for record in records(log):
            if record.get("type") == "history":
                item = dict(record["history"]["item"])  # type: ignore[index]
                rows.append({"run_id": log.stem.removeprefix("run-"), "step": item.pop("_step", None), **item})
    frame = pd.DataFrame(rows, columns=None if rows else ["run_id", "step"])
    return frame[[name for name in frame.columns if not name.startswith("_")]]


def sync(folders: Sequence[Path], *, dry_run: bool = False) -> list[Path]:
    """Send the offline runs below ``folders`` to W&B; returns their folders. With ``dry_run`` nothing is sent.

    Needs ``WANDB_API_KEY`` (or ``wandb login``), read by W&B's own command. Raises ``InfrastructureError`` with what it
    says where it fails.
    """
    found = [log.parent for folder in folders for log in offline_runs(folder)]
    offline = [folder for folder in found if folder.name.startswith("offline-run-")]
    if not offline:
        raise DataError(f"{found[0]} was online already", hint="Only offline runs are sent; W&B has this one.")
    for folder in () if dry_run else offline:
        done = _wandb("sync", "--no-include-synced", str(folder))
        if done.returncode:
            raise InfrastructureError(
                f"W&B did not take {folder}: {_last_line(done)}", hint="Is WANDB_API_KEY set, and the server reachable?"
            )
    return offline


def records(log: Path) -> list[dict[str, object]]:
    """Everything in one log, by W&B's own reader; raises ``DataError`` where it cannot be read."""
    for _ in range(_READINGS):
        done = _wandb("leet", "inspect", "--json", str(log))
        if done.returncode:
            raise DataError(f"{log} cannot be read by W&B: {_last_line(done)}", hint="Is the run still being written?")
        found = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        if found:
            break
    else:
        raise DataError(f"{log} holds nothing that W&B can read: {_last_line(done)}")
    return found


def _wandb(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "wandb", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "WANDB_SILENT": "false"},
    )
    if "No module named wandb" in done.stderr:
        raise UsageError("wandb is missing", hint="pip install -e '.[notebooks]' brings it.")
    return done


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    return lines[-1] if lines else f"exit code {done.returncode}"
