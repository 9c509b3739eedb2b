"""The policy a run starts from: the warm-started miniature, or a model from a hub id or folder."""

from __future__ import annotations

import hashlib
import inspect
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from real.datasets.build import mixture
from real.errors import DataError
from real.io.lock import hold
from real.policy import chat, tiny, tokenizer
from real.policy.config import ModelCfg
from real.prompts import messages
from real.training import sft
from real.training.local import batch, losses
from real.types import Task


@dataclass
class Policy:
    """A causal language model with its tokenizer; ``model`` is on the training device, in evaluation mode."""

    model: Any
    tokenizer: Any


def device() -> torch.device:
    """The accelerator if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_policy(
    cfg: ModelCfg,
    tasks: Sequence[Task],
    *,
    seed: int,
    cache: Path,
    on_step: Callable[[int, int, float], None] = lambda step, total, loss: None,
) -> Policy:
    """Load or build the model of ``cfg``; ``tasks`` (training split only) are the miniature's corpus.

    The miniature's warm start is cached under ``cache`` by everything that decides its weights, the source files that
    make it included, so that runs which differ in reward only share it.
    """
    transformers_logging.disable_progress_bar()  # its bars for sub-second work drown ours
    if cfg.kind == "hf":
        return _load_hf(cfg)
    pairs = [
        (task, completion)
        for number in range(cfg.warm_start.samples_per_task)
        for task, completion, _ in mixture.warm_start_pairs(tasks, seed * 1000 + number)
    ]
    folder = cache / f"tiny-s{seed}-{_fingerprint(cfg, pairs, seed)}"
    with hold(folder / ".lock", wait=True):  # jobs of a sweep run at the same time, and share it
        if not (folder / "model").is_dir():
            _warm_start(cfg, tasks, pairs, seed, folder, on_step)
    model = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)
    return Policy(model.to(device()).eval(), AutoTokenizer.from_pretrained(folder / "model"))


def _load_hf(cfg: ModelCfg) -> Policy:
    # Full fine-tuning keeps float32 weights and computes in cfg.dtype; only a frozen base may live in bfloat16.
    dtype = getattr(torch, cfg.dtype) if cfg.lora.enabled else torch.float32
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
    on_step: Callable[[int, int, float], None],
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
    sft.train_sft(model, examples, settings, seed=seed, checkpoint=checkpoint, on_step=on_step)
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
