"""Supervised fine-tuning on the safe references, or on made targets, of the training split (the SFT baseline)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from real.datasets.targets.file import read_targets
from real.errors import DataError
from real.io.progress import Progress
from real.methods.base import Method
from real.methods.common.user_files import problems
from real.policy.chat import encode_prompt
from real.settings import RootCfg
from real.training.workspace import Workspace

if TYPE_CHECKING:  # torch comes with it
    from real.policy.sft import SftExample


class Sft(Method):
    """Cross-entropy on the response, its end token included; all weights, or LoRA where ``model.lora`` asks for it."""

    learns_from_tasks = True

    def trains_model(self, root: RootCfg) -> bool:
        """See ``Method``; ``load_policy`` knows that a base under LoRA is frozen."""
        return True

    def packages(self, root: RootCfg) -> tuple[str, ...]:
        """See ``Method``."""
        return ("peft",) if root.model.lora.enabled else ()

    def missing(self, root: RootCfg) -> list[str]:
        """The file of targets, where one is named and it cannot be used."""
        path = root.method.sft.targets
        if path is not None and not Path(path).exists():
            return [f"the targets method.sft.targets={path} (no such file)"]
        return [] if path is None else problems(lambda: read_targets(path))

    def run(self, ws: Workspace) -> int:
        """Train on (prompt, response) pairs; raises ``DataError`` when there is nothing to learn."""
        from real.methods.common.adapters import add_lora
        from real.policy.sft import SftSettings, train_sft

        examples = sft_examples(ws, responses(ws))
        if ws.cfg.model.lora.enabled:
            add_lora(ws, ws.cfg.model.lora)
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

    def describe(self, root: RootCfg) -> str:
        """See ``Method``."""
        return f"train it with sft: {root.method.sft.epochs} epochs"


METHOD = Sft()


def sft_examples(ws: Workspace, answers: dict[str, str]) -> list[SftExample]:
    """Token ids of the training tasks that have an answer, end token included."""
    from real.policy.sft import SftExample

    words = ws.policy.tokenizer
    return [
        SftExample(tuple(encode_prompt(words, task)), (*words(answers[task.task_id])["input_ids"], words.eos_token_id))
        for task in ws.train
        if task.task_id in answers
    ]


def responses(ws: Workspace) -> dict[str, str]:
    """What to answer, by task id: made targets where the method names a file, else the fenced references.

    Raises ``DataError`` where there is none.
    """
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
