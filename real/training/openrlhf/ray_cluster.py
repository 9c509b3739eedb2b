"""Start a Ray cluster for a run, on this node or over a SLURM allocation, or join one that runs already.

Ours has no dashboard, its own port and its own folder, so that runs on one machine do not meet; ``ray.init`` inside
OpenRLHF would start a dozen dashboard processes more, and gives up after half a minute on a busy node.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from real.errors import InfrastructureError, UsageError
from real.io.network import node_address
from real.training.openrlhf import child_process
from real.training.openrlhf.layout import Layout

_ATTEMPTS = 3
_JOIN_S = 300.0  # nodes of an allocation are there already; only Ray has to start on them
_ASK = (
    "import json, ray; ray.init(address={address!r}, log_to_driver=False); print(json.dumps(ray.cluster_resources()))"
)


@contextmanager
def joined(address: str | None, layout: Layout, folder: Path) -> Iterator[dict[str, str]]:
    """Yield the environment variables with which the training finds its Ray.

    Without an address a Ray is started here, in a SLURM allocation over all its nodes, and ended afterwards. Raises
    ``InfrastructureError`` where Ray or its GPUs cannot be had.
    """
    with ExitStack() as stack:
        if address is None:
            address = stack.enter_context(_started(layout, folder))
        else:
            _check_reachable(address)
            _check_gpus(address, layout)
        yield {"RAY_ADDRESS": address}


def is_job_address(address: str | None) -> bool:
    """Whether an address is a dashboard's, to which jobs are submitted."""
    return address is not None and address.startswith(("http://", "https://"))


def other_node(address: str | None, layout: Layout) -> str | None:
    """Return another host that engines run on, of the Ray at ``address`` or of the SLURM allocation, or ``None``."""
    if address is not None:
        return urlsplit(address if "//" in address else f"ray://{address}").hostname
    if layout.nodes == 1:
        return None
    nodes = allocation()
    return next((node for node in nodes if node != _this_node(nodes)), None)


def _check_reachable(address: str) -> None:
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except (OSError, ValueError) as error:
        raise InfrastructureError(
            f"no Ray answers at {address}: {error}",
            hint="`ray start --head` prints the address; trainer.openrlhf.ray_address=null starts one for this run.",
        ) from error


def _check_gpus(address: str, layout: Layout) -> None:
    found = int(resources(address).get("GPU", 0))
    if found < layout.gpus:
        raise InfrastructureError(
            f"the Ray at {address} has {found} GPUs, and the placement needs {layout.gpus}",
            hint="Wait for its nodes to join, or ask for less: cluster.nodes, cluster.gpus_per_node.",
        )


def resources(address: str) -> Mapping[str, float]:
    """Return the total resources of a Ray cluster, asked in a subprocess since a process can join only one Ray."""
    command = [sys.executable, "-c", _ASK.format(address=address)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        content = json.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError, OSError) as error:
        detail = str(getattr(error, "stderr", None) or error).strip().splitlines()
        raise InfrastructureError(f"the Ray at {address} does not answer: {detail[-1] if detail else error}") from error
    return {str(key): float(value) for key, value in content.items()}


@contextmanager
def _started(layout: Layout, folder: Path) -> Iterator[str]:
    """Ray's head here, and a worker on every other node of the allocation."""
    nodes = allocation() if layout.nodes > 1 else []
    if nodes and len(nodes) < layout.nodes:
        raise InfrastructureError(
            f"the SLURM allocation has {len(nodes)} nodes, and the placement needs {layout.nodes}"
        )
    log = folder / "ray.log"
    with ExitStack() as stack:
        # Its sockets lie there, and their paths may have 107 characters only.
        room = stack.enter_context(tempfile.TemporaryDirectory(prefix="real-ray-", ignore_cleanup_errors=True))
        output = stack.enter_context(log.open("ab"))
        address = _start_head(layout, room, stack, output, log)
        if nodes:
            others = layout.nodes - 1
            spread = ["srun", "--overlap", f"--nodes={others}", f"--ntasks={others}", "--ntasks-per-node=1"]
            command = [*spread, f"--exclude={_this_node(nodes)}", *_ray(layout), f"--address={address}"]
            stack.callback(child_process.stop, child_process.start(command, environment=os.environ, output=output))
            _wait_for_gpus(address, layout)
        yield address


def _ray(layout: Layout) -> list[str]:
    # Ray's CPUs are book-keeping only: enough of them for every role on every GPU, however few cores there are.
    cpus = max(len(os.sched_getaffinity(0)), 4 * layout.gpus_per_node)
    start = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--disable-usage-stats"]
    return [*start, f"--num-gpus={layout.gpus_per_node}", f"--num-cpus={cpus}"]


def _start_head(layout: Layout, room: str, stack: ExitStack, output: IO[bytes], log: Path) -> str:
    """Start the head, again where the node was too busy for Ray's half minute; returns its address."""
    other = other_node(None, layout)
    host = node_address(other) if other else "127.0.0.1"
    for _ in range(_ATTEMPTS):
        port, client_port = _free_port(), _free_port()
        words = [f"--port={port}", f"--node-ip-address={host}", f"--ray-client-server-port={client_port}"]
        command = [*_ray(layout), "--head", *words, "--include-dashboard=false", f"--temp-dir={room}"]
        before = log.stat().st_size
        process = child_process.start(command, environment=os.environ, output=output)
        stack.callback(child_process.stop, process)
        deadline = time.monotonic() + _JOIN_S
        while process.poll() is None and time.monotonic() < deadline:
            if b"Ray runtime started" in log.read_bytes()[before:]:
                return f"{host}:{port}"
            time.sleep(0.5)
        child_process.stop(process)
    raise InfrastructureError(f"Ray did not start in {_ATTEMPTS} attempts", hint=f"Its output is in {log}.")


def allocation() -> list[str]:
    """Host names of the SLURM allocation that this process runs in; raises ``UsageError`` outside one."""
    names = os.environ.get("SLURM_JOB_NODELIST")
    if not names or not shutil.which("scontrol"):
        raise UsageError(
            "several nodes need a SLURM allocation, or a Ray that spans them",
            hint="Submit it (slurm/submit.py), or name that Ray: trainer.openrlhf.ray_address=HOST:6379.",
        )
    done = subprocess.run(["scontrol", "show", "hostnames", names], capture_output=True, text=True, check=False)
    if done.returncode:
        raise InfrastructureError(f"scontrol cannot tell the nodes of the allocation: {done.stderr.strip()}")
    return done.stdout.split()


def _this_node(nodes: list[str]) -> str:
    here = os.environ.get("SLURMD_NODENAME") or socket.gethostname().partition(".")[0]
    return here if here in nodes else nodes[0]


def _wait_for_gpus(address: str, layout: Layout) -> None:
    deadline = time.monotonic() + _JOIN_S
    while True:
        try:
            _check_gpus(address, layout)
            return
        except InfrastructureError:
            if time.monotonic() > deadline:
                raise
            time.sleep(5)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])
