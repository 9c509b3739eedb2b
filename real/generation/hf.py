"""The transformers backend: in-process, so that rollouts always come from the weights being trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import GenerationConfig

from real.errors import InfrastructureError
from real.generation.base import Response
from real.generation.config import GenerationCfg


class HfGenerator:
    """Wraps ``model.generate``; the model's own generation_config (repetition penalty, top-k, …) is not used."""

    def __init__(self, model: Any, tokenizer: Any, cfg: GenerationCfg) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.cfg = cfg

    def generate(self, prompts: Sequence[Sequence[int]], *, greedy: bool, seed: int) -> list[Response]:
        """See ``Generator``; longest prompts go first, so that a batch holds prompts of similar length."""
        torch.manual_seed(seed)
        order = sorted(range(len(prompts)), key=lambda i: -len(prompts[i]))
        responses: dict[int, Response] = {}
        training = self.model.training
        self.model.eval()
        try:
            for start in range(0, len(order), self.cfg.batch):
                rows = order[start : start + self.cfg.batch]
                responses.update(zip(rows, self._fitting([prompts[i] for i in rows], greedy), strict=True))
        finally:
            self.model.train(training)
        return [responses[i] for i in range(len(prompts))]

    def _fitting(self, prompts: Sequence[Sequence[int]], greedy: bool) -> list[Response]:
        """One batch; greedy decoding goes on in halves where the GPU has no room for it.

        A training of hours must not be lost to its evaluation, and ``generation.batch`` is part of the run id. Sampled
        responses would become others, so that there the error is raised as ``InfrastructureError``.
        """
        try:
            return self._batch(prompts, greedy)
        except torch.OutOfMemoryError as error:
            if not greedy or len(prompts) == 1:
                raise InfrastructureError(
                    f"the GPU ran out of memory while generating {len(prompts)} responses at a time",
                    hint=f"Try generation.batch={max(1, len(prompts) // 2)} (another run id), or a GPU that is free.",
                ) from error
        torch.cuda.empty_cache()  # outside of the handler, whose traceback holds the tensors of the failed call
        half = len(prompts) // 2
        print(f"the GPU has no room for {len(prompts)} responses at a time; going on with {half}", flush=True)
        return [*self._fitting(prompts[:half], greedy), *self._fitting(prompts[half:], greedy)]

    @torch.no_grad()
    def _batch(self, prompts: Sequence[Sequence[int]], greedy: bool) -> list[Response]:
        end, pad = self.tokenizer.eos_token_id, self.tokenizer.pad_token_id
        width = max(map(len, prompts))
        ids = torch.full((len(prompts), width), pad, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(prompts):  # left padding: every response starts in the same column
            ids[row, width - len(prompt) :] = torch.tensor(prompt)
            mask[row, width - len(prompt) :] = 1
        sampling = {} if greedy else {"temperature": self.cfg.temperature, "top_p": self.cfg.top_p, "top_k": 0}
        device = self.model.device
        output = self.model.generate(
            input_ids=ids.to(device),
            attention_mask=mask.to(device),
            generation_config=GenerationConfig(
                do_sample=not greedy,
                max_new_tokens=self.cfg.max_new_tokens,
                eos_token_id=end,
                pad_token_id=pad,
                repetition_penalty=1.0,
                **sampling,
            ),
        )
        return [_cut(row, end) for row in output[:, width:].tolist()]


def _cut(tokens: list[int], end: int) -> Response:
    if end in tokens:
        return Response(tuple(tokens[: tokens.index(end) + 1]), finished=True)
    return Response(tuple(tokens), finished=False)
