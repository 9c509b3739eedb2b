"""How long a response may be within the model's context."""

from __future__ import annotations

from collections.abc import Sequence

from real.errors import DataError


def response_room(prompts: Sequence[Sequence[int]], context: int | None, most: int) -> list[int]:
    """The most tokens each response may have: ``most``, or what its prompt leaves of ``context`` (``None``: no end).

    Raises ``DataError`` for a prompt that leaves nothing.
    """
    if context is None or not prompts:
        return [most] * len(prompts)
    row = max(range(len(prompts)), key=lambda i: len(prompts[i]))
    if len(prompts[row]) >= context:
        raise DataError(
            f"prompt {row} has {len(prompts[row])} tokens, but the model's context ends at {context}, response"
            " included",
            hint="Use a model with a longer context, or leave the task out (in training: model.max_prompt_tokens).",
        )
    return [min(most, context - len(prompt)) for prompt in prompts]
