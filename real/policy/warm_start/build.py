"""Makes a warm-started miniature, or finds the one that is shipped or was made here before."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import NamedTuple

import torch

from real.io.lock import hold
from real.io.progress import Progress
from real.policy import chat, tiny, tokenizer
from real.policy.sft import SftExample, SftSettings, train_sft
from real.policy.warm_start.card import weights_sha256
from real.policy.warm_start.recipe import Recipe

SHIPPED = Path(__file__).parent / "shipped"
CARD = "card.json"


class WarmStart(NamedTuple):
    """The folder of a warm-started model, as ``from_pretrained`` reads it, and in words where it comes from."""

    folder: Path
    origin: str


def find_or_build(recipe: Recipe, cache: Path, device: torch.device) -> WarmStart:
    """The model that ``recipe`` asks for.

    The shipped one where it fits; else below ``cache``, where runs which differ in their reward only share it. Making
    it takes minutes and shows its progress. Raises ``InfrastructureError`` where the disk refuses.
    """
    if (shipped := shipped_for(recipe)) is not None:
        return WarmStart(shipped, "warm-started: the one that is shipped")
    # Sums over threads, and other releases of torch, round differently.
    rounding = hashlib.sha256(f"{torch.__version__}/{torch.get_num_threads()}".encode()).hexdigest()[:4]
    folder = cache / f"tiny-s{recipe.seed}-{recipe.fingerprint()}-{rounding}"
    with hold(folder / ".lock", wait=True):  # jobs of a sweep run at the same time, and share it
        if (folder / "model").is_dir():
            origin = f"warm-started here by an earlier run: {folder}"
        else:
            build(recipe, folder, device)
            origin = f"warm-started here just now: {folder}"
    return WarmStart(folder / "model", origin)


def shipped_for(recipe: Recipe) -> Path | None:
    """The folder of the shipped miniature where it is what ``recipe`` asks for and has the weights of its card."""
    folder = SHIPPED / f"tiny-s{recipe.seed}"
    if not (folder / CARD).is_file():
        return None
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if card["fingerprint"] != recipe.fingerprint():
            return None
        whole = card["weights_sha256"] == weights_sha256(folder)
    except (OSError, ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        print(f"the shipped miniature in {folder} is damaged: it is built here instead", flush=True)
        return None
    return folder


def build(recipe: Recipe, folder: Path, device: torch.device) -> None:
    """Train tokenizer and model, and leave them in ``folder/model``, which is complete as soon as it is there."""
    words = tokenizer.train_tokenizer(recipe.corpus(), recipe.cfg.tiny.vocab)
    model = tiny.build_tiny(recipe.cfg.tiny, words, seed=recipe.seed).to(device)
    prompts = {task.task_id: tuple(chat.encode_prompt(words, task)) for task in recipe.tasks}
    examples = [
        SftExample(prompts[task.task_id], (*words(answer)["input_ids"], words.eos_token_id))
        for task, answer in recipe.pairs
    ]
    start = recipe.cfg.warm_start
    settings = SftSettings(start.epochs, start.batch, start.lr, start.warmup_ratio, prompt_weight=start.prompt_weight)
    checkpoint = folder / "sft.pt"
    with Progress(settings.epochs * -(-len(examples) // settings.batch), "warm start (SFT)", "batches") as progress:
        train_sft(
            model,
            examples,
            settings,
            seed=recipe.seed,
            checkpoint=checkpoint,
            on_step=lambda step, total, loss: progress.advance(step - progress.done, note=f"loss {loss:.3f}"),
        )
    part = folder / "model.part"
    shutil.rmtree(part, ignore_errors=True)
    model.save_pretrained(part)
    words.save_pretrained(part)
    part.rename(folder / "model")
    checkpoint.unlink(missing_ok=True)
