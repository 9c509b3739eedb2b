"""The detector beside what happens: programs that a model wrote, run with the data sets' tests.

    python -m real.generate --dataset DATA/seccodeplt_plus --split train --model MODEL --n 6 --out seccodeplt_plus.jsonl
    python benchmarks/detector_oracle.py --data DATA --answers seccodeplt_plus=seccodeplt_plus.jsonl [safesql=…]
        [--split train] [--peer NAME=PLACE …] [--list FILE] [--json FILE]

A program counts once a task. *Vulnerable* is one that runs and fails a safety test; it may also be plainly wrong, so
that those which pass every function test are counted by themselves. *Safe* is one that passes every test of both kinds.
Others say nothing. ``--list`` writes the suspected misses and false alarms of the development part, to be read and
sorted into kinds; 30 % of the descriptions (of SafeSQL: of the tasks) are held out and never listed. CWE-770's limits
stand in no prompt: figures come with it and without.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from detector_data import HELD_OUT, seccodeplt
from detector_peers import Peer, peer

from real.datasets import load_path
from real.evaluation.completion_file import read_completions
from real.evaluation.intervals import wilson
from real.io.json_records import read_json_records
from real.io.progress import Progress
from real.judge import Judge, JudgeCfg
from real.rewards import RewardCfg, is_runnable
from real.types import AnalysisStatus, Check, Completion, OutcomeStatus, Task, Verdict

_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Judged:
    """One distinct program of a task: what its tests say (``None``: nothing), and what each tool says."""

    task: Task
    code: str
    part: str
    vulnerable: bool | None
    works: bool
    flagged: dict[str, bool]
    unread: bool  # the detector could not analyse all of it


def judged(tasks: Sequence[Task], answers: dict[str, list[Completion]], parts: dict[str, str]) -> list[Judged]:
    """The distinct runnable programs; those that the machine failed to judge are left out."""
    asked = [(task, one) for task in tasks for one in answers.get(task.task_id, ()) if task.safety is not None]
    found: dict[tuple[str, str], Judged] = {}
    with (
        Judge(JudgeCfg(RewardCfg(checks=["security"]))) as judge,
        Progress(len(asked), "judging", "answers") as progress,
    ):
        for start in range(0, len(asked), _CHUNK):
            chunk = asked[start : start + _CHUNK]
            verdicts = judge.judge([task for task, _ in chunk], [one for _, one in chunk], safety=True)
            for (task, _), verdict in zip(chunk, verdicts, strict=True):
                if (code := verdict.program.code) is not None and _is_usable(verdict):
                    found[task.task_id, code] = _judged(task, code, verdict, parts)
            progress.advance(len(chunk))
    return list(found.values())


def _is_usable(verdict: Verdict) -> bool:
    outcomes = [*verdict.outcomes, *(verdict.safety or ())]
    return is_runnable(verdict) and all(one.status is not OutcomeStatus.INFRA_ERROR for one in outcomes)


def _judged(task: Task, code: str, verdict: Verdict, parts: dict[str, str]) -> Judged:
    works = all(one.status is OutcomeStatus.PASS for one in verdict.outcomes)
    held = all(one.status is OutcomeStatus.PASS for one in verdict.safety or ())
    status = verdict.analyses[Check.SECURITY].status
    return Judged(
        task, code, parts[task.task_id], True if not held else False if works else None, works,
        {"REAL": status is AnalysisStatus.FINDINGS}, status not in (AnalysisStatus.FINDINGS, AnalysisStatus.CLEAN),
    )  # fmt: skip


def parts_of(name: str, tasks: Sequence[Task], data: Path) -> dict[str, str]:
    """``development`` or ``held out`` for each task: SecCodePLT+ by description as everywhere, others by a hash."""
    origins = {pair.name: pair.origin for pair in seccodeplt(data)} if name == "seccodeplt_plus" else {}
    return {task.task_id: origins.get(task.task_id) or _by_hash(task.task_id) for task in tasks}


def _by_hash(task_id: str) -> str:
    digest = int.from_bytes(hashlib.sha256(task_id.encode()).digest()[:4], "big")
    return "held out" if digest < HELD_OUT * 2**32 else "development"


def add_peer(tool: Peer, programs: Sequence[Judged]) -> str:
    """What another detector finds, of any weakness (`benchmarks/detector_peers.py` names them); its name."""
    for one, (found, _) in zip(programs, tool.scan([one.code for one in programs]), strict=True):
        one.flagged[tool.name] = bool(found)
    return tool.name


@dataclass(frozen=True, slots=True)
class Row:
    """What one tool says of one part, of all weaknesses, all but CWE-770, or one."""

    part: str
    cwe: str
    tool: str
    vulnerable: int
    found: int
    working: int  # of the vulnerable: those that pass every function test
    working_found: int
    safe: int
    flagged: int


def counted(programs: Sequence[Judged], tools: Sequence[str]) -> list[Row]:
    """A row for each part, weakness and tool."""
    numbers = {one.task.cwe or "" for one in programs if one.vulnerable is not None}
    names = [*_SCOPES, *sorted(numbers, key=lambda name: int(name.rpartition("-")[2] or 0))]
    return [
        _row([one for one in programs if one.part == part and _is_in(one, name)], part, name, tool)
        for part in ("development", "held out")
        for name in names
        for tool in tools
    ]


_SCOPES = {"all": "", "without CWE-770": "CWE-770"}  # and the weakness that they leave out


def _is_in(one: Judged, name: str) -> bool:
    return one.task.cwe != _SCOPES[name] if name in _SCOPES else one.task.cwe == name


def _row(programs: Sequence[Judged], part: str, name: str, tool: str) -> Row:
    bad = [one for one in programs if one.vulnerable]
    works = [one for one in bad if one.works]
    good = [one for one in programs if one.vulnerable is False]
    hits = [sum(one.flagged[tool] for one in some) for some in (bad, works, good)]
    return Row(part, name, tool, len(bad), hits[0], len(works), hits[1], len(good), hits[2])


def shown(row: Row) -> str:
    """A line with shares and their intervals (Wilson, 95 %)."""
    cells = ((row.found, row.vulnerable), (row.working_found, row.working), (row.flagged, row.safe))
    return f"{row.part:12} {row.cwe:16} {row.tool:8} " + " ".join(f"{_share(*cell):>28}" for cell in cells)


def _share(hits: int, of: int) -> str:
    if not of:
        return "-"
    low, high = wilson(hits, of)
    return f"{hits} of {of} ({hits / of:.0%}; {low:.0%} to {high:.0%})"


def main() -> None:
    """Judge the answers, print the tables, and write what is to be read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the released data sets")
    parser.add_argument("--answers", nargs="+", required=True, metavar="NAME=FILE", help="answers by data set")
    parser.add_argument("--split", default="train")
    parser.add_argument("--peer", type=peer, action="append", default=[], metavar="NAME=PLACE", help="another detector")
    parser.add_argument("--list", type=Path, metavar="FILE", help="suspects of the development part, as JSON Lines")
    parser.add_argument("--json", type=Path, metavar="FILE", help="counts, to be kept")
    options = parser.parse_args()
    programs: list[Judged] = []
    for pair in options.answers:
        name, _, file = pair.partition("=")
        tasks = load_path(str(options.data / name), options.split).tasks
        read = read_completions(read_json_records(file), [task.task_id for task in tasks], file)
        programs += judged(tasks, read.by_task, parts_of(name, tasks, options.data))
    tools = ["REAL"]
    tools += [add_peer(one, programs) for one in options.peer]
    print(f"{'part':12} {'':16} {'tool':8} {'found of vulnerable':>28} {'… that work':>28} {'flagged of safe':>28}")
    rows = counted(programs, tools)
    print("\n".join(shown(row) for row in rows))
    print(f"{sum(one.unread for one in programs)} of {len(programs)} programs could not be analysed whole")
    if options.json:
        record = {"programs": len(programs), "rows": [asdict(row) for row in rows]}
        options.json.write_text(json.dumps(record, indent=1) + "\n")
    if options.list:
        options.list.write_text("".join(json.dumps(line) + "\n" for line in _suspects(programs)))


def _suspects(programs: Iterable[Judged]) -> list[dict[str, object]]:
    kinds = {(True, False): "suspected miss", (False, True): "suspected false alarm"}
    listed: list[dict[str, object]] = []
    for one in programs:
        kind = kinds.get((bool(one.vulnerable), one.flagged["REAL"])) if one.vulnerable is not None else None
        if kind and one.part == "development":
            task, cwe = one.task.task_id, one.task.cwe
            listed.append({"kind": kind, "task_id": task, "cwe": cwe, "works": one.works, "code": one.code})
    return listed


if __name__ == "__main__":
    main()
