"""Whether a machine can do what a configuration asks, said before anything starts."""

from __future__ import annotations

from real.config.costs import is_distributed
from real.datasets.loading import SPLITS
from real.datasets.sources import missing as missing_data
from real.logger.wandb_preflight import WandbMode, key_problem, wandb_mode
from real.machine import Machine
from real.methods.registry import method_of
from real.policy.config import ModelKind
from real.settings import RootCfg
from real.slurm.config import Scheduler
from real.training.openrlhf.flags import PINNED, installed_version


def missing(root: RootCfg, here: Machine) -> list[str]:
    """What ``here`` lacks for this run, one phrase each; empty when it can run."""
    method = method_of(root.method.name)
    lacks = [*method.missing(root), *_missing_packages(root, here), *_missing_devices(root, here)]
    evaluates_only = not method.learns_from_tasks and root.model.kind is not ModelKind.tiny
    if (reason := missing_data(root.dataset, splits=("test",) if evaluates_only else SPLITS)) is not None:
        lacks.append(reason)
    if problem := key_problem(root.logger):
        lacks.append(f"a W&B key in WANDB_API_KEY ({problem}; logger=wandb_offline needs none)")
    return lacks


def smaller_than_advised(root: RootCfg, here: Machine) -> str | None:
    """A sentence where the largest GPU is smaller than ``model.min_gpu_gb`` advises; it stops nobody who asks."""
    largest, need = max(here.gpus_gb, default=0.0), root.model.min_gpu_gb
    # A card sold as 80 GB reports 79.6: 3 % are the driver's and the label's.
    if root.trainer.engine != "local" or root.cluster.scheduler == Scheduler.slurm or largest >= 0.97 * need:
        return None
    has = f"the largest here has {largest:.0f} GB" if here.gpus_gb else "this machine has none"
    return f"model={root.model.name} is meant for a GPU with {need} GB, and {has}"


def _missing_packages(root: RootCfg, here: Machine) -> list[str]:
    if root.cluster.own_python:
        return []  # what this interpreter lacks is no matter: the job runs in another one
    needed = ["torch", "transformers", *method_of(root.method.name).packages(root)]
    distributed = is_distributed(root)
    samples_here = root.trainer.engine == "local"  # beside OpenRLHF's engines, transformers samples
    if root.generation.backend == "vllm" and (samples_here or distributed) and not root.trainer.openrlhf.ray_address:
        needed.append("vllm")
    if distributed:
        # On a cluster that runs already, its nodes have the rest.
        needed += ["ray"] if root.trainer.openrlhf.ray_address else ["openrlhf", "ray"]
    if root.execution.backend == "ray":
        needed.append("ray")
    if wandb_mode(root.logger) != WandbMode.NONE:
        needed.append("wandb")
    absent = [name for name in dict.fromkeys(needed) if name not in here.packages]
    lacks = [f"the packages {', '.join(absent)} (not installed)"] if absent else []
    if distributed:
        lacks += _wrong_openrlhf(root)
    return lacks


def _wrong_openrlhf(root: RootCfg) -> list[str]:
    """The cluster trainer knows one version of OpenRLHF; where that runs elsewhere, only the flags can be compared."""
    version = installed_version()
    if version is None or version.split(".")[:2] == PINNED.split(".")[:2]:
        return []
    return [f"OpenRLHF {PINNED} ({version} is installed; pip install openrlhf=={PINNED})"]


def _missing_devices(root: RootCfg, here: Machine) -> list[str]:
    if root.trainer.openrlhf.ray_address and is_distributed(root):
        return []  # the GPUs are those of the Ray cluster, which is asked when the run starts
    found = f"this machine has {len(here.gpus_gb) or 'none'}"
    if root.cluster.scheduler == Scheduler.slurm:
        asked = f"a SLURM cluster with {root.cluster.gpus} GPUs for a job"
        reason = f"sbatch is not on PATH: submit from a login node; {found}, with its own it would be local_1x8"
        return [] if "sbatch" in here.programs else [f"{asked} ({reason})"]
    if len(here.gpus_gb) < root.cluster.gpus:
        return [f"{root.cluster.gpus} GPUs ({found})"]
    if is_distributed(root) and not here.gpus_gb:
        return [f"GPUs ({found}; the paper used 8 x H100)"]
    return []
