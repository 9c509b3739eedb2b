"""The vLLM backend of the local trainer: an engine in the trainer's own process, given the weights before each call.

The engine is made without weights; ``reload_weights`` (vLLM's own call for it) takes them from the policy that trains,
tensor by tensor, in memory. vLLM calls its layers by the names of transformers' checkpoints. The output embedding is
loaded as a weight of its own, because vLLM does not renew a tied one.

Another engine computes the same probabilities with other rounding: 2e-2 in bfloat16 (tests/cluster). The trainer
computes the log-probabilities that it learns from itself, from the weights.
"""

from __future__ import annotations

import functools
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from real.errors import InfrastructureError
from real.generation.base import OnFinished, Response
from real.generation.config import GenerationCfg
from real.generation.context import response_room
from real.generation.merged_weights import merged_weights

LONGEST = 8192  # tokens of prompt and response: vLLM keeps room for the longest sequence that it may be asked for
GPU_SHARE = 0.35  # of a GPU's memory, the engine's own copy of the weights included: the trainer needs the rest
CPU_CACHE_GIB = "2"  # keys and values on a CPU

ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # in this process: weights can be handed over as tensors
    "VLLM_NO_USAGE_STATS": "1",  # nothing is sent anywhere
}
DEFAULTS = {
    "VLLM_CPU_KVCACHE_SPACE": CPU_CACHE_GIB,
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # the trainer's threads stay where they are
    "VLLM_LOGGING_LEVEL": "ERROR",
}


class VllmGenerator:
    """Samples with vLLM from the weights that ``model`` has at the moment of the call."""

    def __init__(self, model: Any, tokenizer: Any, cfg: GenerationCfg) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.cfg = cfg

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        *,
        greedy: bool,
        seed: int,
        on_finished: OnFinished | None = None,
    ) -> list[Response]:
        """See ``Generator``; a row's random numbers come from (seed, row), not from its batch.

        Raises ``DataError`` for a prompt that leaves no room, ``InfrastructureError`` where vLLM does not start.
        """
        if not prompts:
            return []
        room = response_room(prompts, _context(_base(self.model)), self.cfg.max_new_tokens)
        llm = engine_of(self.model, self.cfg)
        llm.collective_rpc("reload_weights", kwargs={"weights_iterator": merged_weights(self.model)})
        llm.reset_prefix_cache()  # what it holds was computed with the weights of before
        for row, prompt in enumerate(prompts):
            params = self._sampling(greedy, seed * 1_000_003 + row, room[row])
            llm.llm_engine.add_request(str(row), {"prompt_token_ids": list(prompt)}, params)
        done: dict[int, Response] = {}
        while llm.llm_engine.has_unfinished_requests():
            for output in llm.llm_engine.step():
                if output.finished:
                    row = int(output.request_id.partition("-")[0])
                    tokens = tuple(output.outputs[0].token_ids)
                    done[row] = Response(tokens, finished=tokens[-1] == self.tokenizer.eos_token_id)
                    if on_finished is not None:
                        on_finished(row, done[row])
        return [done[row] for row in range(len(prompts))]

    def _sampling(self, greedy: bool, seed: int, room: int) -> Any:
        from vllm import SamplingParams

        return SamplingParams(
            temperature=0.0 if greedy else self.cfg.temperature,
            top_p=1.0 if greedy else self.cfg.top_p,
            max_tokens=room,
            seed=None if greedy else seed % 2**63,
            stop_token_ids=[self.tokenizer.eos_token_id],
            detokenize=False,
        )


def engine_of(model: Any, cfg: GenerationCfg) -> Any:
    """The engine for models such as ``model``, made at the first call; its weights are those of the last ``generate``.

    Raises ``InfrastructureError`` where vLLM does not start.
    """
    base = _base(model)
    facts = base.config.to_dict() | {"architectures": [type(base).__name__], "tie_word_embeddings": False}
    config = json.dumps(facts, sort_keys=True, default=str)
    return _engine(config, str(base.dtype).removeprefix("torch."), _context(base), cfg.batch)


def _base(model: Any) -> Any:
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _context(base: Any) -> int:
    return min(getattr(base.config, "max_position_embeddings", LONGEST), LONGEST)


@functools.cache  # one for a process: the generators of training and evaluation share it
def _engine(config: str, dtype: str, context: int, rows: int) -> Any:
    os.environ.update(ENVIRONMENT)
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    folder = tempfile.TemporaryDirectory(prefix="real-vllm-")
    Path(folder.name, "config.json").write_text(config, encoding="utf-8")
    try:
        with torch.random.fork_rng():  # vLLM seeds torch's global generators
            from vllm import LLM

            return LLM(
                model=folder.name,
                skip_tokenizer_init=True,
                load_format="dummy",
                dtype=dtype,
                max_model_len=context,
                max_num_seqs=rows,
                gpu_memory_utilization=GPU_SHARE,
                enable_prefix_caching=True,  # samples of one prompt share its keys and values
                enforce_eager=not torch.cuda.is_available(),  # no compiler needed on a CPU
                disable_log_stats=True,
            )
    except (ImportError, RuntimeError, ValueError, OSError) as error:
        raise InfrastructureError(
            f"vLLM does not start here: {str(error).strip().splitlines()[0] if str(error).strip() else type(error)}",
            hint="Use generation=hf, which needs transformers only; vLLM wants a GPU, or its CPU build (vllm-cpu).",
        ) from error
    finally:
        folder.cleanup()
