"""Counts the known defects of a split, which a reader of its figures should know."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence

from real.datasets.recorded_prompts import recorded_prompts
from real.datasets.syntax import parse
from real.datasets.validation.rows import missing_packages
from real.types import CallSuite, LiteralSuite, ScriptSuite, Task

Fact = tuple[str, str]


def facts(tasks: Sequence[Task]) -> list[Fact]:
    """(what, figure) for one split, in a fixed order; only what applies to its kind of tests."""
    found: list[Fact] = [("tasks", str(len(tasks)))]
    cases = [len(task.tests.cases) for task in tasks]
    found.append(("test cases a task: fewest, median, most", _spread(cases)))
    found.append(("tasks with a single test case", str(cases.count(1))))
    expected = [_expected(task) for task in tasks]
    found.append(("tasks whose cases all expect the same", str(sum(len(set(e)) == 1 for e in expected))))
    if any(isinstance(task.tests, ScriptSuite) for task in tasks):
        outputs = [output for answers in expected for output in answers]
        empty = sum(not output.strip() for output in outputs)
        found.append(("test outputs that are empty", f"{empty} of {len(outputs)} ({empty / len(outputs):.0%})"))
        found.append(("tasks that expect nothing in every case", str(sum(not "".join(e).strip() for e in expected))))
        prompts = sum(bool(recorded_prompts(task)) for task in tasks)
        found.append(("tasks whose expected output holds prompts of their program", str(prompts)))
    if any(isinstance(task.tests, CallSuite) for task in tasks):
        found.append(("tasks that compare floating-point numbers", str(sum(map(_expects_float, tasks)))))
    safety = [len(task.safety.cases) for task in tasks if task.safety is not None]
    if safety:
        found.append(("safety tests or attacks a task: fewest, median, most", _spread(safety)))
    references = [task.reference for task in tasks if task.reference is not None]
    found.append(("tasks with a reference", str(len(references))))
    found.append(("tasks with an unsafe program", str(sum(task.unsafe is not None for task in tasks))))
    if references:
        annotated = sum(map(annotates_return, references))
        found.append(("references with any return annotation", f"{annotated} of {len(references)}"))
    packages = Counter(name for task in tasks for code in (task.reference or task.unsafe,) if code
                       for name in missing_packages(task, code))  # fmt: skip
    found += [(f"tasks that import `{name}`, not installed here", str(n)) for name, n in sorted(packages.items())]
    return found


def weaknesses(tasks: Sequence[Task]) -> list[tuple[str, int]]:
    """CWE to the number of its tasks, most frequent first."""
    return sorted(Counter(t.cwe for t in tasks if t.cwe).items(), key=lambda item: (-item[1], item[0]))


def annotates_return(code: str) -> bool:
    """Whether some function of a program says what it returns; false for text that is not Python."""
    try:
        tree = parse(code)
    except SyntaxError:
        return False
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(node.returns is not None for node in functions)


def _expected(task: Task) -> list[str]:
    suite = task.tests
    if isinstance(suite, ScriptSuite | LiteralSuite):
        return [case.expected for case in suite.cases]
    return [repr(case.expected) for case in suite.cases]


def _expects_float(task: Task) -> bool:
    return isinstance(task.tests, CallSuite) and any(_has_float(case.expected) for case in task.tests.cases)


def _has_float(value: object) -> bool:
    if isinstance(value, list | dict):
        return any(map(_has_float, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float)


def _spread(values: Sequence[int]) -> str:
    ordered = sorted(values)
    return f"{ordered[0]}, {ordered[len(ordered) // 2]}, {ordered[-1]}"
