"""Supervised fine-tuning on the safe references of the training split (the paper's SFT baseline)."""

from __future__ import annotations

from real.errors import DataError
from real.methods.base import METHODS, Workspace
from real.policy.chat import encode_prompt
from real.results.progress import Progress
from real.training.sft import SftExample, SftSettings, train_sft


@METHODS.register("sft")
def sft(ws: Workspace) -> int:
    """Train on (prompt, fenced reference) pairs; raises ``DataError`` when the data set has no references."""
    words = ws.policy.tokenizer
    tasks = [task for task in ws.train if task.reference is not None]
    if not tasks:
        raise DataError(
            f"no training task of {ws.cfg.dataset.name} has a safe reference, so there is nothing to fine-tune on",
            hint="Use method=real, which needs no references, or another data set.",
        )
    examples = [
        SftExample(
            tuple(encode_prompt(words, task)),
            (*words(f"```python\n{task.reference}\n```")["input_ids"], words.eos_token_id),
        )
        for task in tasks
    ]
    cfg = ws.cfg.method.sft
    with Progress(cfg.epochs * -(-len(examples) // cfg.batch), "sft", "batches") as progress:
        return train_sft(
            ws.policy.model,
            examples,
            SftSettings(cfg.epochs, cfg.batch, cfg.lr, cfg.warmup_ratio),
            seed=ws.cfg.seed,
            checkpoint=ws.checkpoint,
            on_step=lambda step, total, loss: progress.advance(step - progress.done, note=f"loss {loss:.3f}"),
        )
