"""Constrained beam sampling: among the probable continuations, those that come nearer to the positive phrases survive.

A grid beam search (Hokamp and Liu, 2017) with the banks of Post and Vilar (2018): hypotheses that have met equally many
phrases compete with each other only. Candidates of a hypothesis are drawn without replacement (CodeGuard+ samples its
beams), beside them the token that carries an unmet phrase on, and the rest is decided by log-probability.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache

from real.generation.prefix import cache_argument
from real.methods.codeguard_plus.negatives import NegativePhrases
from real.methods.codeguard_plus.phrases import Phrases, open_code

# Of the hypotheses to keep (rows of the last call) and the token that each got: log-probabilities [B, V] of the next.
Step = Callable[[Sequence[int], Sequence[int]], Tensor]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """``row`` is its place in the last call of the model; ``met`` how many phrases it holds, in whole and parts."""

    tokens: tuple[int, ...] = ()
    logprob: float = 0.0
    row: int = 0
    met: tuple[int, int] = (0, 0)

    @property
    def score(self) -> float:
        """Log-probability a token: longer answers are not punished for being long."""
        return self.logprob / max(1, len(self.tokens))


class ConstrainedBeams:
    """Writes one answer under ``phrases``; without ``generator`` the most probable candidates are taken."""

    def __init__(
        self,
        tokenizer: Any,
        phrases: Phrases,
        beams: int,
        length: int,
        *,
        temperature: float = 1.0,
        generator: torch.Generator | None = None,
        tested: int = 64,
    ) -> None:
        self.tokenizer, self.phrases, self.beams, self.length = tokenizer, phrases, beams, length
        self.temperature, self.generator = temperature, generator
        self.negatives = NegativePhrases(tokenizer, phrases, tested)

    def search(self, first: Tensor, step: Step) -> tuple[int, ...] | None:
        """The best answer that ends and holds every phrase, from the log-probabilities ``[V]`` of the first token.

        ``None`` where none was found within ``length`` tokens.
        """
        alive, logprobs = [Hypothesis()], first.unsqueeze(0)
        done: list[Hypothesis] = []
        for _ in range(self.length):
            limited = self.negatives(logprobs, [h.tokens for h in alive])
            grown = [new for row, h in enumerate(alive) for new in self._continue(h, row, limited[row])]
            end = self.tokenizer.eos_token_id
            done += [h for h in grown if h.tokens[-1] == end and self.phrases.accept(self._text(h.tokens))]
            alive = self._keep([h for h in grown if h.tokens[-1] != end])
            if not alive or len(done) >= self.beams:
                break
            logprobs = step([h.row for h in alive], [h.tokens[-1] for h in alive])
        return max(done, key=lambda h: h.score).tokens if done else None

    def _continue(self, hypothesis: Hypothesis, row: int, logprobs: Tensor) -> list[Hypothesis]:
        scores = logprobs / self.temperature
        if self.generator is not None:  # Gumbel noise: the highest are drawn without replacement
            uniform = torch.rand(scores.shape, generator=self.generator, dtype=torch.float64).clamp(min=1e-300)
            scores = scores - (-uniform.log()).log().to(scores)
        possible = int(torch.isfinite(logprobs).sum())
        chosen = scores.topk(min(self.beams, possible)).indices.tolist()
        text = self._text(hypothesis.tokens)
        chosen += [t for t in self._carrying_on(text) if t not in chosen and bool(torch.isfinite(logprobs[t]))]
        grown = []
        for token in chosen:
            tokens = (*hypothesis.tokens, token)
            met = self._met(self._text(tokens))
            grown.append(Hypothesis(tokens, hypothesis.logprob + float(logprobs[token]), row, met))
        return grown

    def _carrying_on(self, text: str) -> list[int]:
        """The tokens with which unmet phrases begin or go on; none in prose, where a phrase would be no code."""
        code = open_code(text)
        if code is None:
            return []
        rest = [phrase[_begun(code, phrase) :] for phrase in self.phrases.positive if phrase not in code]
        return [self.tokenizer(part, add_special_tokens=False)["input_ids"][0] for part in rest if part]

    def _met(self, text: str) -> tuple[int, int]:
        """How many phrases the code holds, and how many characters of the unmet ones it has just written."""
        code = open_code(text)
        if code is None:
            return sum(phrase in text for phrase in self.phrases.positive), 0
        unmet = [phrase for phrase in self.phrases.positive if phrase not in code]
        return len(self.phrases.positive) - len(unmet), sum(_begun(code, phrase) for phrase in unmet)

    def _keep(self, grown: Sequence[Hypothesis]) -> list[Hypothesis]:
        """The best of each bank in turn, the banks nearest to the phrases first, until all beams are given."""
        banks: dict[tuple[int, int], list[Hypothesis]] = defaultdict(list)
        for hypothesis in sorted(grown, key=lambda h: -h.score):
            banks[hypothesis.met].append(hypothesis)
        kept: list[Hypothesis] = []
        ordered = [banks[met] for met in sorted(banks, reverse=True)]
        while len(kept) < self.beams and any(ordered):
            for bank in ordered:
                if bank and len(kept) < self.beams:
                    kept.append(bank.pop(0))
        return kept

    def _text(self, tokens: Sequence[int]) -> str:
        return str(self.tokenizer.decode(list(tokens), skip_special_tokens=True))


def _begun(code: str, phrase: str) -> int:
    """How many characters of ``phrase`` stand at the end of ``code``."""
    return next((size for size in range(len(phrase) - 1, 0, -1) if code.endswith(phrase[:size])), 0)


class CachedModel:
    """The ``Step`` of a causal language model: keys and values of the hypotheses that live on are kept."""

    def __init__(self, model: Any, prompt: Sequence[int]) -> None:
        self.model, self.cache = model, DynamicCache()
        self.first = self._forward(torch.tensor([list(prompt)]))[0]

    def __call__(self, rows: Sequence[int], tokens: Sequence[int]) -> Tensor:
        """See ``Step``."""
        self.cache.reorder_cache(torch.tensor(list(rows), device=self.model.device))
        return self._forward(torch.tensor([[token] for token in tokens]))

    @torch.no_grad()
    def _forward(self, ids: Tensor) -> Tensor:
        kept = {cache_argument(self.model): self.cache, "use_cache": True, "logits_to_keep": 1}
        made = self.model(input_ids=ids.to(self.model.device), **kept)
        return torch.log_softmax(made.logits[:, -1].float(), dim=-1)
