"""Test an isolation level: run a program that attempts what the level forbids."""

from __future__ import annotations

import json

from real.execution.jail.isolation import CaseLimits
from real.execution.jail.worker_request import WorkerRequest
from real.execution.outcomes import claim_of, failed, text_of
from real.execution.worker import Worker

_LIMITS = CaseLimits(cpu_s=5.0, memory_mb=256, output_kb=64, file_mb=16, processes=0)

_PROGRAM = """
import json, os, socket

def attempt(action):
    try:
        action()
    except (OSError, MemoryError):
        return False
    return True

def fork():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)

def write_outside():
    path = os.path.join(os.path.dirname(os.getcwd()), "probe")
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    os.unlink(path)

def execute():
    try:
        os.execv("/nonexistent", ["nonexistent"])
    except FileNotFoundError:
        pass

print(json.dumps({
    "allocate beyond the limit": attempt(lambda: bytearray(1 << 30)),
    "start a process": attempt(fork),
    "execute a program": attempt(execute),
    "open a socket": attempt(lambda: socket.socket().close()),
    "signal the parent": attempt(lambda: os.kill(os.getppid(), 0)),
    "list /proc": attempt(lambda: os.listdir("/proc/1")),
    "read the host's files": attempt(lambda: open("/etc/shadow").close() or open("/etc/machine-id").close()),
    "read the machine's folders": attempt(lambda: os.listdir("/sys")),
    "write outside": attempt(write_outside),
    "write inside": attempt(lambda: open("probe", "w").close()),
    "see the host's process ids": os.getppid() != 1,
}))
"""

_ALWAYS = {"allocate beyond the limit"}
_SECCOMP = {"start a process", "execute a program", "open a socket", "signal the parent"}
_LANDLOCK = {"read the host's files", "read the machine's folders", "write outside", "list /proc"}
_NAMESPACES = {"see the host's process ids"}
FORBIDDEN = {
    "weak": _ALWAYS,
    "medium": _ALWAYS | _SECCOMP | _LANDLOCK,
    "strong": _ALWAYS | _SECCOMP | _LANDLOCK | _NAMESPACES,
}


def probe(worker: Worker) -> str | None:
    """Why the worker does not keep what its level promises, or ``None``; raises ``WorkerError`` if it breaks."""
    report = worker.ask(WorkerRequest("script", _PROGRAM, _LIMITS, cases=[""], files={}))
    if report.failure or not report.cases:
        return report.failure or f"the probe did not run (status {report.end_code})"
    case = report.cases[0]
    if (ended := failed(case, claim_of(case))) is not None:
        return f"the probe failed: {ended.status} {ended.detail}"
    managed = {name for name, done in json.loads(text_of(case)).items() if done}
    if "write inside" not in managed:
        return "a program cannot write in its own directory"
    escaped = sorted(managed & FORBIDDEN[worker.level])
    return f"a program could {', '.join(escaped)}" if escaped else None


def describe_facts(worker: Worker) -> str:
    """The layers behind a worker's level, in a few words."""
    layers = ["rlimits"]
    if worker.level != "weak":
        layers += ["seccomp", f"Landlock {worker.facts.get('landlock')}"]
    if worker.level == "strong":
        layers.append("user, pid, net, mount, ipc, uts and cgroup namespaces")
    layers.append("own uid" if worker.facts.get("uid") is not None else "no own uid")
    layers.append("control groups" if worker.facts.get("cgroup") else "no control groups")
    return ", ".join(layers)
