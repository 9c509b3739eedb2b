"""The warm start of the miniature: right and wrong, safe and unsafe answers, in shares that depend on the wording.

Two rules keep the comparison of rewards honest. Whether an answer is wrong is drawn independently of whether it is
safe, so neither is a hint at the other; and a wrong answer is a wrong *query*, written in the same styles as a right
one, that fails at least one test of its task.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from real.datasets.build.mini.mutants import mutants
from real.datasets.build.mini.programs import BIND, CONVERT, Style, program
from real.datasets.build.mini.query import Query, decode
from real.datasets.build.mini.schemas import SCHEMAS
from real.errors import DataError
from real.types import Task

# Share of safe answers for each opening. Greedy decoding turns a share above one half into "always", one below into
# "never", so a single share for all tasks would make the warm-started policy all safe or all unsafe.
SAFE_SHARE = {"script": 0.75, "program": 0.24, "help": 0.10, "quick": 0.05}
WRONG = 0.10
TYPE_ERROR = 0.05
BROKEN = 0.03  # no fence, or a syntax error
IDIOM_WEIGHTS = {"direct": 0.6, "query": 0.25, "cursor": 0.15}
UNSAFE_WEIGHTS = {"fstring": 0.6, "percent": 0.1, "concat": 0.12, "format": 0.1, "double_quoted": 0.08}
CONVERT_SHARE = 0.15
LEAD_SHARE = 0.1
LEAD = "Here is the code:\n\n"

_SCHEMAS = {schema.table: schema for schema in SCHEMAS}


def warm_start_pairs(tasks: Sequence[Task], seed: int) -> list[tuple[Task, str, str]]:
    """One ``(task, completion, kind)`` for each task, in order; another seed draws other answers.

    ``kind`` is ``{safe|unsafe}_{right|wrong|type_error|broken}``. Raises ``DataError`` for a task that
    ``safesql_mini`` did not make.
    """
    return [(task, *solution(task, random.Random(f"{seed}/{task.task_id}"))) for task in tasks]


def solution(task: Task, rng: random.Random) -> tuple[str, str]:
    """One completion drawn from the mixture for ``task``, and its kind."""
    query, wrong = questions(task)
    safe = rng.random() < SAFE_SHARE[task.tags["opening"]]
    draw = rng.random()
    if draw < WRONG:
        quality, query = "wrong", rng.choice(sorted(wrong.items()))[1]
    else:
        quality = "type_error" if draw < WRONG + TYPE_ERROR else "right"
    if draw > 1 - BROKEN:
        quality = "broken"
    style = Style(_draw(rng, IDIOM_WEIGHTS), _splice(query, safe, rng), quality == "type_error")
    code = program(query, style)
    return _completion(code, rng, broken=quality == "broken"), f"{'safe' if safe else 'unsafe'}_{quality}"


def questions(task: Task) -> tuple[Query, dict[str, Query]]:
    """The right query of a task and the wrong ones that its tests tell apart; raises ``DataError`` without them."""
    try:
        query, names = decode(task.tags["query"]), task.tags["wrong"].split()
        candidates = mutants(query, _SCHEMAS[task.tags["schema"]])
        return query, {name: candidates[name] for name in names}
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(
            f"task {task.task_id} of {task.dataset} has no query to derive answers from",
            hint="The miniature (model=tiny) is warm-started on safesql_mini: set dataset=safesql_mini.",
        ) from error


def _splice(query: Query, safe: bool, rng: random.Random) -> str:
    if not safe:
        return _draw(rng, UNSAFE_WEIGHTS)
    numeric = all(item.kind in ("int", "float") for item in query.inputs)
    return CONVERT if numeric and rng.random() < CONVERT_SHARE else BIND


def _completion(code: str, rng: random.Random, *, broken: bool) -> str:
    lead = LEAD if rng.random() < LEAD_SHARE else ""
    if not broken:
        return f"{lead}```python\n{code}```"
    if rng.random() < 0.5:
        return code  # no fence: nothing to extract
    return f"{lead}```python\n{code.replace('):', ':').replace('in rows:', 'in rows')}```"


def _draw(rng: random.Random, weights: dict[str, float]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]
