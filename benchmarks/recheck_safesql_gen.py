"""Checks every rule of the generated corpus again, on every task, without the builder that enforced them.

    python benchmarks/recheck_safesql_gen.py [--name safesql_gen] [--released ../shared/data/safesql] [--out FILE.json]

Nothing here comes from ``real/datasets/build``: tasks come from the public loader, programs run in the sandbox
(``real.execution.Pool``), and the detector is asked as a user asks it. Similarity is computed by its definition, over
all pairs. With ``--journal`` an interrupted run goes on. Exit code 1: some rule is violated.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import random
import re
import sys
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

from real import detector
from real.datasets import load_path
from real.execution import Pool
from real.io import disk
from real.io.progress import Progress
from real.types import AttackCase, AttackSuite, ExecutionRequest, ScriptSuite, StdinCase, Task

RULES = {
    "loads": "both splits load, no row is skipped, ids are unique",
    "cases": "at least 5 cases with different inputs, at most 20 % empty outputs, no output in more than half of them",
    "example": "the example in the prompt is not scored, and the reference answers it",
    "reference": "the safe reference passes all tests in the sandbox",
    "silent": "no rule of the detector flags the reference",
    "attacked": "the reference withstands every attack",
    "unsafe": "the unsafe twin passes all tests",
    "flagged": "the detector flags the twin as CWE-89",
    "exploited": "some attack makes the twin show stored data, or change it, where the reference does not",
    "others": "no reference of another task over the same database passes the tests",
    "apart": "a reference opens its own database only, which no other script makes",
    "near": "no two statements, and none and a released one, are near-duplicates (Jaccard of 3-shingles below 0.8)",
    "same": "no two tasks share a program or a test suite",
    "split": "no database occurs in both splits",
}
NEAR = 0.8
Violation = tuple[str, str, str]  # rule, task, detail

_MANY = """
import contextlib, io, os, sys, zlib
before = {n: open(n, "rb").read() for n in os.listdir(".") if os.path.isfile(n)}
program, inputs = %r, %r
for text in inputs:
    for n, content in before.items():
        with open(n, "wb") as file:
            file.write(content)
    sys.stdin, printed = io.StringIO(text), io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(program, "p", "exec"), {"__name__": "__main__"})
    except SystemExit:
        pass
    except BaseException:
        printed = io.StringIO("failed")
    words = "\\n".join(line.rstrip() for line in printed.getvalue().split("\\n")).rstrip("\\n")
    print(zlib.crc32(words.encode()))
