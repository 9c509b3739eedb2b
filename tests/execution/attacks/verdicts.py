"""What must hold after a sweep, as a list of everything that did not."""

from __future__ import annotations

from typing import Any

from .attack import ESCAPED, Attack
from .sweep import LIMITS, WORKERS
from .topics import ATTACKS, chosen

__all__ = ["attack_problems", "chosen", "harmless", "problems"]

_BY_NAME = {attack.name: attack for attack in ATTACKS}
_CPU_SLACK_S = 0.7  # of a case over its CPU limit: a tick, and the time the kernel takes to end a process
_GRADER_S = 1.0
_PROCESSES_PER_SLOT = 10  # launcher and zygote of two workers; supervisor and case of one, and what prepares the next
_MEMORY_SLACK_MB = 160  # what the warm interpreter needs before a program begins


def attack_problems(level: str, record: dict[str, Any]) -> list[str]:
    """What one attack managed that it must not, in words."""
    attack, statuses = _BY_NAME[record["name"]], set(record["statuses"])
    problems = []
    if "pass" in statuses:
        problems.append("it scored")
    disturbing = attack.disturbs and level == "weak"
    if "infra_error" in statuses and not disturbing:
        problems.append(f"it had itself masked: {record['details'][0]}")
    if "compile_error" in statuses and "compile_error" not in attack.ends:
        problems.append("it did not compile")
    if attack.ends and not statuses <= attack.ends | {"pass", "infra_error", "compile_error"}:
        problems.append(f"it ended as {', '.join(sorted(statuses - attack.ends))}: {record['details'][0]}")
    if attack.forbidden_at(level) and any(ESCAPED in output for output in record["outputs"]):
        problems.append("it escaped")
    if record["cpu_s"] > LIMITS.cpu_s + _CPU_SLACK_S and not attack.processes:
        problems.append(f"it used {record['cpu_s']} CPU seconds")
    if record["grader_s"] > _GRADER_S:
        problems.append(f"it cost the grader {record['grader_s']} CPU seconds")
    return problems


def harmless(record: dict[str, Any]) -> bool:
    """Whether an attempt that should succeed below its level did not: then it proves nothing where it fails."""
    attack = _BY_NAME[record["name"]]
    return attack.bites and not any(ESCAPED in output or "tried" in output for output in record["outputs"])


def problems(sweep: dict[str, Any], attacks: tuple[Attack, ...] = ATTACKS) -> list[str]:
    """Everything that did not hold in a sweep over ``attacks``."""
    level, found = sweep["level"], []
    records = {record["name"]: record for record in sweep["records"]}
    found += [f"{name}: no verdict" for name in {attack.name for attack in attacks} - records.keys()]
    if len(records) != len(sweep["records"]):
        found.append("an attack has two verdicts")
    for name, record in records.items():
        found += [f"{name}: {problem}" for problem in attack_problems(level, record)]
    found += [f"an honest program: {failure}" for failure in sweep["honest_failures"]]
    found += [f"left behind: process {process}" for process in sweep["left_processes"]]
    if sweep["leaked_descriptors"] > 0:
        found.append(f"left behind: {sweep['leaked_descriptors']} open descriptors of the grader")
    if level == "weak":
        return found
    found += [f"left behind: {file}" for file in sweep["left_files"]]
    found += [f"left behind: {thing}" for thing in sweep["left_ipc"]]
    found += [f"changed: {name}" for name in sweep["changes"]]
    found += [f"reached: {name}" for name in sweep["contacts"]]
    if sweep["replaced_workers"]:
        found.append(f"{sweep['replaced_workers']} workers were lost")
    allowed = max(attack.processes for attack in attacks) + _PROCESSES_PER_SLOT
    if level == "strong" and sweep["most_processes"] > WORKERS * allowed:
        found.append(f"{sweep['most_processes']} processes at once")
    if sweep["most_memory_mb"] > LIMITS.memory_mb + _MEMORY_SLACK_MB:
        found.append(f"a process of {sweep['most_memory_mb']} MiB")
    return found
