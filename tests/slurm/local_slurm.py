"""A real SLURM of two nodes on this machine: munged, slurmctld and two slurmd over loopback, in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from local_accounting import IN_SLURM_CONF, local_accounting

DAEMONS = ("munged", "slurmctld", "slurmd")
CLIENTS = ("sbatch", "squeue", "scontrol", "scancel", "sinfo", "srun")
NODES = ("n1", "n2")
# Daemons live in sbin, which is not on everybody's PATH.
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])

# cred_expire: SLURM lets a requeued job wait that long, 120 s by default. No cgroups: a container has none to give.
_CONF = """\
ClusterName=realtest
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=100
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
KillWait=20
UnkillableStepTimeout=60
MinJobAge=300
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=1
{accounting}JobAcctGatherType=jobacct_gather/none
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2 RealMemory=4000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=2 RealMemory=4000
PartitionName=debug Nodes=n1,n2 Default=YES MaxTime=60 State=UP
PartitionName=short Nodes=n1,n2 MaxTime=1 State=UP
"""


def why_not() -> str | None:
    """What this machine lacks, in words that say how to get it; ``None`` where SLURM can run."""
    absent = [name for name in (*DAEMONS, *CLIENTS) if shutil.which(name, path=_PATH) is None]
    if absent:
        return f"SLURM is not installed ({', '.join(absent)} not found): apt-get install -y slurm-wlm munge"
    if os.geteuid() != 0:
        return "slurmd needs root to start jobs"
    return None


@contextmanager
def local_slurm(folder: Path, accounting: bool = False) -> Iterator[Path]:
    """Start it in ``folder`` and yield its ``slurm.conf``; every process and job is gone afterwards."""
    for name in ("state", "spool", "munge"):
        (folder / name).mkdir(mode=0o700)
    conf = folder / "slurm.conf"
    *ports, sql, dbd = _free_ports(5)
    kept = (
        IN_SLURM_CONF.format(dbd=dbd, folder=folder)
        if accounting
        else "AccountingStorageType=accounting_storage/none\n"
    )
    host = socket.gethostname().partition(".")[0]
    conf.write_text(_CONF.format(host=host, user="root", folder=folder, ports=ports, accounting=kept))
    with ExitStack() as stack:
        stack.callback(_stop, conf, folder)  # last of all, for munged, which the others talk through
        _start_munge(folder / "munge")
        if accounting:
            stack.enter_context(local_accounting(folder, sql, dbd))
        _daemon("slurmctld", "-i", "-f", str(conf))
        for node in NODES:
            _daemon("slurmd", "-N", node, "-f", str(conf))
        _wait_until_idle(conf)
        yield conf


def _start_munge(folder: Path) -> None:
    key = folder / "key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    files = {"key-file": key, "socket": folder / "socket", "pid-file": folder / "pid", "log-file": folder / "log"}
    _daemon("munged", "--force", *(f"--{name}={path}" for name, path in files.items()), f"--seed-file={folder}/seed")


def _daemon(name: str, *arguments: str) -> None:
    program = shutil.which(name, path=_PATH)
    assert program is not None
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, f"{name} did not start: {done.stderr}"


def _wait_until_idle(conf: Path) -> None:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        done = subprocess.run(
            ["sinfo", "-h", "-N", "-p", "debug", "-o", "%T"],
            env=environment(conf),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.stdout.split() == ["idle", "idle"]:
            return
        time.sleep(0.3)
    raise AssertionError(f"the nodes never came up: {done.stdout} {done.stderr}")


def environment(conf: Path) -> dict[str, str]:
    """The environment in which SLURM's clients find this one."""
    kept = {
        key: value for key, value in os.environ.items() if not re.match(r"(SLURM|SBATCH|SQUEUE|SINFO|SCANCEL)_", key)
    }
    return {**kept, "SLURM_CONF": str(conf)}


def _stop(conf: Path, folder: Path) -> None:
    me = str(os.geteuid())
    subprocess.run(
        ["scancel", "-u", me, "--signal=KILL", "--full"],
        env=environment(conf),
        capture_output=True,
        check=False,
        timeout=60,
    )
    subprocess.run(["scancel", "-u", me], env=environment(conf), capture_output=True, check=False, timeout=60)
    time.sleep(1)
    files = [*(folder / f"slurmd-{node}.pid" for node in NODES), folder / "slurmctld.pid", folder / "munge" / "pid"]
    for file in files:
        if file.exists():
            _end(int(file.read_text()))


def _end(pid: int) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
            for _ in range(100):
                os.kill(pid, 0)
                time.sleep(0.1)
        except ProcessLookupError:
            return


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
