"""Supervised fine-tuning on the safe references, or on made targets, of the training split (the SFT baseline)."""

from __future__ import annotations

from real.datasets.targets.file import read_targets
from real.errors import DataError
from real.io.progress import Progress
from real.policy.chat import encode_prompt
from real.policy.sft import SftExample, SftSettings, train_sft
from real.training.workspace import Workspace


def sft(ws: Workspace) -> int:
    """Train on (prompt, response) pairs; raises ``DataError`` when there is nothing to learn."""
    words = ws.policy.tokenizer
    responses = _responses(ws)
    examples = [
        SftExample(
            tuple(encode_prompt(words, task)), (*words(responses[task.task_id])["input_ids"], words.eos_token_id)
        )
        for task in ws.train
        if task.task_id in responses
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


def _responses(ws: Workspace) -> dict[str, str]:
    """What to answer, by task id: made targets where the method names a file, else the fenced references."""
    ids = {task.task_id for task in ws.train}
    if (path := ws.cfg.method.sft.targets) is not None:
        made = {task_id: text for task_id, text in read_targets(path).items() if task_id in ids}
        if not made:
            raise DataError(f"{path} has targets, but none for a training task of {ws.cfg.dataset.name}")
        print(f"sft: {len(made)} of {len(ids)} training tasks have a target in {path}")
        return made
    found = {task.task_id: f"```python\n{task.reference}\n```" for task in ws.train if task.reference is not None}
    if not found:
        raise DataError(
            f"no training task of {ws.cfg.dataset.name} has a safe reference, so there is nothing to fine-tune on",
            hint="Make targets: python -m real.datasets targets NAME --out FILE, then method.sft.targets=FILE.",
        )
    return found
