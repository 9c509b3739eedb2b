"""The life of one run: skip what is done, resume what is not, and end on one message whatever happens."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from pathlib import Path
from textwrap import shorten

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from real.config.plan import run_dir_of
from real.config.schema import check
from real.config.shell import shown_command
from real.errors import InfrastructureError, RealError
from real.ids import run_id
from real.io import console, disk
from real.policy.config import ModelKind
from real.rewards.config import Variant
from real.runs.environment import describe
from real.runs.store import RunState, RunStore, Status
from real.settings import RootCfg, to_dataclass
from real.stopping import Stopped

_NOT_FROZEN = ("force", "dry_run")  # how a command treats a run, no facts about the run
_SHOWN = 120  # letters of an earlier error; the whole is in the file ``status``


def run_job(cfg: DictConfig) -> None:
    """Hydra's task function: a single run exits with its own code, a job of a sweep leaves the others a chance."""
    console.protect()  # a launcher of Hydra may have made a process of its own
    code = execute(cfg)
    if code and HydraConfig.get().mode != RunMode.MULTIRUN:
        raise SystemExit(code)


def execute(cfg: DictConfig, *, name: str | None = None, train_only: bool = False) -> int:
    """Run, resume or skip the run of ``cfg``; returns the exit code, errors are told on standard error.

    ``name`` is the run id of a config that was frozen: paths are resolved in it, so it hashes to another one.
    ``train_only`` leaves the final evaluation to another call. ``KeyboardInterrupt`` passes through, with the run
    marked as interrupted.
    """
    root = to_dataclass(cfg)
    name = name or run_id(cfg)
    store = RunStore(run_dir_of(root, name))
    try:
        check(root)
        if root.force:
            set_aside(store)
        with store.lock():
            status = store.read_status()
            if status and status.state == RunState.DONE:
                _say_skipped(store, name)
            elif train_only and status and status.state == RunState.TRAINED:
                print(f"SKIP {name}: trained already", flush=True)
            else:
                print(_opening(name, status), flush=True)
                _compute(cfg, root, store, train_only=train_only)
    except RealError as error:
        tell(error)
        return error.exit_code
    except Exception as error:
        return _tell_full_disk(error, store) if _is_full_disk(error) else _unexpected(error, store)
    print(f"results: {store.path}", flush=True)
    return 0


def tell(error: RealError) -> None:
    """One message on standard error."""
    print(f"error: {error}", file=sys.stderr, flush=True)


def _compute(cfg: DictConfig, root: RootCfg, store: RunStore, *, train_only: bool) -> None:
    store.write_status(RunState.RUNNING)
    try:
        if not (store / "config.yaml").exists():
            disk.atomic_write(store / "config.yaml", frozen(cfg))
        # Threads of torch spin before they sleep; beside another busy process that made a step eight times slower.
        os.environ.setdefault("GOMP_SPINCOUNT", "3000")
        # torch comes with the pipeline: skipping and refusing have to do without
        from real.pipeline import run

        run(root, store.path, train_only=train_only)
        if train_only:
            store.write_status(RunState.TRAINED, "its evaluation is to follow")
        else:
            store.write_status(RunState.DONE)
            _suggest(root)
    except KeyboardInterrupt as error:
        _note(store, RunState.INTERRUPTED, str(error) if isinstance(error, Stopped) else "stopped by Ctrl-C")
        raise
    except Exception as error:
        _note(store, RunState.FAILED, _one_line(error))
        raise


def _suggest(root: RootCfg) -> None:
    if root.model.kind is ModelKind.tiny and root.reward.variant is Variant.hybrid:
        again = shown_command(["run.py", "+exp=ablation_reward_tiny", "-m"])
        print(f"next: {again}   (what each half of the reward is good for)", flush=True)


def frozen(cfg: DictConfig) -> str:
    """The content of ``config.yaml``: interpolations resolved, so that it can be read without Hydra."""
    content = OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key not in _NOT_FROZEN])
    return OmegaConf.to_yaml(content, resolve=True)


def _opening(name: str, status: Status | None) -> str:
    if status is None:
        return f"RUN {name}"
    reason = (
        f": {shorten(status.reason, _SHOWN, placeholder=' …')}" if status.reason else ""
    )  # whole in the file ``status``
    was = "was killed" if status.state == RunState.RUNNING else f"is {status.state}{reason}"
    return f"RESUME {name} (it {was})"


def _say_skipped(store: RunStore, name: str) -> None:
    print(f"SKIP {name}: done already; force=true runs it anew")
    made = store.read_environment() if (store / "env.json").exists() else {}
    now = describe(seed=0, config_hash="", data_hash="")
    changed = [key for key in ("real", "git_commit") if made.get(key) and now[key] and made[key] != now[key]]
    if changed:
        print(f"  note: the code has changed since ({', '.join(f'{k} {made[k]} -> {now[k]}' for k in changed)})")


def set_aside(store: RunStore) -> None:
    """Move an earlier run to ``old/``; nothing is ever deleted."""
    if not store.path.exists() or not any(entry.name != ".lock" for entry in store.path.iterdir()):
        return
    with store.lock(), disk.disk_errors(store.path):
        old = store.path.parent / "old"
        old.mkdir(exist_ok=True)
        number = 1
        while (old / f"{store.path.name}-{number}").exists():
            number += 1
        target = old / f"{store.path.name}-{number}"
        store.path.rename(target)
    print(f"force=true: the earlier run is now in {target}")


def _note(store: RunStore, state: RunState, reason: str) -> None:
    # The error that ended the run is the one to tell, not that the full disk refused its epitaph too.
    with contextlib.suppress(InfrastructureError):
        store.write_status(state, reason)


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:500]


def _is_full_disk(error: BaseException) -> bool:
    """Libraries write too (checkpoints, figures, W&B), and wrap what the disk told them."""
    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, OSError) and chain.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        chain = chain.__cause__ or chain.__context__
    return False


def _tell_full_disk(error: Exception, store: RunStore) -> int:
    hint = "Free some space and run the same command again: it resumes."
    full = InfrastructureError(f"the disk is full: {error}; the run in {store.path} has stopped", hint=hint)
    tell(full)
    return full.exit_code


def _unexpected(error: Exception, store: RunStore) -> int:
    report = "".join(traceback.format_exception(error))
    where: Path = store / "error.log"
    try:
        disk.atomic_write(where, report)
    except InfrastructureError:
        print(report, file=sys.stderr)
        where = Path("the traceback above")
    tell(
        RealError(
            f"unexpected {_one_line(error)}",
            hint=f"This is a bug or a broken installation; details in {where}. The same command tries again.",
        )
    )
    return 1
