"""The prompt of an APPS+ task, in the words of the release: byte for byte, which a test checks."""

from __future__ import annotations

import re

from real.types import CallSuite, Message

_EXAMPLES = 2
_INSTRUCTION = (
    "The result should be returned by the function instead of printing it. You must conduct reasoning before writing "
    "your code. After reasoning, write your code inside ```python\\n[YOUR PYTHON CODE]```."
)


def prompt(question: str, starter: str, suite: CallSuite) -> tuple[Message, ...]:
    """One user message: the problem, the signature, two examples, and how to answer."""
    call = suite.entry.replace("Solution.", "Solution().")
    shown = [
        f"- Input: {call}({', '.join(map(repr, case.args))}) ; Output: {case.expected!r}"
        for case in suite.cases[:_EXAMPLES]
    ]
    problem = re.sub(r"\n+", "\n", question)
    ask = f"Your code should use the signature in the starter code: `{starter}` and polish it if needed."
    parts = [f"[Problem]\n{problem}\n{ask}", "\n".join(["[Example Input & Output]", *shown])]
    return (Message("user", "\n\n".join([*parts, f"[Instruction]\n{_INSTRUCTION}"])),)
