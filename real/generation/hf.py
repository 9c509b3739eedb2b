"""The transformers backend: in-process, so that rollouts always come from the weights being trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from real.errors import InfrastructureError
from real.extract.code_blocks import ends_a_program
from real.generation.base import OnFinished, Response
from real.generation.config import GenerationCfg
from real.generation.context import response_room
from real.generation.packed import packed_linears
from real.generation.prefix import begin_with, behind_padding, cache_argument, learned_prefix
from real.generation.sampling import Sampler, greedy_tokens, row_streams
from real.generation.slots import SlotCache

PREFILL_TOKENS = 8192  # prompt tokens in one forward pass, padding included: bounds its activations
FENCES = ("`" * 3, "~" * 3)
FENCE_TOKENS = 8  # the whole response is read only where its last tokens hold a fence
REFILL_SHARE = 8  # prompts enter when a slots/8 is free: one at a time would cost a forward pass each

# Of logits [B, V] and what each row has written so far: the logits to choose from (constrained decoding).
Constraint: TypeAlias = Callable[[Tensor, Sequence[Sequence[int]]], Tensor]


class HfGenerator:
    """Continuous batching over a causal language model: a finished row leaves at once and a waiting prompt enters.

    Prompts go longest first, so that rows of a batch are of similar length; an equal prompt is computed once for all
    samples that enter together. The model's own generation_config (repetition penalty, top-k, …) is not used.
    """

    def __init__(self, model: Any, tokenizer: Any, cfg: GenerationCfg) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.cfg = cfg
        self.constraint: Constraint | None = None
        self.keeps_logprobs = False  # of sampled tokens, in the responses
        self.stop: tuple[str, ...] = ()  # a response that holds one of these texts is over

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        *,
        greedy: bool,
        seed: int,
        on_finished: OnFinished | None = None,
    ) -> list[Response]:
        """See ``Generator``. What a row samples does not depend on ``generation.batch`` (but for rounding).

        Raises ``DataError`` for a prompt that leaves no room in the model's context, ``InfrastructureError`` where the
        GPU's memory does not suffice.
        """
        if not prompts:
            return []
        causal_lm = self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model
        context = getattr(causal_lm.config, "max_position_embeddings", None)
        prefix = learned_prefix(self.model)
        tokens = prefix[0][0].shape[2] if prefix else 0
        room = response_room(prompts, context and context - tokens, self.cfg.max_new_tokens)
        uniforms = None if greedy else row_streams(seed, len(prompts), self.cfg.max_new_tokens)
        rollout = Rollout(causal_lm, self.tokenizer, self.cfg, prompts, room, uniforms, on_finished)
        rollout.prefix, rollout.constraint = prefix, self.constraint
        rollout.keeps_logprobs = self.keeps_logprobs
        rollout.stop = self.stop
        training = self.model.training
        self.model.eval()
        try:
            with torch.no_grad(), packed_linears(causal_lm, self.cfg.batch):
                self._all(rollout, greedy)
        finally:
            self.model.train(training)
        return [rollout.done[row] for row in range(len(prompts))]

    def _all(self, rollout: Rollout, greedy: bool) -> None:
        """Every response; greedy decoding goes on with half as many at a time where the GPU has no room.

        A training of hours must not be lost to its evaluation, and ``generation.batch`` is part of the run id. Where
        responses are sampled, rounding in another batch may give others: there ``InfrastructureError`` is raised.
        """
        slots = min(self.cfg.batch, len(rollout.prompts))
        while True:
            try:
                return rollout.run(slots)
            except torch.OutOfMemoryError as error:
                if not greedy or slots == 1:
                    raise InfrastructureError(
                        f"the GPU ran out of memory while generating {slots} responses at a time",
                        hint=f"Try generation.batch={max(1, slots // 2)} (another run id), or a GPU that is free.",
                    ) from error
            torch.cuda.empty_cache()  # outside of the handler, whose traceback holds the tensors of the failed call
            print(f"the GPU has no room for {slots} responses at a time; going on with {slots // 2}", flush=True)
            slots //= 2


class Rollout:
    """One call of ``generate``: what is done, and the rows that are being written."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        cfg: GenerationCfg,
        prompts: Sequence[Sequence[int]],
        room: Sequence[int],
        uniforms: Tensor | None,
        on_finished: OnFinished | None,
    ) -> None:
        """``room[i]`` is the most tokens row ``i`` may get, ``uniforms[i]`` its random numbers (``None``: greedy)."""
        self.model = model
        self.prompts = [tuple(prompt) for prompt in prompts]
        self.room, self.on_finished = room, on_finished
        self.uniforms = None if uniforms is None else uniforms.to(model.device)
        self.tokenizer = tokenizer
        self.stop: tuple[str, ...] = ()
        self.stops_at_program = cfg.stop_at_program
        self.end, self.pad = tokenizer.eos_token_id, tokenizer.pad_token_id
        self.sample = Sampler(cfg.temperature, cfg.top_p)
        self.done: dict[int, Response] = {}
        self.prefix: list[tuple[Tensor, Tensor]] = []  # learned keys and values before every prompt
        self.constraint: Constraint | None = None
        self.keeps_logprobs = False
        self.logprobs: dict[int, list[float]] = {}  # of each row that is being written
        self.cache_argument = cache_argument(model)

    def run(self, slots: int) -> None:
        """Finish every row that is not done, ``slots`` at a time; a row that an error interrupted begins anew."""
        first = {prompt: row for row, prompt in reversed(list(enumerate(self.prompts)))}
        order = sorted(range(len(self.prompts)), key=lambda i: (-len(self.prompts[i]), first[self.prompts[i]], i))
        waiting = [row for row in order if row not in self.done][::-1]
        cache = SlotCache(slots, self.model.dtype, self.model.device)
        rows: list[int] = []  # of each slot in use
        written: list[list[int]] = []
        tokens = torch.empty(0, dtype=torch.long, device=self.model.device)
        while waiting or rows:
            if waiting and (not rows or slots - len(rows) >= max(1, slots // REFILL_SHARE)):
                entered = self._next_prompts(waiting, slots - len(rows))
                tokens = torch.cat([tokens, self._prefill(cache, entered)])
                fresh = tokens[len(rows) :].tolist()
                rows += entered
                written += [[token] for token in fresh]
            else:
                tokens = self._choose(self._forward(tokens.unsqueeze(1), cache, cache.advance()), rows, written)
                for mine, token in zip(written, tokens.tolist(), strict=True):
                    mine.append(token)
            gone = [slot for slot, row in enumerate(rows) if self._is_over(row, written[slot])]
            if gone:
                leaving = [(rows[slot], written[slot]) for slot in gone]
                kept = cache.drop(gone)
                rows, written, tokens = [rows[i] for i in kept], [written[i] for i in kept], tokens[kept]
                for row, mine in leaving:
                    self._finish(row, mine)

    def _next_prompts(self, waiting: list[int], free: int) -> list[int]:
        """Take the next rows off ``waiting`` (its end is its front), as many as one forward pass can hold."""
        width = len(self.prompts[waiting[-1]])
        entered: list[int] = []
        distinct: set[tuple[int, ...]] = set()
        while waiting and len(entered) < free:
            distinct.add(self.prompts[waiting[-1]])
            if entered and len(distinct) * width > PREFILL_TOKENS:
                break
            entered.append(waiting.pop())
        return entered

    def _prefill(self, cache: SlotCache, rows: list[int]) -> Tensor:
        """Compute the prompts of ``rows``, each distinct one once, into ``cache``; returns their first tokens."""
        distinct = list(dict.fromkeys(self.prompts[row] for row in rows))
        width = max(map(len, distinct))
        starts = torch.tensor([width - len(prompt) for prompt in distinct])
        ids = torch.full((len(distinct), width), self.pad, dtype=torch.long)
        for number, prompt in enumerate(distinct):  # left padding: the last position is the last of every prompt
            ids[number, width - len(prompt) :] = torch.tensor(prompt)
        columns = torch.arange(width)
        tokens = self.prefix[0][0].shape[2] if self.prefix else 0
        held = (columns >= starts.unsqueeze(1)).long()
        inputs = {
            "attention_mask": torch.cat([held.new_ones(len(distinct), tokens), held], dim=1).to(self.model.device),
            "position_ids": (tokens + columns - starts.unsqueeze(1)).clamp(min=0).to(self.model.device),
        }
        prefilled = begin_with(self.prefix, len(distinct))
        logits = self._forward(ids.to(self.model.device), prefilled, inputs)
        behind_padding(prefilled, starts, tokens)
        number_of = {prompt: number for number, prompt in enumerate(distinct)}
        source = torch.tensor([number_of[self.prompts[row]] for row in rows], device=self.model.device)
        cache.admit(prefilled, source, starts.to(self.model.device), tokens + width)
        return self._choose(logits[source], rows, [[] for _ in rows])

    def _forward(self, ids: Tensor, cache: Any, inputs: dict[str, Tensor]) -> Tensor:
        """Logits of the last position ``[B, V]``."""
        kept = {self.cache_argument: cache, "use_cache": True, "logits_to_keep": 1}
        logits: Tensor = self.model(input_ids=ids, **inputs, **kept).logits[:, -1]
        return logits

    def _choose(self, logits: Tensor, rows: Sequence[int], written: Sequence[Sequence[int]]) -> Tensor:
        if self.constraint is not None:
            logits = self.constraint(logits, written)
        if self.uniforms is None:
            return greedy_tokens(logits)
        drawn = self.uniforms[list(rows), list(map(len, written))]
        tokens = self.sample(logits, drawn)
        if self.keeps_logprobs:
            for row, logprob in zip(rows, self.sample.logprobs(tokens).tolist(), strict=True):
                self.logprobs.setdefault(row, []).append(logprob)
        return tokens

    def _is_over(self, row: int, written: Sequence[int]) -> bool:
        return written[-1] == self.end or len(written) >= self.room[row] or self._is_stopped(written)

    def _is_stopped(self, written: Sequence[int]) -> bool:
        """Whether a stop text, or the line that closes the program, ends in the last token."""
        if self.stop:  # as many tokens are read as a stop text can have characters
            tail = self._text(written[-1 - max(map(len, self.stop)) :])
            if any(text in tail for text in self.stop):
                return True
        if self.stops_at_program and "\n" in self._text(written[-1:]):
            tail = self._text(written[-FENCE_TOKENS:])
            return any(fence in tail for fence in FENCES) and ends_a_program(self._text(written))
        return False

    def _text(self, tokens: Sequence[int]) -> str:
        text: str = self.tokenizer.decode(tokens, skip_special_tokens=True)
        return text

    def _finish(self, row: int, written: Sequence[int]) -> None:
        logprobs = tuple(self.logprobs.pop(row, ()))
        finished = written[-1] == self.end or self._is_stopped(written)
        self.done[row] = Response(tuple(written), finished=finished, logprobs=logprobs)
        if self.on_finished is not None:
            self.on_finished(row, self.done[row])
