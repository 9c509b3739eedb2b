"""Negative constraints while a response is written: no token may complete a forbidden phrase inside code.

Texts are compared, not token ids: a phrase has many tokenisations, and two phrases may share their first tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from real.methods.codeguard_plus.phrases import Phrases, open_code

TESTED = 64  # most probable tokens that are looked at first; all others are taken to be out of reach


class NegativePhrases:
    """A ``Constraint`` of ``HfGenerator`` for responses under the same phrases."""

    def __init__(self, tokenizer: Any, phrases: Phrases, tested: int = TESTED) -> None:
        self.tokenizer, self.phrases, self.tested = tokenizer, phrases, tested
        self._pieces: dict[int, str] = {}

    def __call__(self, logits: Tensor, written: Sequence[Sequence[int]]) -> Tensor:
        """Logits ``[B, V]`` with -inf for tokens that would complete a phrase.

        In code only the ``tested`` most probable allowed tokens remain, since a vocabulary of 152 k cannot be tested at
        each step; greedy decoding is exact. In prose nothing changes.
        """
        limited = logits.clone()
        for row, tokens in enumerate(written):
            code = open_code(self.tokenizer.decode(list(tokens), skip_special_tokens=True))
            if code is not None and self.phrases.negative:
                limited[row] = self._allowed(logits[row], self.phrases.tail(code))
        return limited

    def _allowed(self, logits: Tensor, code: str) -> Tensor:
        """Those of the most probable tokens that are allowed; the next ones where all of them are forbidden."""
        kept = torch.full_like(logits, float("-inf"))
        order = logits.argsort(descending=True, stable=True)
        for part in torch.split(order, self.tested):
            allowed = [token for token in part.tolist() if not self.forbids(code, token)]
            if allowed:
                kept[allowed] = logits[allowed]
                return kept
        return logits  # a text that every token would make worse: rejection is left to ``Phrases.accept``

    def forbids(self, code: str, token: int) -> bool:
        """Whether ``token`` behind ``code`` completes a phrase; the end of a response counts as the end of a line."""
        return self.phrases.forbidden(code + self.piece(token), since=len(code)) is not None

    def piece(self, token: int) -> str:
        """The text of one token."""
        if token not in self._pieces:
            text = "\n" if token == self.tokenizer.eos_token_id else self.tokenizer.decode([token])
            self._pieces[token] = text
        return self._pieces[token]
