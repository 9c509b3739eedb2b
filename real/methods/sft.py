"""Supervised fine-tuning on the safe references, or on made targets, of the training split (the SFT baseline)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from real.datasets.targets.file import read_targets
from real.errors import DataError
from real.io.progress import Progress
from real.methods.base import Method
from real.methods.common.loss_log import LossLog
from real.methods.common.tasks_at_hand import tasks_at_hand
from real.methods.common.user_files import problems
from real.methods.common.workload import BACKWARD, Sizes, Workload, sample_tokens, updates_of
from real.policy.chat import encode_prompt
from real.settings import RootCfg
from real.training.workspace import Workspace
from real.types import Task

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
        """The file of targets, where one is named and it cannot be used, or anything else to learn from."""
        given = root.method.sft.targets
        if given is not None and not Path(given).exists():
            return [f"the targets method.sft.targets={given} (no such file or folder)"]
        if (file := targets_file(root)) is not None:
            return problems(lambda: read_targets(str(file)))
        tasks = tasks_at_hand(root, "train")
        return [] if tasks is None else problems(lambda: references(root, tasks))

    def check(self, ws: Workspace) -> None:
        """Raise ``DataError`` where there is nothing to learn: before the first evaluation."""
        responses(ws)

    def run(self, ws: Workspace) -> int:
        """Train on (prompt, response) pairs; raises ``DataError`` when there is nothing to learn."""
        from real.methods.common.adapters import add_lora
        from real.methods.common.packed_loss import can_pack, packed_loss
        from real.policy.sft import SftSettings, sft_loss, train_sft

        answers = responses(ws)
        print(f"sft: {len(answers)} of {len(ws.train)} training tasks have an answer to learn")
        examples = sft_examples(ws, answers)
        loss_of = packed_loss if can_pack(ws.policy.model) else sft_loss
        if ws.cfg.model.lora.enabled:
            add_lora(ws, ws.cfg.model.lora)
        cfg, log = ws.cfg.method.sft, LossLog(ws.store.path)
        with Progress(cfg.epochs * -(-len(examples) // cfg.batch), "sft", "batches") as progress:

            def learned(step: int, total: int, loss: float) -> None:
                if progress.done == 0:
                    log.keep(step - 1)  # a resumed training begins behind its checkpoint
                log.add(step, {"loss": loss})
                progress.advance(step - progress.done, note=f"loss {loss:.3f}")

            return train_sft(
                ws.policy.model,
                examples,
                SftSettings(cfg.epochs, cfg.batch, cfg.lr, cfg.warmup_ratio),
                seed=ws.cfg.seed,
                checkpoint=ws.checkpoint,
                loss_of=loss_of,
                on_step=learned,
            )

    def workload(self, root: RootCfg, sizes: Sizes) -> Workload | None:
        """Every training task has an answer to learn, as far as is known."""
        own, samples = root.method.sft, sizes.train
        learned = BACKWARD * own.epochs * samples * sample_tokens(root)
        return Workload((sizes.test,) * 2, learned=learned, updates=updates_of(samples, own.batch, own.epochs))

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
    """What to answer, by task id: made targets where the method names some, else the fenced references.

    Raises ``DataError`` where there is none.
    """
    if (file := targets_file(ws.cfg)) is None:
        return references(ws.cfg, ws.train)
    ids = {task.task_id for task in ws.train}
    made = {task_id: text for task_id, text in read_targets(str(file)).items() if task_id in ids}
    if not made:
        raise DataError(f"{file} has targets, but none for a training task of {ws.cfg.dataset.name}")
    return made


def targets_file(root: RootCfg) -> Path | None:
    """The file of targets for this data set: the one that is named, or ``DATASET.jsonl`` in a folder that is."""
    given = root.method.sft.targets
    if given is None or not Path(given).is_dir():
        return None if given is None else Path(given)
    file = Path(given) / f"{root.dataset.name}.jsonl"
    return file if file.exists() else None


def references(root: RootCfg, tasks: Sequence[Task]) -> dict[str, str]:
    """The reference solutions as answers, by task id; raises ``DataError`` where no task has one."""
    found = {task.task_id: f"```python\n{task.reference}\n```" for task in tasks if task.reference is not None}
    if not found:
        name = root.dataset.name
        raise DataError(
            f"no training task of {name} has a safe reference, so there is nothing to fine-tune on",
            hint=f"Make targets: python -m real.datasets targets {name} --out FILE, then method.sft.targets=FILE"
            f" (or a folder with {name}.jsonl in it).",
        )
    return found
