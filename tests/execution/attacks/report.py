"""Write REPORT.md, beside this file, from sweeps at every level: ``cd tests/execution && python -m attacks.report``.

Takes about six minutes on two cores; exits with 1 when something did not hold (the page then says what).
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from . import arena, verdicts
from .attack import ESCAPED, LEVELS, Attack
from .sweep import LIMITS, WORKERS
from .topics import ATTACKS

_ROOT = Path(__file__).parents[3]
_PAGE = Path(__file__).with_name("REPORT.md")
_WHO = {
    "root": "root",
    "shared": "root, interpreter open to others",
    "ordinary": "an ordinary user",
}
_KINDS = {
    "script": "script",
    "database": "script and database",
    "call": "function",
    "method": "method",
    "literal": "literals",
    "damage": "attack run",
}

_COLUMNS = (
    "as",
    "level",
    "attacks",
    "scored",
    "got out although the level forbids it",
    "masked",
    "left: processes, files, IPC, descriptors",
    "honest programs: run, failed",
    "workers lost",
    "most processes",
    "largest process, MiB",
    "seconds",
)
_INTRODUCTION = """\
# The attack corpus against the sandbox

Written by `cd tests/execution && python -m attacks.report`, not by hand: {attacks} programs, {workers} parallel
workers, {sweeps} sweeps; Linux {linux}, Python {python}, {cores} cores. Limits of a case: {cpu_s} s CPU,
{memory_mb} MiB, {output_kb} KiB of output, files of {file_mb} MiB.

Each program is run against tests whose expected values it cannot know (they are drawn anew for each sweep), between
honest programs that must pass. An attempt that succeeded prints a mark: *got out*. *From* names the weakest level that
forbids it; below that level it is allowed, and mostly does succeed, which shows that the attempt is a real one. At weak
nothing but the score, the limits of a process and the end of its processes is promised: files and IPC objects left
there are counted but no failure. Attacks that may take a worker down run alone there, and may end masked. The sweeps
run in namespaces of their own in which every process, file, IPC object and contact outside the sandbox is seen.
"""


def run(user: str, level: str) -> dict[str, Any]:
    """One sweep, as JSON; raises ``CalledProcessError`` where it cannot be had."""
    command = [sys.executable, "-m", "attacks.arena", user, "attacks.sweep", "--user", user, "--level", level, "--slow"]
    paths = os.pathsep.join((str(_ROOT), str(_ROOT / "tests" / "execution")))
    print(f"{user} {level} ...", file=sys.stderr)
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _summary(sweeps: list[dict[str, Any]]) -> list[str]:
    lines = [f"| {' | '.join(_COLUMNS)} |", "|---" * len(_COLUMNS) + "|"]
    by_name = {attack.name: attack for attack in ATTACKS}
    for sweep in sweeps:
        records, level = sweep["records"], sweep["level"]
        out = [
            record
            for record in records
            if by_name[record["name"]].forbidden_at(level) and any(ESCAPED in text for text in record["outputs"])
        ]
        left = [len(sweep[name]) for name in ("left_processes", "left_files", "left_ipc")]
        cells = [
            _WHO[sweep["user"]],
            level,
            len(records),
            sum("pass" in record["statuses"] for record in records),
            len(out),
            sum("infra_error" in record["statuses"] for record in records),
            ", ".join(str(count) for count in [*left, max(sweep["leaked_descriptors"], 0)]),
            f"{sweep['honest_programs']}, {len(sweep['honest_failures'])}",
            sweep["replaced_workers"],
            sweep["most_processes"],
            sweep["most_memory_mb"],
            sweep["wall_s"],
        ]
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return lines


def _ended(record: dict[str, Any]) -> str:
    statuses = ", ".join(dict.fromkeys(record["statuses"]))
    return f"{statuses}, got out" if any(ESCAPED in text for text in record["outputs"]) else statuses


def _cell(found: dict[tuple[str, str], dict[str, dict[str, Any]]], level: str, name: str) -> str:
    ends = {user: _ended(records[name]) for (user, at), records in found.items() if at == level}
    if len(set(ends.values())) == 1:
        return next(iter(ends.values()))
    return "; ".join(f"{user}: {end}" for user, end in ends.items())


def _tables(sweeps: list[dict[str, Any]]) -> list[str]:
    found = {(s["user"], s["level"]): {record["name"]: record for record in s["records"]} for s in sweeps}
    levels = [level for level in reversed(LEVELS) if any(at == level for _, at in found)]
    lines = []
    for topic, group in groupby(ATTACKS, key=lambda attack: attack.topic):
        attacks: list[Attack] = list(group)
        lines += ["", f"## {topic.capitalize()}", "", f"| attack | test | must hold | from | {' | '.join(levels)} |"]
        lines.append("|---" * (4 + len(levels)) + "|")
        for attack in attacks:
            cells = [attack.name, _KINDS[attack.kind], attack.must, attack.held_from]
            cells += [_cell(found, level, attack.name) for level in levels]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def main() -> int:
    """Run every sweep and write the page."""
    sweeps = [run(user, level) for user in arena.possible_users() for level in reversed(LEVELS)]
    problems = [f"- {s['user']}, {s['level']}: {text}" for s in sweeps for text in verdicts.problems(s)]
    introduction = _INTRODUCTION.format(
        attacks=len(ATTACKS),
        workers=WORKERS,
        sweeps=len(sweeps),
        linux=platform.release(),
        python=platform.python_version(),
        cores=os.cpu_count(),
        **asdict(LIMITS),
    )
    lines = [
        introduction,
        *_summary(sweeps),
        "",
        "What did not hold:" if problems else "Everything held.",
        *([""] if problems else []),
        *problems,
        *_tables(sweeps),
    ]
    _PAGE.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{_PAGE}: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
