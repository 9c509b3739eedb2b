"""Finds rows whose expected outputs contain the prompts of ``input("…")`` of one program."""

from __future__ import annotations

import ast

from real.datasets.syntax import parse
from real.types import ScriptSuite, Task

_SHORTEST = 4  # characters: "> " or ": " stand in many an output


def recorded_prompts(task: Task) -> list[str]:
    """The literal prompts of the row's own program that some expected output of its tests holds.

    Such a row asks for the prompts of one program, word by word: where prompts never reach the compared output
    (``strict``), no program passes it.
    """
    program = task.reference or task.unsafe
    if program is None or not isinstance(task.tests, ScriptSuite):
        return []
    outputs = [case.expected for case in task.tests.cases]
    return sorted(prompt for prompt in _prompts(program) if any(prompt in output for output in outputs))


def _prompts(code: str) -> set[str]:
    try:
        tree = parse(code)
    except SyntaxError:
        return set()
    return {
        node.args[0].value.strip()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "input"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
        and len(node.args[0].value.strip()) >= _SHORTEST
    }