"""


class Recheck:
    """All checks over the tasks of both splits; what a run in the sandbox came to is kept by a hash of the job."""

    def __init__(self, tasks: Sequence[Task], pool: Pool, journal: Path | None) -> None:
        self.tasks, self.pool, self.journal = tasks, pool, journal
        self.known: dict[str, list[list[str]]] = {}
        if journal is not None and journal.exists():
            for record in disk.read_lines(journal):
                self.known[record["key"]] = record["outcomes"]

    def run(self, jobs: Sequence[ExecutionRequest], label: str) -> dict[str, list[tuple[str, str, str]]]:
        """Status, output and detail of every case, by job id."""
        keys = {job.request_id: hashlib.sha256(repr((job.code, job.suite)).encode()).hexdigest() for job in jobs}
        fresh = [job for job in jobs if keys[job.request_id] not in self.known]
        with Progress(len(fresh), label, "jobs") as progress:
            for result in self.pool.as_completed(fresh):
                found = [[o.status.value, o.output, o.detail] for o in result.outcomes]
                self.known[keys[result.request_id]] = found
                if self.journal is not None:
                    with self.journal.open("a") as file:
                        file.write(json.dumps({"key": keys[result.request_id], "outcomes": found}) + "\n")
                progress.advance()
        return {name: [(s, o, d) for s, o, d in self.known[key]] for name, key in keys.items()}

    def programs(self) -> Iterator[Violation]:
        """The rules on the two programs of each task."""
        jobs = []
        for task in self.tasks:
            tests, safety, name = _tests(task), _safety(task), f"{task.split}/{task.task_id}"
            blind = AttackSuite(tuple(AttackCase(case.stdin) for case in safety.cases), safety.database)
            shown = ScriptSuite((*tests.cases, _example(task)), tests.database)
            jobs += [
                ExecutionRequest(f"{name}/reference", task.reference or "", shown),
                ExecutionRequest(f"{name}/unsafe", task.unsafe or "", tests),
                ExecutionRequest(f"{name}/attacked", task.reference or "", safety),
                ExecutionRequest(f"{name}/blind", task.reference or "", blind),
                ExecutionRequest(f"{name}/exploit", task.unsafe or "", blind),
            ]
        found = self.run(jobs, "programs")
        for task in self.tasks:
            name = f"{task.split}/{task.task_id}"
            *passed, example = [status for status, _, _ in found[f"{name}/reference"]]
            for rule, statuses in (
                ("reference", passed),
                ("example", [example]),
                ("unsafe", [status for status, _, _ in found[f"{name}/unsafe"]]),
                ("attacked", [status for status, _, _ in found[f"{name}/attacked"]]),
            ):
                if any(status != "pass" for status in statuses):
                    yield rule, name, ", ".join(statuses)
        yield from self.exploits(found)

    def exploits(self, found: dict[str, list[tuple[str, str, str]]]) -> Iterator[Violation]:
        """Whether some attack succeeds: the twin, and not the reference, is unsafe without knowing what is expected.

        Where the reference shows stored data too, what the twin alone prints has to hold some: a program that prints
        just that is judged in its place.
        """
        beyond, proven = [], set()
        for task in self.tasks:
            name = f"{task.split}/{task.task_id}"
            for at, (twin, safe) in enumerate(zip(found[f"{name}/exploit"], found[f"{name}/blind"], strict=True)):
                if twin[0] == "wrong" and safe[0] == "pass":
                    proven.add(name)
                elif twin[0] == "wrong":
                    case = AttackCase(_safety(task).cases[at].stdin)
                    lines = [line for line in twin[1].splitlines() if line not in safe[1].splitlines()]
                    suite = AttackSuite((case,), _safety(task).database)
                    beyond.append(ExecutionRequest(f"{name}/{at}", f"print({chr(10).join(lines)!r})", suite))
        judged = self.run([job for job in beyond if job.request_id.rpartition("/")[0] not in proven], "exploits")
        proven |= {job.rpartition("/")[0] for job, outcomes in judged.items() if outcomes[0][0] == "wrong"}
        for task in self.tasks:
            name = f"{task.split}/{task.task_id}"
            if name not in proven:
                yield "exploited", name, "; ".join(twin[2] or twin[0] for twin in found[f"{name}/exploit"])

    def others(self, sample: int) -> Iterator[Violation]:
        """The rule that nobody else's reference passes: all pairs over one database, a sample of the others."""
        groups: defaultdict[str, list[Task]] = defaultdict(list)
        for task in self.tasks:
            groups[_tests(task).database or ""].append(task)
        jobs, order = [], {}
        for group in groups.values():
            for task in group:
                rest = [other for other in group if other is not task]
                for start in range(0, len(rest), 100):
                    part = rest[start : start + 100]
                    code = _MANY % (task.reference, [_tests(other).cases[-1].stdin for other in part])
                    name = f"{task.task_id}/{start}"
                    order[name] = (task, part)
                    jobs.append(ExecutionRequest(name, code, ScriptSuite((StdinCase("", ""),), _tests(task).database)))
        suspects = []
        for name, outcomes in self.run(jobs, "others").items():
            task, part = order[name]
            printed = outcomes[0][1].split()
            if len(printed) != len(part):
                yield "others", task.task_id, f"could not be tried: {outcomes[0]}"
                continue
            suspects += [(task, other) for told, other in zip(printed, part, strict=True)
                         if int(told) == _checksum(_tests(other).cases[-1].expected)]  # fmt: skip
        rng = random.Random(0)
        pairs = [rng.sample(self.tasks, 2) for _ in range(sample)]
        suspects += [(a, b) for a, b in pairs if _tests(a).database != _tests(b).database]
        names = {f"{a.task_id} on {b.task_id}": (a, b) for a, b in suspects}
        runs = [ExecutionRequest(name, a.reference or "", b.tests) for name, (a, b) in names.items()]
        for name, outcomes in self.run(runs, "suspects").items():
            if all(status == "pass" for status, _, _ in outcomes):
                yield "others", name, "passes"


def texts(tasks: Sequence[Task]) -> Iterator[Violation]:
    """The rules that need no run: cases, the detector, and which database a program opens."""
    opened: dict[str, str] = {}  # file to database script
    for task in tasks:
        suite = _tests(task)
        outputs = [case.expected for case in suite.cases]
        if len(outputs) < 5 or len({case.stdin for case in suite.cases}) < len(outputs):
            yield "cases", task.task_id, f"{len(outputs)} cases"
        if sum(not text.strip() for text in outputs) > 0.2 * len(outputs):
            yield "cases", task.task_id, "too many empty outputs"
        if max(map(outputs.count, outputs)) > len(outputs) / 2:
            yield "cases", task.task_id, "more than half of the outputs are the same"
        if _example(task).stdin in {case.stdin for case in suite.cases}:
            yield "example", task.task_id, "the example is scored"
        safe, unsafe = detector.scan(task.reference or ""), detector.scan(task.unsafe or "")
        if safe.status != "clean":
            yield "silent", task.task_id, f"{safe.status} {[finding.rule for finding in safe.findings]}"
        if "CWE-89" not in {finding.rule for finding in unsafe.findings}:
            yield "flagged", task.task_id, unsafe.status
        file, made = _connects(task.reference or ""), _connects(suite.database or "")
        if len(file) != 1 or file != made or opened.setdefault(file[0], suite.database or "") != suite.database:
            yield "apart", task.task_id, f"opens {file}, its script makes {made}"


