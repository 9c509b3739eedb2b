"""The training as a job of a Ray that runs already: the job client against a real head node with its dashboard."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from real.errors import InfrastructureError
from real.slurm.node_check.rehearsal import descendants
from real.training.openrlhf.ray_job import RayJob

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("aiohttp_cors") is None,
        reason='the dashboard is not installed: pip install "ray[default]"',
    ),
]
WAIT_S = 1800.0  # for what has to come; only where it never does is it waited so long
ATTEMPTS = 3
# Ray gives up on parts of itself that a busy machine keeps from running for half a minute.
PATIENT = {
    "RAY_agent_register_timeout_ms": "900000",
    "RAY_health_check_timeout_ms": "300000",
    "RAY_health_check_period_ms": "60000",
    "RAY_raylet_start_wait_time_s": "600",
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    for _ in range(ATTEMPTS):
        folder = tempfile.mkdtemp(prefix="ray")  # Ray's sockets need a short path
        head, found, log = _start_head(folder)
        try:
            if _answers(f"{found}/api/version", head):
                yield found
                return
            said = log.read_text()[-2000:]
        finally:
            _end(head)
            shutil.rmtree(folder, ignore_errors=True)
    raise AssertionError(f"no dashboard came up: {said}")


def _start_head(folder: str) -> tuple[subprocess.Popen[bytes], str, Path]:
    port, dashboard = _free_ports(2)
    program = Path(sys.executable).with_name("ray")
    words = [str(program), "start", "--head", "--block", "--num-cpus=1", f"--port={port}", f"--temp-dir={folder}"]
    words += [f"--dashboard-port={dashboard}", "--disable-usage-stats", f"--object-store-memory={80 << 20}"]
    log = Path(folder) / "head.log"
    with log.open("w") as file:
        head = subprocess.Popen(words, stdout=file, stderr=subprocess.STDOUT, env={**os.environ, **PATIENT})
    return head, f"http://127.0.0.1:{dashboard}", log


def _end(head: subprocess.Popen[bytes]) -> None:
    family = descendants(head.pid)
    head.terminate()
    try:
        head.wait(60)
    except subprocess.TimeoutExpired:
        head.kill()
        head.wait()
    for pid in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _free_ports(count: int) -> list[int]:
    holders = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        holder.close()
    return ports


def _answers(url: str, head: subprocess.Popen[bytes]) -> bool:
    """Whether the dashboard comes up; false where Ray has given up."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline and head.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=60):
                return True
        except OSError:
            time.sleep(0.5)
    return False


def _end_of(job: RayJob) -> tuple[int, list[str]]:
    lines: list[str] = []
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        code = job.poll()
        lines += job.lines()
        if code is not None:
            return code, lines
    raise AssertionError(f"the job never ended: {lines}")


def test_a_job_is_run_followed_and_its_environment_is_there(address: str) -> None:
    code = "import os\nfor i in range(3): print('step', i, os.environ['REAL_MARK'], flush=True)"
    job = RayJob(address, "run-a", ["python", "-c", code], {"REAL_MARK": "here"})
    end, lines = _end_of(job)
    assert end == 0
    assert [line for line in lines if line.startswith("step")] == [f"step {i} here" for i in range(3)]


def test_a_job_that_fails_says_so(address: str) -> None:
    end, lines = _end_of(RayJob(address, "run-b", ["python", "-c", "raise SystemExit('no such column')"], {}))
    assert end == 1
    assert any("no such column" in line for line in lines)


def test_the_same_run_again_follows_the_job_that_runs_and_replaces_one_that_ended(address: str) -> None:
    words = ["python", "-c", "import time\nprint('up', flush=True)\ntime.sleep(600)"]
    first = RayJob(address, "run-c", words, {})
    second = RayJob(address, "run-c", words, {})
    assert second.job_id == first.job_id
    second.stop()
    end, _ = _end_of(first)
    assert end == 1
    third = RayJob(address, "run-c", ["python", "-c", "print('again')"], {})
    assert third.job_id != first.job_id
    end, lines = _end_of(third)
    assert (end, "again" in lines) == (0, True)


def test_a_dead_address_is_one_message() -> None:
    (port,) = _free_ports(1)
    with pytest.raises(InfrastructureError, match=f"no Ray answers at http://127.0.0.1:{port}"):
        RayJob(f"http://127.0.0.1:{port}", "run-d", ["python", "-c", ""], {})
