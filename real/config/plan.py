"""What a command line will run: every job composed and checked before the first one starts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from real.config.arguments import Arguments
from real.config.keys import check_composed, parse_settings
from real.config.messages import composing
from real.config.schema import RootCfg, check, to_dataclass
from real.errors import RealError, UsageError
from real.ids import run_id
from real.runs.store import RunState, RunStore


@dataclass(frozen=True)
class Job:
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
    """The jobs of a command line; ``sweep_dir`` is ``None`` for a single run."""

    jobs: tuple[Job, ...]
    sweep_dir: Path | None = None

    @property
    def first(self) -> RootCfg:
        """The settings that all jobs share are read from the first one."""
        return self.jobs[0].root

    def pending(self) -> list[Job]:
        """Jobs that would compute something: not done yet, or forced."""
        return [job for job in self.jobs if job.root.force or job.state() != RunState.DONE]


def make_plan(arguments: Arguments, conf: Path) -> Plan:
    """Compose and check every job; raises ``UsageError`` for the first thing that is wrong, naming the job."""
    settings = list(arguments.settings)
    parsed = parse_settings(settings)
    extra = arguments.flags.get("--config-dir")
    if extra is not None:
        if not Path(extra).is_dir():
            raise UsageError(f"--config-dir {extra}: there is no such folder")
        settings.append(f"hydra.searchpath=[file://{Path(extra).resolve()}]")
    name = arguments.flags.get("--config-name") or "config"
    with initialize_config_dir(config_dir=str(conf), version_base="1.3"), composing():
        swept = [word for word, override in zip(settings, parsed, strict=False) if override.is_sweep_override()]
        fixed = [word for word in settings if word not in swept]
        base = compose(name, fixed, return_hydra_config=True)
        mode = OmegaConf.select(base, "hydra.mode")
        if "--multirun" not in arguments.flags and (mode is None or mode.name != "MULTIRUN"):
            if swept:
                advice = "Add -m to run one job for each, or brackets for a list: key=[a,b]."
                raise UsageError(f"{swept[0]!r} names several values", hint=advice)
            return Plan((_job(_task_config(base)),))
        jobs = _expand(name, settings, base)
    return Plan(jobs, (Path.cwd() / base.output_dir / "sweeps" / str(base.exp_name)).absolute())


def _expand(name: str, settings: Sequence[str], base: DictConfig) -> tuple[Job, ...]:
    """The product of the sweep's values, as Hydra's basic sweeper forms it: the command line replaces the file's."""
    params = OmegaConf.select(base, "hydra.sweeper.params") or {}
    parser = OverridesParser.create()
    from_file = parser.parse_overrides([f"{key}={value}" for key, value in params.items()])
    values: dict[str, list[str]] = {}
    for override in [*from_file, *parser.parse_overrides(list(settings))]:
        values[override.get_key_element()] = _values(override)
    varying = {key for key, options in values.items() if len(options) > 1}
    jobs = []
    for combination in itertools.product(*values.values()):
        words = [f"{key}={value}" for key, value in zip(values, combination, strict=True)]
        changes = tuple(word for word, key in zip(words, values, strict=True) if key in varying)
        try:
            with composing():
                jobs.append(_job(compose(name, words), changes))
        except RealError as error:
            raise UsageError(f"job {' '.join(changes) or '0'}: {error}", hint="No job was started.") from error
    return tuple(jobs)


def _values(override: Override) -> list[str]:
    if not override.is_sweep_override():
        return [override.get_value_element_as_str()]
    if not override.is_discrete_sweep():
        raise UsageError(
            f"{override.input_line!r}: a sweep needs single values", hint="For example seed=0,1,2 or range(3)."
        )
    return list(override.sweep_string_iterator())


def _task_config(whole: DictConfig) -> DictConfig:
    """What Hydra would hand to the task: composing anew costs a fifth of a second."""
    with read_write(whole), open_dict(whole):
        del whole["hydra"]
    return whole


def _job(cfg: DictConfig, changes: tuple[str, ...] = ()) -> Job:
    check_composed(cfg)
    root = to_dataclass(cfg)
    check(root)
    name = run_id(cfg)
    return Job(name, run_dir_of(root, name), root, cfg, changes)


def run_dir_of(root: RootCfg, name: str) -> Path:
    """The directory of a run, absolute: whoever reads it from our output may stand elsewhere."""
    return (Path.cwd() / root.output_dir / name).absolute()
