"""The SQL rule against what happens: ``python benchmarks/detector_safesql.py``.

Every SafeSQL program runs in the sandbox on its own tests, once for each line of its input, with that line replaced by
one of two markers. A program is injectable where a marker changes the structure of an SQL statement: the one with a
quote stands in its text with the quote as it was, or the one of words stands outside of every literal. sqlite3's
connections report each text before parameters are bound. Compared with CWE-89.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path

from real.datasets import load_path
from real.detector import scan
from real.execution.backends import open_backend
from real.execution.config import ExecutionCfg
from real.types import AnalysisStatus, ExecutionRequest, Limits, ScriptSuite, StdinCase, Task

_QUOTE = "zq'mk"
_WORDS = "7 OR zqmk"
_REACHED = "<<statement reached>>"
# A marker may break a statement, so the report comes first; printed text is all that leaves the sandbox.
_PRELUDE = f"""
def _watch():
    import re, sqlite3
    def told(method):
        def call(self, sql, *rest):
            bare = re.sub(r"'(?:[^']|'')*'", "", str(sql))
            if {_QUOTE!r} in str(sql) or "OR zqmk" in bare:
                print({_REACHED!r}, flush=True)
            return method(self, sql, *rest)
        return call
    class Cursor(sqlite3.Cursor):
        execute, executemany, executescript = (
            told(getattr(sqlite3.Cursor, name)) for name in ("execute", "executemany", "executescript")
        )
    class Connection(sqlite3.Connection):
        execute, executemany, executescript = (
            told(getattr(sqlite3.Connection, name)) for name in ("execute", "executemany", "executescript")
        )
        def cursor(self, factory=Cursor):
            return super().cursor(factory)
    connect = sqlite3.connect
    sqlite3.connect = lambda *args, **named: connect(*args, **dict(named, factory=Connection))
_watch()
"""
_CASES = 3  # tests of a task that are tried, each with every line


def attacks(suite: ScriptSuite) -> tuple[StdinCase, ...]:
    """The inputs of some tests, with one line after the other replaced by the marker."""
    cases = []
    for case in suite.cases[:_CASES]:
        lines = case.stdin.split("\n")
        for index in range(len(lines) if lines[-1] else len(lines) - 1):
            for marker in (_QUOTE, _WORDS):
                changed = [*lines[:index], marker, *lines[index + 1 :]]
                cases.append(StdinCase("\n".join(changed), ""))
    return tuple(dict.fromkeys(cases))


def job(task: Task) -> ExecutionRequest | None:
    """The watched program with its attacks."""
    if not isinstance(task.tests, ScriptSuite) or task.unsafe is None:
        return None
    suite = replace(task.tests, cases=attacks(task.tests))
    return ExecutionRequest(task.task_id, _PRELUDE + task.unsafe, suite, Limits(cpu_s=5.0, memory_mb=1024))


def main() -> None:
    """Print the agreement for each split, and each disagreement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the released data")
    options = parser.parse_args()
    for split in ("train", "test"):
        tasks = load_path(str(options.data / "safesql"), split).tasks
        jobs = [made for task in tasks if (made := job(task)) is not None]
        with open_backend(ExecutionCfg()) as pool:
            reached = {
                result.request_id: any(_REACHED in outcome.output for outcome in result.outcomes)
                for result in pool.run(jobs)
            }
        counts: Counter[str] = Counter()
        for task in tasks:
            if task.task_id not in reached:
                continue
            analysis = scan(task.unsafe or "")
            flagged = any(finding.rule == "CWE-89" for finding in analysis.findings)
            others = {finding.rule for finding in analysis.findings} - {"CWE-89"}
            unknown = analysis.status not in (AnalysisStatus.CLEAN, AnalysisStatus.FINDINGS)
            label = "injectable" if reached[task.task_id] else "not injectable"
            counts[label] += 1
            counts[f"{label}, flagged"] += flagged
            counts[f"{label}, flagged by any rule"] += bool(analysis.findings) or unknown
            if flagged is not reached[task.task_id] or unknown or others:
                print(f"{split} {task.task_id}: {label}, {sorted(others | ({'CWE-89'} if flagged else set()))}")
        print(split, dict(counts))


if __name__ == "__main__":
    main()
