"""Tracking with the W&B client, offline by default; the key comes from the environment only."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from real.errors import UsageError
from real.logger.config import LoggerCfg
from real.logger.wandb_preflight import WandbMode, check_wandb, wandb_mode


class WandbTracker:
    """One W&B run, a mirror of ``steps.jsonl``: where W&B fails half-way, a warning says so and training goes on."""

    def __init__(self, run: Any, warn: Callable[[str], None]) -> None:  # noqa: ANN401 - wandb has no stable types
        self._run = run
        self._warn = warn

    def log(self, step: int, values: Mapping[str, object]) -> None:
        """Send the values of one step; those that are null are left out."""
        sent = {key: value for key, value in values.items() if value is not None and key != "step"}
        if self._run is not None:
            self._guarded(lambda: self._run.log(sent, step=step))

    def finish(self) -> None:
        """Flush everything; what happens to the run in W&B after this is W&B's business."""
        if self._run is not None:
            self._guarded(self._run.finish)
            self._run = None

    def _guarded(self, action: Callable[[], object]) -> None:
        from wandb.errors import Error

        try:
            action()
        except (Error, OSError) as error:
            self._run = None
            self._warn(f"W&B stopped working and is left out from here on: {error}. steps.jsonl has every step.")


def start(
    cfg: LoggerCfg,
    run_dir: Path,
    run_id: str,
    *,
    config: Mapping[str, object],
    history: Sequence[Mapping[str, object]],
    warn: Callable[[str], None],
) -> WandbTracker | None:
    """Start or resume the W&B run ``run_id`` under ``run_dir/wandb`` and bring it up to date with ``history``.

    Raises ``UsageError`` where ``logger=wandb`` has no key or cannot start; offline, that is a warning and ``None``.
    """
    online = wandb_mode(cfg) == WandbMode.ONLINE
    check_wandb(cfg)
    if not online:
        # A killed client may have lost steps, and knows of steps that are trained anew: its log is replaced as a whole.
        for folder in (run_dir / "wandb").glob(f"offline-run-*-{run_id}"):
            shutil.rmtree(folder, ignore_errors=True)
    try:
        run = open_run(cfg, run_dir, run_id, config, online)
    except ImportError as error:
        _failed(f"W&B is not installed ({error}); `pip install wandb` adds it", online, warn)
        return None
    except startup_errors() as error:
        _failed(f"W&B could not start: {error}", online, warn)
        return None
    tracker = WandbTracker(run, warn)
    known = int(run.starting_step) if online else 0  # the server tells how far it got
    for record in history:
        step = record["step"]
        if isinstance(step, int | float) and step >= known:
            tracker.log(int(step), record)
    return tracker


def open_run(cfg: LoggerCfg, run_dir: Path, run_id: str, config: Mapping[str, object], online: bool) -> Any:  # noqa: ANN401
    """Start, or go on with, the W&B run ``run_id``; raises ``ImportError``, or one of ``startup_errors``."""
    run_dir.mkdir(parents=True, exist_ok=True)
    with own_folders(run_dir):
        import wandb

        settings = wandb.Settings(
            silent=True,
            console="off",
            disable_git=True,
            save_code=False,
            x_disable_stats=True,
            x_disable_meta=True,
        )
        return wandb.init(
            project=cfg.project,
            entity=cfg.entity,
            id=run_id,
            name=run_id,
            dir=str(run_dir),
            mode="online" if online else "offline",
            resume="allow",
            config=dict(config),
            settings=settings,
        )


@contextlib.contextmanager
def own_folders(run_dir: Path) -> Iterator[None]:
    """W&B caches and stages in the home folder, which need not be writable: give it places inside the run directory."""
    places = {"WANDB_CACHE_DIR": run_dir / "wandb" / "cache", "WANDB_DATA_DIR": run_dir / "wandb" / "data"}
    ours = {name: str(folder.resolve()) for name, folder in places.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            del os.environ[name]


def startup_errors() -> tuple[type[Exception], ...]:
    """What the client raises where it, the disk or the server fails."""
    from wandb.errors import Error

    return (Error, OSError)


def _failed(message: str, online: bool, warn: Callable[[str], None]) -> None:
    if online:
        raise UsageError(message, hint="Use logger=wandb_offline or logger=none to train without it.")
    warn(f"{message}. The run goes on without W&B; steps.jsonl and steps.csv have every step.")
