"""Client of SLURM's command line programs, with a time limit and one error message for each refusal."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from real.errors import InfrastructureError, UsageError
from real.registry import did_you_mean

_TIMEOUT_S = 120  # a busy controller answers late, SLURM's own clients retry for a minute
_SEPARATOR = "\x1f"

# What sbatch prints (SLURM 20.11 to 24.11) -> what to do about it.
_ADVICE = (
    (r"invalid account|account/partition combination", "Name yours with cluster.account=NAME; sacctmgr show assoc"),
    (r"invalid qos", "Name one with cluster.qos=NAME, or leave it out: cluster.qos=null."),
    (r"job submit limit|QOSMaxSubmit|AssocMaxSubmit|MaxJobCount", "Wait until jobs have ended, or ask for a higher "
     "limit; a sweep can also be submitted in parts: seed=0 first."),
    (r"accounting/QOS policy|QOSGrp|AssocGrp|AssocMax|QOSMax", "Your quota does not allow it: fewer nodes or GPUs, or "
     "a shorter cluster.time; sacctmgr show assoc user=$USER tells the limits."),
    (r"time limit is invalid", "Choose a shorter cluster.time; sinfo -o '%P %l' tells the limits of the partitions."),
    (r"node configuration is not available|generic resource|gres", "No node has that: compare cluster.gpus_per_node, "
     "gpu_type, cpus_per_node and memory_gb_per_node with sinfo -o '%P %D %c %m %G'."),
    (r"array specification", "The sweep is longer than the cluster's MaxArraySize: submit it in parts, seed=0 first."),
    (r"Unable to contact|Connection refused|timed out", "The controller does not answer; scontrol ping, or later."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SlurmJob:
    """One job, or one task of an array (``array_index`` is -1 without one), as ``squeue`` lists it."""

    job_id: str  # what scancel and scontrol take: 12 or 12_3
    array_id: str
    array_index: int
    state: str  # PENDING, RUNNING, COMPLETING, ...
    reason: str
    script: str  # absolute path of the batch script, as it was given to sbatch
    elapsed: str
    left: str
    start: str
    nodes: str


def run(program: str, *arguments: str, without: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run one of SLURM's programs, leaving out the environment variables that start with ``without``.

    Raises ``InfrastructureError`` where it is absent or does not answer.
    """
    env = {name: value for name, value in os.environ.items() if without is None or not name.startswith(without)}
    try:
        return subprocess.run(
            [program, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
            env={**env, "LC_ALL": "C"},
        )
    except FileNotFoundError as error:
        raise InfrastructureError(
            f"{program} is not on PATH", hint="This works where SLURM is: on a login node."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise InfrastructureError(
            f"{program} did not answer in {_TIMEOUT_S} s", hint="scontrol ping tells whether the controller is up."
        ) from error


def sbatch(script: Path, *options: str) -> str:
    """Submit ``script``; returns the job id. Raises ``UsageError`` with SLURM's reason where it is refused."""
    # Variables SBATCH_* would silently override the script, which is what dry_run shows and the manifest keeps.
    done = run("sbatch", "--parsable", *options, str(script), without="SBATCH_")
    if done.returncode:
        raise refusal(done.stderr)
    return done.stdout.strip().splitlines()[-1].partition(";")[0]


def refusal(stderr: str) -> UsageError:
    """Turn the output of a refused ``sbatch`` into one error with advice."""
    said = [line.removeprefix("sbatch: ").removeprefix("error: ").strip() for line in stderr.splitlines()]
    lines = [line for line in said if line and not line.lower().startswith(("warning", "info"))]
    text = "; ".join(dict.fromkeys(lines)) or "no reason given"
    if re.search(r"invalid partition", text, re.IGNORECASE):
        return UsageError(f"SLURM refused the job: {text}", hint=_partitions(text))
    for pattern, hint in _ADVICE:
        if re.search(pattern, text, re.IGNORECASE):
            return UsageError(f"SLURM refused the job: {text}", hint=hint)
    return UsageError(f"SLURM refused the job: {text}", hint="dry_run=true shows the script that was refused.")


def _partitions(text: str) -> str:
    listed = run("sinfo", "--noheader", "-o", "%R").stdout.split()
    name = re.search(r"invalid partition specified: (\S+)", text)
    near = did_you_mean(name[1], listed) if name and listed else ""
    return f"{near} cluster.partition=NAME chooses one; here are: {', '.join(dict.fromkeys(listed)) or 'none'}.".strip()


def time_limit(partition: str | None) -> tuple[str, str]:
    """Return the name and limit of a partition (``None``: the default) as ``sinfo`` prints them; empty if unknown."""
    for line in run("sinfo", "--noheader", "-o", "%P %l").stdout.splitlines():
        name, _, limit = line.strip().partition(" ")
        if name.rstrip("*") == partition or (partition is None and name.endswith("*")):
            return name.rstrip("*"), limit.strip()
    return "", ""


def queue() -> list[SlurmJob]:
    """Return the user's jobs, one entry for each array task; raises ``InfrastructureError`` if ``squeue`` fails."""
    fields = "%i %F %K %T %r %o %M %L %S %N".replace(" ", _SEPARATOR)
    done = run("squeue", "--me", "--noheader", "--array", "--states=all", f"--format={fields}")
    if done.returncode:
        raise InfrastructureError(f"squeue failed: {done.stderr.strip() or done.returncode}", hint="scontrol ping")
    return [entry for line in done.stdout.splitlines() if (entry := _entry(line)) is not None]


def _entry(line: str) -> SlurmJob | None:
    cells = line.split(_SEPARATOR)
    if len(cells) != 10:
        return None
    job, array, index, state, reason, script, elapsed, left, start, nodes = (cell.strip() for cell in cells)
    number = int(index) if index.isdigit() else -1
    return SlurmJob(job, array, number, state, reason, script, elapsed, left, start, nodes)


def accounted(job_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return job id (``12`` or ``12_3``) -> state and exit code from ``sacct``; empty without accounting."""
    if not job_ids or shutil.which("sacct") is None:
        return {}
    done = run("sacct", "-n", "-P", "-X", "-D", "-o", "JobID,State,ExitCode", "-j", ",".join(job_ids))
    found: dict[str, tuple[str, str]] = {}
    for line in done.stdout.splitlines():  # -D lists every try of a requeued job, in order: the last one counts
        job, state, code = ([*line.split("|"), "", ""])[:3]
        found[job] = (state.partition(" ")[0], code)
    return found


def cancel(job_ids: Sequence[str]) -> None:
    """Cancel jobs or single array tasks; raises ``InfrastructureError`` if SLURM refuses."""
    done = run("scancel", *job_ids)
    # Said of jobs that are ending already, by themselves or by this very call.
    harmless = ("can not be altered now", "already completing", "already completed", "Invalid job id")
    if done.returncode and not any(text in done.stderr for text in harmless):
        raise InfrastructureError(f"scancel failed: {done.stderr.strip()}", hint="squeue --me lists what is left.")
