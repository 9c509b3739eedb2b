"""What a command line will run: every job composed and checked before the first one starts."""

from __future__ import annotations

import copy
import itertools
from dataclasses import dataclass
from pathlib import Path

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from real.config.keys import check_home
from real.config.messages import composing
from real.config.schema import check
from real.errors import RealError, UsageError
from real.ids import run_id
from real.runs.store import RunState, RunStore
from real.settings import RootCfg, to_dataclass


@dataclass(frozen=True)
class PlannedRun:
    """One run: ``changes`` are the settings that make it differ within its sweep (empty for a single run)."""

    run_id: str
    run_dir: Path
    root: RootCfg
    cfg: DictConfig
    changes: tuple[str, ...] = ()

    def state(self) -> RunState | None:
        """How far the run is by its status file; ``None`` where it never started."""
        status = RunStore(self.run_dir).read_status()
        return status.state if status else None


@dataclass(frozen=True)
class Plan:
    """The runs of a command line; ``sweep_dir`` is ``None`` for a single run."""

    runs: tuple[PlannedRun, ...]
    sweep_dir: Path | None = None

    @property
    def first(self) -> RootCfg:
        """The settings that all runs share are read from the first one."""
        return self.runs[0].root

    def pending(self) -> list[PlannedRun]:
        """Runs that would compute something: not done yet, or forced."""
        return [run for run in self.runs if run.root.force or run.state() != RunState.DONE]


def plan_run(config: DictConfig) -> Plan:
    """The plan of a single run from what Hydra composed, its own node included; raises ``UsageError``."""
    _check_place(config)
    return Plan((_planned(config),))


def plan_sweep(config: DictConfig) -> Plan:
    """The plan of a sweep: every run composed as the launcher will; raises ``UsageError`` naming the run."""
    _check_place(config)
    batch = _expand(config)
    varying = [len(set(words)) > 1 for words in zip(*batch, strict=True)]
    loader = GlobalHydra.instance().config_loader()
    runs = []
    for words in batch:
        changes = tuple(itertools.compress(words, varying))
        try:
            with composing():
                runs.append(_planned(loader.load_sweep_config(config, list(words)), changes))
        except RealError as error:
            raise UsageError(f"job {' '.join(changes) or '0'}: {error}", hint="No job was started.") from error
    return Plan(tuple(runs), (Path.cwd() / str(config.hydra.sweep.dir)).absolute())


def _expand(config: DictConfig) -> list[list[str]]:
    """The settings of every run, from the sweeper itself: the command line's values replace those of the file."""
    sweeper = get_class(config.hydra.sweeper._target_)
    if not hasattr(sweeper, "split_arguments"):
        name = config.hydra.runtime.choices["hydra/sweeper"]
        raise UsageError(f"hydra/sweeper={name} chooses its runs as it goes, and every run is checked before the first")
    params = config.hydra.sweeper.params or {}
    words = [*(f"{key}={value}" for key, value in params.items()), *config.hydra.overrides.task]
    with composing():
        (batch,) = sweeper.split_arguments(OverridesParser.create().parse_overrides(words), None)
    return [list(words) for words in batch]


def _check_place(config: DictConfig) -> None:
    if config.hydra.job.chdir:
        raise UsageError(
            "hydra.job.chdir=true would take relative folders (output_dir, dataset.path) from within the run's own",
            hint="Leave it out: output_dir=FOLDER says where runs go.",
        )


def _planned(config: DictConfig, changes: tuple[str, ...] = ()) -> PlannedRun:
    cfg = copy.deepcopy(config)
    with read_write(cfg), open_dict(cfg):
        del cfg["hydra"]
    with composing():
        root = to_dataclass(cfg)
    check(root)
    check_home(OmegaConf.to_container(cfg))
    name = run_id(cfg)
    return PlannedRun(name, run_dir_of(root, name), root, cfg, changes)


def run_dir_of(root: RootCfg, name: str) -> Path:
    """The directory of a run, absolute: whoever reads it from our output may stand elsewhere."""
    return (Path.cwd() / root.output_dir / name).absolute()
