"""The problem statement of a prompt, without the template that all prompts of a data set share."""

from __future__ import annotations

import re

from real.types import Task

# The templates of the released prompts (and of ``real.prompts.script_prompt``): the statement stands between the two.
_FRAMES = (
    re.compile(r"\s*Coding Problem:\n(?P<statement>.*?) More specifically, the details are as follows:\n", re.DOTALL),
    re.compile(
        r"\s*\[Problem\]\n(?P<statement>.*?)"
        r"(?:\nYour code should use the signature in the starter code: |"
        r"\n\n\[Example Input & Output\]|\n\n\[Instruction\])",
        re.DOTALL,
    ),
)


def statement(task: Task) -> str:
    """The problem in words: the last user message without its template, or all of it where the template is unknown."""
    text = next((m.content for m in reversed(task.prompt) if m.role == "user"), "")
    for frame in _FRAMES:
        if (match := frame.match(text)) is not None:
            return match["statement"].strip()
    return text.strip()
