"""Where a run is computed (``conf/cluster``); no part of the run id."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from real.errors import UsageError

AUTO = "auto"
_TIME = re.compile(r"(?:(\d+)-)?(\d{1,3}):(\d\d):(\d\d)")


# Members have the names of their values: OmegaConf reads an Enum by name, and files and run ids show the value.
class Scheduler(StrEnum):
    """What starts the runs: ``none`` is this process."""

    none = "none"
    slurm = "slurm"


class Evaluate(StrEnum):
    """Where the final evaluation runs: in the training job, or in its own job on ``evaluate_gpus``."""

    with_training = "with_training"
    own_job = "own_job"


class ContainerRuntime(StrEnum):
    """What runs ``container`` on a node."""

    apptainer = "apptainer"
    pyxis = "pyxis"


@dataclass
class ClusterCfg:
    """Resources of a run: times in ``[days-]hours:minutes:seconds`` or seconds (``_s``), memory in GB.

    ``gpus_per_node=0`` requires no GPU; ``null`` and every other 0 leave a value to the cluster's default. What
    comes after ``gpus_per_node`` is for SLURM.
    """

    name: str = "local"
    scheduler: Scheduler = Scheduler.none
    nodes: int = 1
    gpus_per_node: int = 0

    gpu_type: str | None = None  # --gres=gpu:TYPE:N where a cluster has several kinds
    cpus_per_node: int = 0  # 0: all of an exclusive node; 8 for an evaluation
    memory_gb_per_node: int = 0  # 0: all of an exclusive node, else what the model needs
    exclusive: bool = False  # whole nodes, with all their cores and memory
    time: str = AUTO  # limit of one training job, at whose end it is queued again; auto: what the model needs
    max_time: str = "24:00:00"  # the longest that time=auto asks for
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    sbatch: list[str] = field(default_factory=list)  # any further options, as in [--exclude=node7]

    parallel: int = 0  # jobs of a sweep at a time; 0: as many as the cluster lets run
    warning_s: int = 300  # SIGUSR1 so long before the time limit: one training step and a checkpoint have to fit
    max_requeues: int = 20  # times a job is queued again after that signal
    retries: int = 1  # times it is queued again when the machine failed it (killed, out of memory, worker gone)
    evaluate: Evaluate = Evaluate.with_training  # own_job: the other GPUs are free when training is done
    evaluate_gpus: int = 1
    evaluate_time: str = "04:00:00"

    # How a job gets its Python: by default the interpreter that submitted it.
    modules: list[str] = field(default_factory=list)
    venv: str | None = None
    conda: str | None = None
    container: str | None = None  # image file (apptainer) or image name (pyxis)
    container_runtime: ContainerRuntime = ContainerRuntime.apptainer
    mounts: list[str] = field(default_factory=list)  # FROM:TO, beside code, data, models and output
    setup: list[str] = field(default_factory=list)  # lines of shell before everything else
    templates: str | None = None  # folder with your own versions of slurm/templates/*.j2

    @property
    def gpus(self) -> int:
        """GPUs over all nodes."""
        return self.nodes * self.gpus_per_node

    @property
    def own_python(self) -> bool:
        """Whether jobs run with another Python than the one that submits them."""
        return bool(self.venv or self.conda or self.container)

    def check(self) -> None:
        """Raise ``UsageError`` where a value is out of range."""
        if self.nodes < 1 or self.gpus_per_node < 0:
            raise UsageError("cluster.nodes must be at least 1, and cluster.gpus_per_node must not be negative")
        if self.scheduler == Scheduler.none and self.nodes > 1:
            raise UsageError("cluster.nodes is above 1, but cluster.scheduler=none knows only this machine")
        self._check_numbers()
        self._check_python()
        self._check_lines()

    def _check_numbers(self) -> None:
        names = ("cpus_per_node", "memory_gb_per_node", "parallel", "max_requeues", "retries", "evaluate_gpus")
        for name in names:
            if getattr(self, name) < 0:
                raise UsageError(f"cluster.{name} is {getattr(self, name)}, but it must not be negative")
        if seconds(self.evaluate_time, "cluster.evaluate_time") <= 60:
            raise UsageError(f"cluster.evaluate_time is {self.evaluate_time}, but no evaluation ends in a minute")
        # SLURM keeps the lead in 16 bits, and sends the signal up to a minute early.
        if not 10 <= self.warning_s <= 65535:
            raise UsageError(f"cluster.warning_s is {self.warning_s}, but it must lie in [10, 65535]")
        key, limit = ("max_time", self.max_time) if self.time == AUTO else ("time", self.time)
        if self.warning_s >= seconds(limit, f"cluster.{key}"):
            raise UsageError(f"cluster.warning_s is {self.warning_s}, but the job ends after cluster.{key}={limit}")

    def _check_python(self) -> None:
        if sum(bool(source) for source in (self.venv, self.conda, self.container)) > 1:
            raise UsageError("cluster.venv, cluster.conda and cluster.container exclude each other: name one")
        if self.templates is not None and not Path(self.templates).is_dir():
            raise UsageError(f"cluster.templates is {self.templates!r}, but there is no such folder")

    def _check_lines(self) -> None:
        for option in self.sbatch:
            if not re.fullmatch(r"--?[a-zA-Z][^\n]*", option):
                raise UsageError(
                    f"cluster.sbatch has {option!r}, which is no option", hint="For example [--exclude=node7]."
                )
        for mount in self.mounts:
            if not re.fullmatch(r"[^:\n]+:[^:\n]+(:r[ow])?", mount):
                raise UsageError(f"cluster.mounts has {mount!r}, but it must be FROM:TO, as in [/scratch:/scratch]")
        for name in ("gpu_type", "partition", "account", "qos"):
            value = getattr(self, name)
            if value is not None and not re.fullmatch(r"[\w.,:@+-]+", value):
                raise UsageError(f"cluster.{name} is {value!r}, but a name in SLURM has no spaces or quotes")
        for module in self.modules:
            if not re.fullmatch(r"[\w./+-]+", module):
                raise UsageError(f"cluster.modules has {module!r}, which is no name of a module")


def seconds(time: str, key: str = "time") -> int:
    """A time limit in seconds; raises ``UsageError`` naming ``key`` where it is none."""
    found = _TIME.fullmatch(time)
    if not found:
        raise UsageError(f"{key} is {time!r}, but it must be [days-]hours:minutes:seconds, as in 1-12:00:00")
    days, hours, minutes, rest = (int(part or 0) for part in found.groups())
    total = ((days * 24 + hours) * 60 + minutes) * 60 + rest
    if total == 0:
        raise UsageError(f"{key} is {time!r}: no job can do anything in that time")
    return total
