"""What a prompt costs that takes its tokenizer along, as OpenRLHF 0.11.2 sends it, and as REAL has it sent.

    .venv-cluster/bin/python benchmarks/tokenizer_dispatch.py        # needs Ray (make test-cluster)

One Ray actor stands in for an engine; it gets 8 prompts, then 64 (or the numbers that are named). The tokenizer has as
many entries as Qwen2.5's.
"""

from __future__ import annotations

import itertools
import os
import pickle
import sys
import time
from pathlib import Path

import ray
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from real.training.openrlhf.once_per_process import OncePerProcess

_ENTRIES = 151_643  # of Qwen2.5's vocabulary


def tokenizer() -> PreTrainedTokenizerFast:
    """Byte-pair merges of every two of 390 letters."""
    letters = [chr(0x4E00 + number) for number in range(390)]
    pairs = list(itertools.islice(itertools.product(letters, letters), _ENTRIES - len(letters)))
    words = [*letters, *(first + second for first, second in pairs)]
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.BPE({word: number for number, word in enumerate(words)}, pairs))
    )


@ray.remote
class Engine:
    """Takes what OpenRLHF's engine takes, and makes nothing of it."""

    async def generate_responses(self, prompt: str, hf_tokenizer: PreTrainedTokenizerFast) -> int:
        """The number of the prompt's tokens."""
        return len(hf_tokenizer(prompt)["input_ids"])


def seconds(engine: object, sent: object, prompts: int) -> tuple[float, float]:
    """Seconds until all prompts are handed out, and until all answers are there."""
    began = time.perf_counter()
    references = [engine.generate_responses.remote(prompt="一丁", hf_tokenizer=sent) for _ in range(prompts)]  # type: ignore[attr-defined]
    handed_out = time.perf_counter() - began
    ray.get(references)
    return handed_out, time.perf_counter() - began


def main() -> None:
    """Print both ways."""
    os.environ.setdefault("RAY_worker_niceness", "0")  # Ray's 15 would measure what else the machine does
    words = tokenizer()
    print(f"tokenizer: {len(pickle.dumps(words)) / 1e6:.1f} MB")
    root = str(Path(__file__).resolve().parents[1])
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env={"env_vars": {"PYTHONPATH": root}})
    engine = Engine.remote()
    ray.get(engine.generate_responses.remote(prompt="一", hf_tokenizer=words))  # type: ignore[attr-defined]
    for name, sent in (("by value", words), ("once", ray.put(OncePerProcess(words)))):
        for prompts in map(int, sys.argv[1:] or ("8", "64")):
            handed_out, done = seconds(engine, sent, prompts)
            print(f"{name}: {prompts} prompts handed out in {handed_out:.2f} s, all answered after {done:.2f} s")
    ray.shutdown()


if __name__ == "__main__":
    main()
