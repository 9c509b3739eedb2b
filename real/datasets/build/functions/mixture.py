"""The warm start of the miniature on functions: right and wrong, typed and untyped, in shares that depend on wording.

As on ``safesql_mini`` (``build/mini/mixture``), whether an answer is wrong is drawn independently of its types, and a
wrong answer is written in the same styles as a right one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from real.datasets.build.functions.assemble import question_of
from real.datasets.build.functions.programs import DEFECTS, IDIOMS, TYPED, program
from real.errors import DataError
from real.types import Task

# Share of answers whose types are right, for each opening: greedy decoding turns more than one half into "always".
TYPED_SHARE = {"function": 0.75, "small": 0.24, "help": 0.10, "quick": 0.05}
WRONG = 0.10
BROKEN = 0.03  # no fence, or a syntax error
DEFECT_WEIGHTS = (0.5, 0.2, 0.15, 0.15)  # of DEFECTS


def warm_start_pairs(tasks: Sequence[Task], seed: int) -> list[tuple[Task, str, str]]:
    """One ``(task, completion, kind)`` for each task, in order; another seed draws other answers.

    ``kind`` is ``{typed|untyped}_{right|wrong|broken}``. Raises ``DataError`` for a task that ``functions_mini`` did
    not make.
    """
    return [(task, *solution(task, random.Random(f"{seed}/{task.task_id}"))) for task in tasks]


def solution(task: Task, rng: random.Random) -> tuple[str, str]:
    """One completion drawn from the mixture for ``task``, and its kind."""
    try:
        question = question_of(task)
        share = TYPED_SHARE[task.tags["opening"]]
    except KeyError as error:
        raise DataError(f"task {task.task_id} of {task.dataset} has no question to derive answers from") from error
    typed = rng.random() < share
    draw = rng.random()
    variant = rng.choice(question.wrong) if draw < WRONG else question.variant
    types = TYPED if typed else rng.choices(DEFECTS, DEFECT_WEIGHTS)[0]
    code = program(question, rng.choice(IDIOMS), types, variant)
    quality = "wrong" if draw < WRONG else "broken" if draw > 1 - BROKEN else "right"
    return _completion(code, rng, broken=quality == "broken"), f"{'typed' if typed else 'untyped'}_{quality}"


def _completion(code: str, rng: random.Random, *, broken: bool) -> str:
    if not broken:
        return f"```python\n{code}```"
    return code if rng.random() < 0.5 else f"```python\n{code.replace(':', '', 1)}```"
