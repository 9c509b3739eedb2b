"""Tokens a second of the in-process generator: ``python benchmarks/generation.py --model FOLDER``.

Beside it, in turn and on the same prompts: transformers' ``model.generate``, and what the machine allows, measured in
the same run. Decoding one token for each of a batch reads all weights and every row's keys and values once (limit by
memory bandwidth: the time of summing a large tensor), and multiplies each row with all weights (limit by arithmetic:
the best of plain matrix products in the model's type). The time of the prompts, that of a call for one token, is left
out of the shares of these limits and printed by itself.

    --model FOLDER     a model that from_pretrained reads; without it a random model of the miniature's size in float32
    --dtype NAME       of the model (bfloat16 with --model)
    --batch N          rows at a time (32)
    --prompts N        prompts, of the miniature's train tasks (32)
    --tokens N         the longest response (128)
    --rounds N         the best of each counts (3)
    --threads N        of torch (its own choice)
    --greedy           both then answer the same, and the share of equal responses is printed
    --full-length      responses never end early: what is compared is decoding, not leaving early
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from real.datasets import load_path
from real.generation import GenerationCfg, Response
from real.generation.hf import HfGenerator
from real.policy.chat import encode_prompt
from real.policy.config import TinyCfg
from real.policy.tiny import build_tiny
from real.policy.tokenizer import train_tokenizer
from real.prompts import messages

Model = Any  # transformers' models and tokenizers have no useful types


def main() -> None:
    """Measure and print."""
    args = _arguments()
    torch.set_num_threads(args.threads or torch.get_num_threads())
    tasks = load_path("safesql_mini", "train").tasks[: args.prompts]
    if args.model:
        model: Any = AutoModelForCausalLM.from_pretrained(args.model, dtype=getattr(torch, args.dtype)).eval()
        tokenizer: Any = AutoTokenizer.from_pretrained(args.model)
    else:
        tokenizer = train_tokenizer([m.content for task in tasks for m in messages(task)], TinyCfg().vocab)
        model = build_tiny(TinyCfg(), tokenizer, seed=0).eval()
    prompts = [encode_prompt(tokenizer, task) for task in tasks]
    end = -1 if args.full_length else tokenizer.eos_token_id

    def ours(length: int) -> list[Response]:
        cfg = GenerationCfg(max_new_tokens=length, batch=args.batch)
        generator = HfGenerator(model, _Ends(end, tokenizer.pad_token_id), cfg)
        return generator.generate(prompts, greedy=args.greedy, seed=0)

    def theirs(length: int) -> list[Response]:
        order = sorted(range(len(prompts)), key=lambda row: -len(prompts[row]))
        batches = [order[i : i + args.batch] for i in range(0, len(order), args.batch)]
        parts = [_generate(model, [prompts[i] for i in rows], length, end, tokenizer, args.greedy) for rows in batches]
        found = dict(zip(order, [response for part in parts for response in part], strict=True))
        return [found[row] for row in range(len(prompts))]

    best: dict[str, tuple[float, float, list[Response]]] = {}
    for _ in range(args.rounds):
        for name, call in (("real", ours), ("transformers", theirs)):
            first, _ = _timed(call, 1)
            whole, responses = _timed(call, args.tokens)
            old = best.get(name, (float("inf"), float("inf"), responses))
            best[name] = (min(first, old[0]), min(whole, old[1]), responses)
    bandwidth, arithmetic = _bandwidth(), _arithmetic(model.dtype)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{parameters / 1e6:.1f} M parameters, {model.dtype}, {len(prompts)} prompts of "
          f"{sum(map(len, prompts)) / len(prompts):.0f} tokens, batch {args.batch}, {torch.get_num_threads()} threads; "
          f"{bandwidth / 1e9:.1f} GB/s, {arithmetic / 1e9:.0f} GFLOP/s")  # fmt: skip
    for name, (first, whole, responses) in best.items():
        made = sum(len(response.tokens) for response in responses)
        speed = (made - len(prompts)) / max(whole - first, 1e-9)
        print(f"{name:13} {made} tokens in {whole:.2f} s: {made / whole:.0f} tokens/s; prompts {first:.2f} s, "
              f"decoding {speed:.0f} tokens/s")  # fmt: skip
        by_bandwidth, by_arithmetic = _limits(model, prompts, responses, args.batch, bandwidth, arithmetic)
        print(f"{'':13} of the limit by bandwidth ({by_bandwidth:.0f} tokens/s) {speed / by_bandwidth:.0%}, "
              f"by arithmetic ({by_arithmetic:.0f}) {speed / by_arithmetic:.0%}")  # fmt: skip
    own, other = best["real"], best["transformers"]
    rate = [sum(len(r.tokens) for r in responses) / whole for _, whole, responses in (own, other)]
    print(f"real / transformers, tokens a second of the whole call: {rate[0] / rate[1]:.2f}")
    if args.greedy:
        print(f"equal responses: {sum(a.tokens == b.tokens for a, b in zip(own[2], other[2], strict=True))}")


class _Ends:
    """What a generator asks of a tokenizer."""

    def __init__(self, end: int, pad: int) -> None:
        self.eos_token_id, self.pad_token_id = end, pad


def _generate(
    model: Model, prompts: Sequence[Sequence[int]], length: int, end: int, tokenizer: Model, greedy: bool
) -> list[Response]:
    width = max(map(len, prompts))
    ids = torch.full((len(prompts), width), tokenizer.pad_token_id)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(prompt)
        mask[row, width - len(prompt) :] = 1
    sampling = {} if greedy else {"temperature": 1.0, "top_p": 1.0, "top_k": 0}
    config = GenerationConfig(
        do_sample=not greedy, max_new_tokens=length, eos_token_id=end if end >= 0 else None,
        pad_token_id=tokenizer.pad_token_id, repetition_penalty=1.0, **sampling,
    )  # fmt: skip
    with torch.no_grad():
        rows = model.generate(input_ids=ids, attention_mask=mask, generation_config=config)[:, width:].tolist()
    cut = [row[: row.index(end) + 1] if end in row else row for row in rows]
    return [Response(tuple(row), finished=row[-1] == end) for row in cut]


def _timed(call: Callable[[int], list[Response]], length: int) -> tuple[float, list[Response]]:
    began = time.perf_counter()
    responses = call(length)
    return time.perf_counter() - began, responses


def _limits(
    model: Model,
    prompts: Sequence[Sequence[int]],
    responses: Sequence[Response],
    batch: int,
    bandwidth: float,
    flops: float,
) -> tuple[float, float]:
    """Tokens a second at most, by bandwidth and by arithmetic, of ``batch`` rows of the mean length."""
    config, size = model.config, model.dtype.itemsize
    weights = sum(p.numel() for p in model.parameters())  # tied embeddings count once: a look-up reads next to nothing
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    entry = 2 * config.num_hidden_layers * config.num_key_value_heads * head  # keys and values of one token
    held = sum(len(p) + len(r.tokens) / 2 for p, r in zip(prompts, responses, strict=True)) / len(prompts)
    rows = min(batch, len(prompts))
    return rows * bandwidth / (size * (weights + rows * held * entry)), flops / (2 * weights)


def _bandwidth() -> float:
    """Bytes a second of reading memory."""
    block = torch.ones(1 << 27, dtype=torch.float32)  # 512 MB: more than any cache
    return block.numel() * block.itemsize / min(_seconds(block.sum) for _ in range(5))


def _arithmetic(dtype: torch.dtype) -> float:
    """Floating-point operations a second of a matrix product, the best of three sizes."""
    found = []
    for size in (512, 1024, 2048):
        left, right = (torch.randn(size, size).to(dtype) for _ in range(2))
        found.append(2 * size**3 / min(_seconds(lambda a=left, b=right: a @ b) for _ in range(5)))  # type: ignore[misc]
    return max(found)


def _seconds(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--prompts", type=int, default=32)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--greedy", action="store_true")
    parser.add_argument("--full-length", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
