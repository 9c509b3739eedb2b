"""The policy a run starts from: the warm-started miniature, or a model from a hub id or folder."""

from __future__ import annotations

import hashlib
import inspect
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from real.datasets.build.mini import mixture
from real.errors import DataError
from real.io.lock import hold
from real.io.progress import Progress
from real.policy import chat, tiny, tokenizer
from real.policy.config import ModelCfg, ModelKind
from real.policy.policy import Policy
from real.prompts import messages
from real.training import sft
from real.training.local import batch, losses
from real.types import Task


def device() -> torch.device:
    """The accelerator if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_policy(
    cfg: ModelCfg,
    tasks: Sequence[Task],
    *,
    seed: int,
    cache: Path,
    trained_here: bool = True,
) -> Policy:
    """Load or build the model of ``cfg``; ``tasks`` (training split only) are the miniature's corpus.

    ``trained_here`` says that this process may train all weights, which then are float32; a model that is only
    evaluated is loaded in ``cfg.dtype``, before and after a training elsewhere alike.

    The miniature's warm start is cached under ``cache`` by everything that decides its weights, the source files that
    make it included, so that runs which differ in reward only share it. Making it shows its progress: it takes minutes.
    """
    transformers_logging.disable_progress_bar()  # its bars for sub-second work drown ours
    if cfg.kind is ModelKind.hf:
        return _load_hf(cfg, trained_here)
    pairs = [
        (task, completion)
        for number in range(cfg.warm_start.samples_per_task)
        for task, completion, _ in mixture.warm_start_pairs(tasks, seed * 1000 + number)
    ]
    folder = cache / f"tiny-s{seed}-{_fingerprint(cfg, pairs, seed)}"
    with hold(folder / ".lock", wait=True):  # jobs of a sweep run at the same time, and share it
        if not (folder / "model").is_dir():
            _warm_start(cfg, tasks, pairs, seed, folder)
    model = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)
    return Policy(model.to(device()).eval(), AutoTokenizer.from_pretrained(folder / "model"))


def _load_hf(cfg: ModelCfg, trained_here: bool) -> Policy:
    # Full fine-tuning keeps float32 weights and computes in cfg.dtype; a frozen base lives in cfg.dtype.
    dtype = torch.float32 if trained_here and not cfg.lora.enabled else getattr(torch, cfg.dtype)
    try:
        model = AutoModelForCausalLM.from_pretrained(cfg.path, dtype=dtype)
        words = AutoTokenizer.from_pretrained(cfg.path)
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot load the model {cfg.path!r}: {str(error).splitlines()[0]}",
            hint="Set model.path to a folder with config.json and weights, or check the hub id and the network.",
        ) from error
    return Policy(model.to(device()).eval(), words)


def _warm_start(
    cfg: ModelCfg,
    tasks: Sequence[Task],
    pairs: Sequence[tuple[Task, str]],
    seed: int,
    folder: Path,
) -> None:
    words = tokenizer.train_tokenizer(
        [*(m.content for task in tasks for m in messages(task)), *(text for _, text in pairs)], cfg.tiny.vocab
    )
    model = tiny.build_tiny(cfg.tiny, words, seed=seed).to(device())
    prompts = {task.task_id: tuple(chat.encode_prompt(words, task)) for task in tasks}
    examples = [
        sft.SftExample(prompts[task.task_id], (*words(text)["input_ids"], words.eos_token_id)) for task, text in pairs
    ]
    start = cfg.warm_start
    settings = sft.SftSettings(
        start.epochs, start.batch, start.lr, start.warmup_ratio, prompt_weight=start.prompt_weight
    )
    checkpoint = folder / "sft.pt"
    with Progress(settings.epochs * -(-len(examples) // settings.batch), "warm start (SFT)", "batches") as progress:
        sft.train_sft(
            model,
            examples,
            settings,
            seed=seed,
            checkpoint=checkpoint,
            on_step=lambda step, total, loss: progress.advance(step - progress.done, note=f"loss {loss:.3f}"),
        )
    part = folder / "model.part"
    shutil.rmtree(part, ignore_errors=True)
    model.save_pretrained(part)
    words.save_pretrained(part)
    part.rename(folder / "model")  # a folder named "model" is always complete
    checkpoint.unlink(missing_ok=True)


def _fingerprint(cfg: ModelCfg, pairs: Sequence[tuple[Task, str]], seed: int) -> str:
    sources: list[ModuleType] = [tiny, tokenizer, sft, batch, losses, chat]
    facts = {
        "tiny": asdict(cfg.tiny),
        "warm_start": asdict(cfg.warm_start),
        "pairs": [[*(m.content for m in task.prompt), completion] for task, completion in pairs],
        "seed": seed,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),  # sums over threads round differently
        "sources": [inspect.getsource(module) for module in sources],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]
