"""``functions_mini``: subjects x patterns → tasks, split so that no test question has a near twin in training.

A cell is a (subject, pattern) pair. Two cells of each pattern are test cells, all others train cells: each pattern of
the test split is trained on other lists, and each list with other patterns.
"""

from __future__ import annotations

import random

from real.datasets.build.functions.cases import choose_cases
from real.datasets.build.functions.patterns import PATTERNS
from real.datasets.build.functions.programs import DEFECTS, IDIOMS, Question, program
from real.datasets.build.functions.subjects import KIND_WORDS, SUBJECTS
from real.prompts import script_prompt
from real.types import CallCase, CallSuite, Check, StdinCase, Task

NAME = "functions_mini"
TASKS_PER_VARIANT = 2
HELD_OUT = 2  # test cells of each pattern
# Each opening comes with a quarter of the tasks of either split: the warm-started policy's habits depend on it.
OPENINGS = {
    "function": "Write a Python function.",
    "small": "We need a small function.",
    "help": "Please help with this function.",
    "quick": "Here is a quick job.",
}
INSTRUCTION = "The result should be returned by the function. Write the code inside ```python."
_ARTICLES = {"int": "a whole number", "float": "a decimal number", "str": "a text"}


def test_cells() -> frozenset[tuple[str, str]]:
    """The (list, pattern) pairs of the test split: consecutive lists, so that each loses two or three."""
    cells: list[tuple[str, str]] = []
    for pattern in PATTERNS:
        fitting = [subject for subject in SUBJECTS if subject.kind in pattern.kinds]
        for _ in range(HELD_OUT):
            cells.append((fitting[len(cells) % len(fitting)].items, pattern.name))
    return frozenset(cells)


def build_tasks(split: str, data_seed: int) -> list[Task]:
    """All tasks of one split, in an order in which every prefix mixes patterns and openings."""
    held_out = test_cells()
    questions = [
        Question(subject, pattern, variant)
        for subject in SUBJECTS
        for pattern in PATTERNS
        if subject.kind in pattern.kinds and ((subject.items, pattern.name) in held_out) == (split == "test")
        for variant in pattern.variants
    ]
    rng = random.Random(f"{NAME}/order/{data_seed}/{split}")
    ordered: list[Question] = []
    for _ in range(TASKS_PER_VARIANT):
        rng.shuffle(questions)
        ordered += questions
    return [_task(question, split, index, data_seed) for index, question in enumerate(ordered)]


def question_of(task: Task) -> Question:
    """The question that a task asks; raises ``KeyError`` for a task that ``functions_mini`` did not make."""
    subjects, patterns = {one.items: one for one in SUBJECTS}, {one.name: one for one in PATTERNS}
    return Question(subjects[task.tags["subject"]], patterns[task.tags["pattern"]], task.tags["variant"])


def _task(question: Question, split: str, index: int, data_seed: int) -> Task:
    rng = random.Random(f"{NAME}/task/{data_seed}/{split}/{index}")
    opening = list(OPENINGS)[index % len(OPENINGS)]
    cases = choose_cases(question, rng)
    idiom = rng.choice(IDIOMS)
    return Task(
        task_id=f"functions-{split}-{index:04d}",
        dataset=NAME,
        split=split,
        prompt=script_prompt(_statement(question, opening), [_example(question, cases.shown)], INSTRUCTION),
        tests=CallSuite(question.function, cases.scored),
        checks=(Check.MAINTAINABILITY,),
        entry_point=question.function,
        starter_code=f"{question.starter}\n    pass\n",
        reference=program(question, idiom),
        unsafe=program(question, idiom, rng.choice(DEFECTS)),
        tags={
            "subject": question.subject.items,
            "pattern": question.pattern.name,
            "variant": question.variant,
            "opening": opening,
        },
    )


def _statement(question: Question, opening: str) -> str:
    request = question.fill(question.pattern.request)
    (items, _), *others = question.parameters
    told = [f"{items}, a list of {KIND_WORDS[question.subject.kind]}s"]
    told += [f"{name}, {_ARTICLES[of]}" for name, of in others]
    signature = f"Your code should use the signature in the starter code: `{question.starter}` and add types to it."
    return f"{OPENINGS[opening]} {request} Arguments: {'; '.join(told)}.\n{signature}"


def _example(question: Question, case: CallCase) -> StdinCase:
    """A call and what it returns, as the prompts of APPS+ show them."""
    return StdinCase(f"{question.function}({', '.join(map(repr, case.args))})", repr(case.expected))
