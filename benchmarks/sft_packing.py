"""Supervised fine-tuning, padded and packed: ``python benchmarks/sft_packing.py [--data FOLDER]``.

The miniature learns the references of its own task sets (and, with ``--data``, those of SecCodePLT+ train, whose
lengths differ more), in batches of similar length as ``train_sft`` draws them. Prints tokens that count a second of
CPU, forward and backward, by either loss, in turn in one process; the share of tokens computed that are padding; and
how far apart the losses of the same batches are.

    --batch N      examples a step (default: 8, as conf/method/sft.yaml)
    --steps N      steps that are measured, spread over an epoch (default: 24)
    --data FOLDER  with seccodeplt_plus/
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from real.datasets import DatasetCfg, load, load_path
from real.methods.common.packed_loss import packed_loss
from real.policy.chat import encode_prompt
from real.policy.config import ModelCfg
from real.policy.load import load_policy
from real.policy.sft import SftExample, SftSettings, sft_loss, shuffled_batches
from real.types import Task

LOSSES = {"padded": sft_loss, "packed": packed_loss}
WARM_UP = 2  # steps


def examples_of(words: Any, tasks: Sequence[Task]) -> list[SftExample]:  # noqa: ANN401 - transformers' tokenizers
    """Prompt and fenced reference of each task that has one."""
    return [
        SftExample(
            tuple(encode_prompt(words, task)),
            (*words(f"```python\n{task.reference}\n```")["input_ids"], words.eos_token_id),
        )
        for task in tasks
        if task.reference is not None
    ]


def padding(batches: Sequence[Sequence[SftExample]]) -> float:
    """The share of padding in batches with prompts padded left and responses right."""
    filled = sum(len(e.prompt) + len(e.response) for batch in batches for e in batch)
    computed = sum(
        len(batch) * (max(len(e.prompt) for e in batch) + max(len(e.response) for e in batch)) for batch in batches
    )
    return 1 - filled / computed


def measure(
    model: Any,  # noqa: ANN401 - of transformers
    batches: Sequence[Sequence[SftExample]],
) -> dict[str, tuple[float, list[float]]]:
    """CPU seconds and the losses, by the way of laying out the batches; both take every batch in turn."""
    seconds, losses = dict.fromkeys(LOSSES, 0.0), {name: list[float]() for name in LOSSES}
    for step, batch in enumerate([*batches[:WARM_UP], *batches]):
        for name, loss_of in LOSSES.items():
            began = time.process_time()
            loss = loss_of(model, batch)
            loss.backward()  # type: ignore[no-untyped-call]
            model.zero_grad(set_to_none=True)
            if step >= WARM_UP:
                seconds[name] += time.process_time() - began
                losses[name].append(float(loss.detach()))
    return {name: (seconds[name], losses[name]) for name in LOSSES}


def show(
    name: str,
    model: Any,  # noqa: ANN401 - of transformers
    examples: Sequence[SftExample],
    options: argparse.Namespace,
) -> None:
    """Measure one task set."""
    settings = SftSettings(epochs=1, batch=options.batch, lr=0.0, warmup_ratio=0.0)
    every = list(shuffled_batches(examples, settings, seed=0))
    batches = every[:: max(1, len(every) // options.steps)][: options.steps]
    tokens = sum(len(e.prompt) + len(e.response) for batch in batches for e in batch)
    found = measure(model, batches)
    (padded, losses), (packed, others) = found["padded"], found["packed"]
    apart = max(abs(one - other) for one, other in zip(losses, others, strict=True))
    print(
        f"{name:<16} {len(batches):>5} {tokens / len(batches):>12.0f} {padding(batches):>8.1%} {tokens / padded:>9.0f} "
        f"{tokens / packed:>9.0f} {padded / packed:>6.2f} {apart:>9.1e}"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as cache:
        mini = list(load(DatasetCfg(), "train").tasks)
        policy = load_policy(ModelCfg(), mini, seed=0, cache=Path(cache))
    sets = {"safesql_mini": mini, "functions_mini": list(load(DatasetCfg(name="functions_mini"), "train").tasks)}
    if options.data is not None:
        sets["seccodeplt_plus"] = list(load_path(str(options.data / "seccodeplt_plus"), "train").tasks)
    policy.model.train()
    print(
        f"{'task set':<16} {'steps':>5} {'tokens/step':>12} {'padding':>8} {'padded/s':>9} {'packed/s':>9} "
        f"{'ratio':>6} {'loss diff':>9}"
    )
    for name, tasks in sets.items():
        show(name, policy.model, examples_of(policy.tokenizer, tasks), options)


if __name__ == "__main__":
    main()
