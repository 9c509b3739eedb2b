"""Task to chat messages, and chat messages to plain text.

A benchmark row brings its own prompt, which is passed on unchanged: the wording is part of the benchmark. Tasks that
practitioners bring, and the embedded ones, get a prompt of the same shape (problem, examples, instruction) from
``script_prompt``.
"""

from __future__ import annotations

from collections.abc import Sequence

from real.types import Message, StdinCase, Task

SCRIPT_INSTRUCTION = "Read with input() and print each row with print(*row). Write the code inside ```python."


def messages(task: Task) -> tuple[Message, ...]:
    """The chat messages that ask a model to solve ``task``; the last one is the user's."""
    return task.prompt


def render_plain(chat: Sequence[Message]) -> str:
    """The same chat as plain text, for a model without a chat template; ends where the response begins."""
    turns = [f"[{message.role}]\n{message.content}\n\n" for message in chat]
    return "".join(turns) + "[assistant]\n"


def script_prompt(
    description: str, examples: Sequence[StdinCase], instruction: str = SCRIPT_INSTRUCTION
) -> tuple[Message, ...]:
    """One user message: the problem, example input and output on one line each, and how to answer."""
    parts = [f"[Problem]\n{description}"]
    if examples:
        shown = [f"- Input: {_one_line(case.stdin)} ; Output: {_one_line(case.expected)}" for case in examples]
        parts.append("\n".join(["[Example Input & Output]", *shown]))
    parts.append(f"[Instruction]\n{instruction}")
    return (Message("user", "\n\n".join(parts)),)


def _one_line(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")
