"""Render the batch script of a stage from ``conf/cluster`` and the templates in ``slurm/templates``."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, TemplateError

from real.errors import UsageError
from real.slurm.config import ClusterCfg, ContainerRuntime
from real.slurm.directives import directive, quote
from real.slurm.resources import cpus_option, memory_option, mounts, tables_options

REPOSITORY = Path(__file__).resolve().parents[2]
TEMPLATES = REPOSITORY / "slurm" / "templates"
TRAIN, EVALUATE, TABLES = "train", "evaluate", "tables"
_TABLES_TIME = "00:30:00"


@dataclass(frozen=True)
class Stage:
    """One batch script: what it runs, its array indices (none: a single job), and its resources."""

    kind: str
    cluster: ClusterCfg
    indices: tuple[int, ...] = ()
    ray: bool = False
    label: str = ""  # names script and logs where several stages do the same
    memory_gb: int = 0  # what the largest of its runs needs on a node; 0: not known
    training_time: str = ""  # limit of a training job; empty: the longest
    folders: tuple[str, ...] = ()  # what its runs read, for a container
    one_device: bool = False  # all of it runs on as many GPUs as an evaluation gets

    @property
    def name(self) -> str:
        """Unique within a submission: ``train``, ``train-2``, ``evaluate``, ..."""
        return f"{self.kind}{self.label}"

    @property
    def nodes(self) -> int:
        """Nodes of one job."""
        return self.cluster.nodes if self.whole else 1

    @property
    def whole(self) -> bool:
        """Whether a job gets all that ``cluster`` names: a training that is spread over its GPUs."""
        return self.kind == TRAIN and not self.one_device

    @property
    def gpus(self) -> int:
        """GPUs on each node of one job."""
        if self.kind == TABLES:
            return 0
        if not self.whole:
            return min(self.cluster.evaluate_gpus, self.cluster.gpus_per_node)
        return self.cluster.gpus_per_node

    @property
    def time(self) -> str:
        """Time limit of one job."""
        times = {
            TRAIN: self.training_time or self.cluster.max_time,
            EVALUATE: self.cluster.evaluate_time,
            TABLES: _TABLES_TIME,
        }
        return times[self.kind]


def render(stage: Stage, *, name: str, folder: Path, workdir: Path) -> str:
    """Return the batch script of ``stage``; raises ``UsageError`` if a template cannot be rendered."""
    cluster = stage.cluster
    own = [FileSystemLoader(cluster.templates)] if cluster.templates else []
    environment = Environment(
        loader=ChoiceLoader([*own, FileSystemLoader(TEMPLATES)]),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,  # shell, not HTML
    )
    environment.filters["sh"] = lambda value: shlex.quote(str(value))
    environment.filters["directive"] = lambda value: quote(str(value))
    srun, command, python = _launcher(stage, workdir, folder)
    whole = stage.whole
    if stage.kind == TABLES:
        cpus, memory = tables_options(cluster)
    else:
        cpus = cpus_option(cluster, training=whole, gpus=stage.gpus)
        memory = memory_option(cluster, training=whole, gpus=stage.gpus, needed_gb=stage.memory_gb)
    try:
        return environment.get_template("job.sh.j2").render(
            name=name,
            folder=str(folder),
            logs=str(folder / "logs").replace("%", "%%"),  # SLURM replaces %a by the number of the task
            stage=stage.kind,
            log=stage.name,
            array=_array(stage),
            nodes=stage.nodes,
            gpus=stage.gpus,
            gpu_type=cluster.gpu_type,
            cpus=cpus,
            memory=memory,
            exclusive=cluster.exclusive and whole,
            time=stage.time,
            partition=cluster.partition,
            account=cluster.account,
            qos=cluster.qos,
            warning_s=_warning(stage),
            requeues=stage.kind != TABLES,
            max_requeues=cluster.max_requeues,
            retries=cluster.retries,
            sbatch=[directive(option) for option in cluster.sbatch],
            setup=cluster.setup,
            modules=cluster.modules,
            venv=cluster.venv,
            conda=cluster.conda,
            workdir=str(workdir),
            repository=str(REPOSITORY),
            # In a container there is no srun for the launcher to start Ray on the other nodes with.
            ray=stage.ray and stage.nodes > 1 and cluster.container is not None,
            srun=srun,
            command=command,
            python=python,
        )
    except TemplateError as error:
        where = cluster.templates or TEMPLATES
        raise UsageError(f"a template in {where} cannot be rendered: {error}") from error


def _warning(stage: Stage) -> int:
    """Seconds before the time limit at which SLURM signals the job; evaluation saves every batch and needs less."""
    warnings = {TRAIN: stage.cluster.warning_s, EVALUATE: min(stage.cluster.warning_s, 60)}
    return warnings.get(stage.kind, 0)


def _array(stage: Stage) -> str:
    """The value of ``--array``: ``0-8%4``, or ``0,3,5`` if indices are missing in between."""
    if not stage.indices:
        return ""
    first, last = stage.indices[0], stage.indices[-1]
    whole = len(stage.indices) == last - first + 1
    listed = f"{first}-{last}" if whole and last > first else ",".join(map(str, stage.indices))
    return listed + (f"%{stage.cluster.parallel}" if stage.cluster.parallel else "")


def _launcher(stage: Stage, workdir: Path, folder: Path) -> tuple[str, str, str]:
    """Options of ``srun``, the command that enters the container, and the Python to run."""
    cluster = stage.cluster
    srun = ["--cpu-bind=none"]  # one driver task starts processes of its own on all cores of the job
    binds = mounts([*map(str, (REPOSITORY, workdir, folder.parents[1])), *stage.folders], cluster.mounts)
    if cluster.container and cluster.container_runtime == ContainerRuntime.pyxis:
        srun += [
            f"--container-image={shlex.quote(cluster.container)}",
            f"--container-mounts={shlex.quote(','.join(binds))}",
            f"--container-workdir={shlex.quote(str(workdir))}",
        ]
        return " ".join(srun), "", "python"
    if cluster.container:
        nvidia = ["--nv"] if cluster.gpus_per_node else []
        enter = [
            "apptainer",
            "exec",
            *nvidia,
            *(word for bind in binds for word in ("--bind", bind)),
            "--pwd",
            str(workdir),
            cluster.container,
        ]
        return " ".join(srun), shlex.join(enter), "python"
    return " ".join(srun), "", "python" if cluster.venv or cluster.conda else shlex.quote(sys.executable)
