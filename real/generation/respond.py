"""A policy's answers to tasks, as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from real.policy.chat import encode_prompt
from real.types import Completion, Task

if TYPE_CHECKING:  # torch comes with these
    from real.generation.base import Generator, Response
    from real.policy.policy import Policy

Responder: TypeAlias = Callable[[Sequence[Task], int], list[Completion]]  # of tasks and a seed, in their order


def respond(
    policy: Policy, generator: Generator, tasks: Sequence[Task], *, seed: int, greedy: bool = True
) -> list[Completion]:
    """One completion a task, in their order; a task may be there several times."""
    prompts = [encode_prompt(policy.tokenizer, task) for task in tasks]
    return to_completions(policy, tasks, generator.generate(prompts, greedy=greedy, seed=seed))


def to_completions(policy: Policy, tasks: Sequence[Task], responses: Sequence[Response]) -> list[Completion]:
    """Token ids as text without special tokens; ``responses`` are in the order of ``tasks``."""
    return [
        Completion(task.task_id, policy.tokenizer.decode(r.tokens, skip_special_tokens=True), r.finished)
        for task, r in zip(tasks, responses, strict=True)
    ]