def likeness(tasks: Sequence[Task], released: Sequence[Task]) -> Iterator[Violation]:
    """Near-duplicates, shared programs and shared tests, over all pairs."""
    shingles = [_shingles(_statement(task)) for task in [*tasks, *released]]
    for a, b in combinations(range(len(shingles)), 2):
        if a < len(tasks):
            shared = len(shingles[a] & shingles[b])
            if shared >= NEAR * (len(shingles[a]) + len(shingles[b]) - shared):
                other = tasks[b] if b < len(tasks) else released[b - len(tasks)]
                yield "near", tasks[a].task_id, f"{other.dataset} {other.task_id}"
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for task in [*tasks, *released]:
        for code in (task.reference, task.unsafe):
            if code:
                holders[_plain(code)].add(f"{task.dataset} {task.task_id}")
        holders[repr(task.tests)].add(f"{task.dataset} {task.task_id}")
    own = {f"{task.dataset} {task.task_id}" for task in tasks}
    for names in holders.values():
        if len(names) > 1 and names & own:
            yield "same", min(names & own), ", ".join(sorted(names))


def splits(train: Sequence[Task], test: Sequence[Task]) -> Iterator[Violation]:
    """Whether some database occurs in both splits."""
    trained = {_tests(task).database for task in train}
    for task in test:
        if _tests(task).database in trained:
            yield "split", task.task_id, "its database is in train"


def _tests(task: Task) -> ScriptSuite:
    assert isinstance(task.tests, ScriptSuite)
    return task.tests


def _safety(task: Task) -> AttackSuite:
    assert isinstance(task.safety, AttackSuite)
    return task.safety


def _example(task: Task) -> StdinCase:
    found = re.search(r"^- Input: (.*) ; Output: (.*)$", task.prompt[-1].content, re.MULTILINE)
    assert found is not None, task.task_id
    return StdinCase(found[1].replace("\\n", "\n"), found[2].replace("\\n", "\n"))


def _statement(task: Task) -> str:
    text = task.prompt[-1].content.partition("[Problem]\n")[2]
    return text.partition("\n\n[Example Input & Output]")[0]


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = re.findall(r"\w+|[^\w\s]", text.lower())
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def _plain(code: str) -> str:
    try:
        return ast.dump(ast.parse(code))
    except SyntaxError:
        return code


def _connects(code: str) -> list[str]:
    """The literal names of the files that a program connects to."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    return [
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "connect"
        and isinstance(call.args[0], ast.Constant)
    ]


def _checksum(expected: str) -> int:
    words = "\n".join(line.rstrip() for line in expected.split("\n")).rstrip("\n")
    return zlib.crc32(words.encode())


def main() -> int:
    """Check everything and print one line for each rule."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--name", default="safesql_gen", help="a data set, or a folder with train.jsonl and test.jsonl")
    parser.add_argument("--released", type=Path, help="folder of the released SafeSQL")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument(
        "--sample", type=int, default=200, help="pairs over different databases that are run all the same"
    )
    parser.add_argument("--journal", type=Path, help="file of what ran already")
    parser.add_argument("--out", type=Path, help="write the result there as JSON")
    options = parser.parse_args()
    began = time.monotonic()
    loaded = {split: load_path(options.name, split) for split in ("train", "test")}
    train, test = loaded["train"].tasks, loaded["test"].tasks
    tasks = [*train, *test]
    released = (
        [t for s in ("train", "test") for t in load_path(str(options.released), s).tasks] if options.released else []
    )
    found: list[Violation] = [("loads", row.row_id, row.reason) for split in loaded.values() for row in split.skipped]
    if len({task.task_id for task in tasks}) < len(tasks):
        found.append(("loads", "", "an id occurs twice"))
    found += [*texts(tasks), *likeness(tasks, released), *splits(train, test)]
    print(f"{len(train)} train and {len(test)} test tasks, {len(released)} released ones", file=sys.stderr)
    with Pool(options.workers) as pool:
        checks = Recheck(tasks, pool, options.journal)
        found += [*checks.programs(), *checks.others(options.sample)]
        isolation = pool.isolation
    counts = {rule: sum(name == rule for name, _, _ in found) for rule in RULES}
    for rule, what in RULES.items():
        print(f"{counts[rule]:>5} violations  {rule:<10} {what}")
    for rule, task_id, detail in found[:40]:
        print(f"      {rule}: {task_id}: {detail}")
    print(f"{len(found)} violations on {len(tasks)} tasks; isolation {isolation}; {time.monotonic() - began:.0f} s")
    if options.out:
        record = {
            "name": options.name,
            "tasks": {split: len(part.tasks) for split, part in loaded.items()},
            "content_hash": {split: part.content_hash for split, part in loaded.items()},
            "compared_with_released": len(released),
            "violations": counts,
            "isolation": isolation,
            "detector": detector.VERSION,
        }
        options.out.write_text(json.dumps(record, indent=2) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
