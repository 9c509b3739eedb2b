"""A generator that says what it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from real.generation import Response


class Scripted:
    """Answers each prompt with what ``say(prompt text, how many times it was asked before)`` returns."""

    def __init__(self, tokenizer: Any, say: Callable[[str, int], str]) -> None:
        self.tokenizer, self.say, self.asked = tokenizer, say, []

    def generate(
        self, prompts: Sequence[Sequence[int]], *, greedy: bool, seed: int, on_finished: Any = None
    ) -> list[Response]:
        responses = []
        for prompt in prompts:
            text = self.tokenizer.decode(prompt)
            answer = self.say(text, self.asked.count(text))
            self.asked.append(text)
            responses.append(Response((*self.tokenizer(answer)["input_ids"], self.tokenizer.eos_token_id), True))
        return responses


def fenced(code: str | None) -> str:
    assert code is not None
    return f"```python\n{code}\n```"
