"""Check GPUs, memory, disk, sandbox, SLURM, Ray, the Hugging Face hub and W&B."""

from __future__ import annotations

import ctypes.util
import netrc
import os
import shutil
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from real.doctor.check import CheckResult, Health, Purpose, needed
from real.doctor.software import version
from real.errors import InfrastructureError

_PATIENCE_S = 10
_HUB_S = 4
_CUDA_13_DRIVER = 580  # the oldest branch that runs CUDA 13, which the locked torch is built for
_DISK_GB = {Purpose.QUICKSTART: 2, Purpose.CLUSTER: 450}  # cluster: one training of 7B (openrlhf/disk_space.py)
_SHM_GB = 8  # tensors between the processes of NCCL, vLLM and Ray
_LARGE = 1 << 30


def gpus(purpose: Purpose) -> list[CheckResult]:
    """Check for GPUs, and for a driver that runs the locked CUDA."""
    lines = _lines("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits")
    if not lines:
        fix = "a node with NVIDIA GPUs and their driver; in a container: --gpus all (docker), --nv (apptainer)"
        return [CheckResult("GPUs", needed(purpose), "none", fix)]
    cells = [[cell.strip() for cell in line.split(",")] for line in lines]
    kinds = sorted({(name, int(float(memory)) // 1024) for name, memory, _ in cells})
    value = f"{len(cells)}: " + ", ".join(f"{name} ({gb} GB)" for name, gb in kinds)
    driver = cells[0][2]
    old = int(driver.partition(".")[0]) < _CUDA_13_DRIVER
    fix = f"the locked torch needs driver {_CUDA_13_DRIVER} or newer; ask the administrator, or lock an older stack"
    health = needed(purpose) if old else Health.OK
    return [CheckResult("GPUs", Health.OK, value), CheckResult("driver", health, driver, fix if old else "")]


def nccl(purpose: Purpose) -> list[CheckResult]:
    """Check for NCCL."""
    found = next((f"{name} {v}" for name in ("nvidia-nccl-cu13", "nvidia-nccl-cu12") if (v := version(name))), None)
    library = found or ctypes.util.find_library("nccl")
    if library:
        return [CheckResult("NCCL", Health.OK, library)]
    fix = "it comes with the CUDA build of torch: pip install torch, without +cpu"
    return [CheckResult("NCCL", needed(purpose), "none", fix)]


def shared_memory(purpose: Purpose) -> list[CheckResult]:
    """Check the size of ``/dev/shm``: containers get 64 MB by default."""
    path = Path("/dev/shm")
    size = shutil.disk_usage(path).total / _LARGE if path.is_dir() else 0.0
    small = size < _SHM_GB
    fix = "docker run --ipc=host, or --shm-size=16g" if small else ""
    return [CheckResult("/dev/shm", needed(purpose) if small else Health.OK, f"{size:.1f} GB", fix)]


def disk(purpose: Purpose) -> list[CheckResult]:
    """Check free space and write permission where runs are written."""
    folder = Path("outputs") if Path("outputs").is_dir() else Path.cwd()
    free, least = shutil.disk_usage(folder).free / _LARGE, _DISK_GB[purpose]
    value = f"{free:.0f} GB free in {folder.absolute()}"
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        fix = "output_dir=FOLDER names another place"
        return [CheckResult("disk", Health.BAD, f"cannot write to {folder.absolute()}: {error.strerror}", fix)]
    if free < least:
        return [CheckResult("disk", Health.BAD, value, f"{least} GB are needed; output_dir=FOLDER names another disk")]
    return [CheckResult("disk", Health.OK, value)]


def sandbox(purpose: Purpose) -> list[CheckResult]:
    """Check which isolation level the sandbox reaches here, by running it."""
    from real.execution.pool import Pool

    hint = "python -m real.execution doctor tells which layer fails; docs/execution.md how to get it"
    try:
        with Pool(1, min_isolation="weak") as pool:
            level = pool.isolation
    except InfrastructureError as error:
        return [CheckResult("sandbox", Health.BAD, str(error).splitlines()[0], hint)]
    if level == "weak":
        return [CheckResult("sandbox", Health.BAD, "weak: programs of a model would see files and network", hint)]
    return [CheckResult("sandbox", Health.OK, level)]


def slurm(purpose: Purpose) -> list[CheckResult]:
    """Check whether SLURM jobs can be submitted from here."""
    if shutil.which("sbatch") is None:
        fix = "run it on a login node (module load slurm?); without SLURM: cluster=local_1x8"
        return [CheckResult("SLURM", Health.ABSENT, "sbatch is not on PATH", fix)]
    release = " ".join(_lines("sbatch", "--version")) or "unknown version"
    limits = _lines("sinfo", "--noheader", "-o", "%P %D %G %l")
    if not limits:
        fix = "scontrol ping tells whether the controller is up; SLURM_CONF names another slurm.conf"
        return [CheckResult("SLURM", needed(purpose), f"{release}, but its controller does not answer", fix)]
    shown = "; ".join(" ".join(line.split()) for line in limits[:6])
    return [CheckResult("SLURM", Health.OK, f"{release}; partitions (nodes, GPUs, limit): {shown}")]


def ray(purpose: Purpose) -> list[CheckResult]:
    """Check the Ray cluster that ``RAY_ADDRESS`` names."""
    address = os.environ.get("RAY_ADDRESS", "")
    if not address or address in ("auto", "local"):
        return [CheckResult("Ray cluster", Health.ABSENT, "none named in RAY_ADDRESS: a run starts its own")]
    host, _, port = address.rpartition("//")[2].partition("/")[0].rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=_HUB_S).close()
    except (OSError, ValueError):
        fix = "ray start --head prints the address; unset RAY_ADDRESS to have a run start its own"
        return [CheckResult("Ray cluster", Health.BAD, f"nothing answers at {address}", fix)]
    return [CheckResult("Ray cluster", Health.OK, address)]


def hub(purpose: Purpose) -> list[CheckResult]:
    """Check whether models and data sets can be downloaded."""
    if os.environ.get("HF_HUB_OFFLINE") in ("1", "true", "True", "TRUE"):
        return [CheckResult("hub", Health.OK, "not asked (HF_HUB_OFFLINE is set): models have to be in HF_HOME")]
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    try:
        urllib.request.urlopen(urllib.request.Request(endpoint, method="HEAD"), timeout=_HUB_S).close()
    except urllib.error.HTTPError:
        pass  # it answers
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        fix = "hf download MODEL on a node with network, HF_HOME on a shared disk, then HF_HUB_OFFLINE=1 here"
        return [CheckResult("hub", needed(purpose), f"{endpoint} cannot be reached ({reason})", fix)]
    return [CheckResult("hub", Health.OK, endpoint)]


def wandb(purpose: Purpose) -> list[CheckResult]:
    """Check for a W&B key, without printing it."""
    if os.environ.get("WANDB_API_KEY"):
        return [CheckResult("W&B key", Health.OK, "set in WANDB_API_KEY")]
    try:
        if netrc.netrc().authenticators("api.wandb.ai"):
            return [CheckResult("W&B key", Health.OK, "in ~/.netrc")]
    except (OSError, netrc.NetrcParseError):
        pass
    fix = "only logger=wandb needs one: export WANDB_API_KEY=...; logger=wandb_offline (the default) does without"
    return [CheckResult("W&B key", Health.ABSENT, "none", fix)]


def _lines(program: str, *arguments: str) -> list[str]:
    """Output of a program, or nothing where it is absent, fails or hangs."""
    if shutil.which(program) is None:
        return []
    try:
        done = subprocess.run(
            [program, *arguments], capture_output=True, text=True, timeout=_PATIENCE_S, check=True, errors="replace"
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [line for line in done.stdout.splitlines() if line.strip()]
