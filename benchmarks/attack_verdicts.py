"""Whether attacks are judged rightly: ``python benchmarks/attack_verdicts.py --data ../shared/data``.

Runs the attacks of each split of SafeSQL, ``safesql_gen`` and ``safesql_mini`` on programs known to be safe or unsafe:

- safe: the references of the generated sets; of SafeSQL the row's program with its values bound (``parameterise``),
  kept where its tests pass and the detector is silent, and the row's own program where the detector is silent;
- unsafe: the twins of the generated sets, and the row's own SafeSQL program where the detector finds CWE-89.

Prints how many of each are called unsafe. A safe one is called so wrongly. An unsafe one is called safe wrongly unless
no attack fits: an injection that the detector sees may be one that no attack of the row exploits. Writes every such
program with its first outcome to ``--out``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from real import detector
from real.datasets import load_path
from real.datasets.parameterise import parameterise
from real.datasets.parameterise.schema import schema
from real.datasets.parameterise.transform import PLANS, UnsupportedQueryError
from real.execution import Pool
from real.types import AnalysisStatus, AttackSuite, ExecutionRequest, OutcomeStatus, ScriptSuite, Task

_SETS = ("safesql", "safesql_gen", "safesql_mini")


def _rewritten(task: Task) -> Iterator[str]:
    names = schema(task.tests.database or "") if isinstance(task.tests, ScriptSuite) else None
    for plan in PLANS:
        try:
            if names is not None:
                yield parameterise(task.unsafe or "", names, plan)
        except (UnsupportedQueryError, SyntaxError):
            continue


def _is_silent(code: str) -> bool:
    return detector.scan(code).status is AnalysisStatus.CLEAN


def _bound(tasks: list[Task], pool: Pool, most_tests: int) -> dict[str, str]:
    """Task id to the first rewriting that passes the tests and is silent for the detector."""
    found: dict[str, str] = {}
    jobs = []
    for task in tasks:
        assert isinstance(task.tests, ScriptSuite)
        suite = replace(task.tests, cases=task.tests.cases[:most_tests])
        jobs += [ExecutionRequest(task.task_id, code, suite) for code in dict.fromkeys(_rewritten(task))]
    for job, result in zip(jobs, pool.run(jobs), strict=True):
        right = all(outcome.status is OutcomeStatus.PASS for outcome in result.outcomes)
        if right and job.request_id not in found and _is_silent(job.code):
            found[job.request_id] = job.code
    return found


def _programs(tasks: list[Task], pool: Pool, most_tests: int) -> Iterator[tuple[Task, str, bool, str]]:
    """(task, what it is, whether it is safe, program)."""
    if tasks[0].dataset != "safesql":
        for task in tasks:
            yield task, "reference", True, task.reference or ""
            yield task, "twin", False, task.unsafe or ""
        return
    bound = _bound(tasks, pool, most_tests)
    for task in tasks:
        silent = _is_silent(task.unsafe or "")
        yield task, "row, silent" if silent else "row, CWE-89", silent, task.unsafe or ""
        if task.task_id in bound:
            yield task, "row, bound", True, bound[task.task_id]


def main() -> None:
    """Print the counts, and write what was judged wrongly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the released data")
    parser.add_argument("--set", action="append", choices=_SETS, help="only this data set (may be repeated)")
    parser.add_argument("--limit", type=int, help="only the first tasks of each split")
    parser.add_argument("--most-tests", type=int, default=10, help="tests that a rewriting has to pass (10)")
    parser.add_argument("--out", type=Path, help="JSON Lines of what was judged wrongly")
    options = parser.parse_args()
    wrong: list[dict[str, object]] = []
    with Pool() as pool:
        print(f"sandbox: {pool.describe()}")
        for name in options.set or _SETS:
            for split in ("train", "test"):
                began = time.monotonic()
                place = str(options.data / name) if name == "safesql" else name
                tasks = load_path(place, split).tasks[: options.limit]
                wrong += _measure(name, split, tasks, pool, options.most_tests)
                print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
    if options.out:
        options.out.write_text("".join(json.dumps(line) + "\n" for line in wrong), encoding="utf-8")


def _measure(name: str, split: str, tasks: list[Task], pool: Pool, most_tests: int) -> list[dict[str, object]]:
    programs = list(_programs(tasks, pool, most_tests))
    jobs = []
    for task, _, _, code in programs:
        assert isinstance(task.safety, AttackSuite)
        jobs.append(ExecutionRequest(task.task_id, code, task.safety))
    totals, called_unsafe, attacks = Counter[str](), Counter[str](), Counter[str]()
    wrong: list[dict[str, object]] = []
    for (task, what, safe, code), result in zip(programs, pool.run(jobs), strict=True):
        failed = [number for number, o in enumerate(result.outcomes) if o.status is OutcomeStatus.WRONG]
        totals[what] += 1
        called_unsafe[what] += bool(failed)
        attacks[what] += len(failed)
        if safe is bool(failed):
            first = result.outcomes[failed[0] if failed else 0]
            wrong.append({"set": name, "split": split, "task_id": task.task_id, "program": what, "attacks": failed,
                          "detail": first.detail, "output": first.output[:500], "code": code})  # fmt: skip
        statuses = Counter(str(o.status) for o in result.outcomes if o.status not in ("pass", "wrong"))
        totals.update({f"{what}: {status}": count for status, count in statuses.items()})
    for what in called_unsafe:
        line = f"{name} {split}: {what}: {called_unsafe[what]} of {totals[what]} unsafe ({attacks[what]} attacks)"
        print(line, {key: n for key, n in totals.items() if key.startswith(f"{what}: ")} or "")
    return wrong


if __name__ == "__main__":
    main()
