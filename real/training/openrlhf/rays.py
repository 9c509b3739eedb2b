"""Where Ray comes from: the training's own, one over the nodes of a SLURM allocation, or one that runs already."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from real.errors import InfrastructureError, UsageError
from real.training.openrlhf import children
from real.training.openrlhf.layout import Layout

_JOIN_S = 300.0  # nodes of an allocation are there already; only Ray has to start on them
_ASK = (
    "import json, ray; ray.init(address={address!r}, log_to_driver=False); print(json.dumps(ray.cluster_resources()))"
)


@contextmanager
def joined(address: str | None, layout: Layout, folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which the training finds its Ray.

    Without an address, OpenRLHF starts a Ray for itself, and in a SLURM allocation of several nodes one is started
    over all of them and ended afterwards. Raises ``InfrastructureError`` where Ray or its GPUs cannot be had.
    """
    with ExitStack() as stack:
        if address is None and layout.nodes > 1:
            address = stack.enter_context(_over_allocation(layout, folder))
        if address is None:
            yield {"RAY_ADDRESS": "local"}
            return
        _check_reachable(address)
        _check_gpus(address, layout)
        yield {"RAY_ADDRESS": address}


def is_job_address(address: str | None) -> bool:
    """Whether an address is that of a dashboard, to which jobs are submitted."""
    return address is not None and address.startswith(("http://", "https://"))


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
    """What a Ray cluster has in all; asked by a process of its own, since a process has one Ray only."""
    command = [sys.executable, "-c", _ASK.format(address=address)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        content = json.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError, OSError) as error:
        detail = str(getattr(error, "stderr", None) or error).strip().splitlines()
        raise InfrastructureError(f"the Ray at {address} does not answer: {detail[-1] if detail else error}") from error
    return {str(key): float(value) for key, value in content.items()}


@contextmanager
def _over_allocation(layout: Layout, folder: Path) -> Iterator[str]:
    """Ray's head here, a worker on every other node of the SLURM allocation."""
    nodes = allocation()
    if len(nodes) < layout.nodes:
        raise InfrastructureError(
            f"the SLURM allocation has {len(nodes)} nodes, and the placement needs {layout.nodes}"
        )
    host, port = socket.gethostbyname(socket.gethostname()), _free_port()
    address = f"{host}:{port}"
    ray = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", f"--num-gpus={layout.gpus_per_node}"]
    head = [*ray, "--head", f"--node-ip-address={host}", f"--port={port}", "--include-dashboard=false"]
    others = [
        *("srun", "--overlap", f"--nodes={layout.nodes - 1}", f"--ntasks={layout.nodes - 1}", "--ntasks-per-node=1"),
        *(f"--exclude={_this_node(nodes)}", *ray, f"--address={address}"),
    ]
    with (folder / "ray.log").open("ab") as log, ExitStack() as stack:
        for command in (head, others):
            process = children.start(command, environment=os.environ, output=log)
            stack.callback(children.stop, process)
            time.sleep(5)
            if process.poll() is not None:
                raise InfrastructureError(f"Ray did not start on the nodes of the allocation; see {folder / 'ray.log'}")
        _wait_for_gpus(address, layout)
        yield address


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
