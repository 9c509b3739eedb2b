"""Tasks to prompt token ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from real.prompts import messages
from real.types import Message, Task


def encode_prompt(tokenizer: Any, task: Task) -> list[int]:
    """Chat-template token ids of a task, ending where the response begins."""
    return encode_chat(tokenizer, messages(task))


def encode_chat(tokenizer: Any, turns: Sequence[Message]) -> list[int]:
    """Token ids of a chat, ending where the next response begins."""
    chat = [{"role": turn.role, "content": turn.content} for turn in turns]
    ids = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=True, return_dict=False)
    return list(ids)


def within_limit(tokenizer: Any, tasks: Sequence[Task], limit: int) -> tuple[list[Task], list[str]]:
    """Split ``tasks`` into those whose prompt fits ``limit`` tokens and the ids of those that do not.

    Too long prompts are left out of training rather than truncated: a cut prompt asks for something else.
    """
    short: list[Task] = []
    long: list[str] = []
    for task in tasks:
        if len(encode_prompt(tokenizer, task)) <= limit:
            short.append(task)
        else:
            long.append(task.task_id)
    return short, long
