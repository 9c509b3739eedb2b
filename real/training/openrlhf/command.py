"""Build OpenRLHF's command line for a configuration, and check it against OpenRLHF's own parser."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from real.errors import UsageError
from real.registry import did_you_mean
from real.training.openrlhf.flags import PINNED, Flag
from real.training.openrlhf.layout import Layout
from real.training.openrlhf.prompt_schedule import PromptSchedule

if TYPE_CHECKING:
    from real.settings import RootCfg

_OURS = "real.training.openrlhf.entry"  # OpenRLHF's own entry, with one change
# False and None leave a flag out, True is a flag without a value.
Value: TypeAlias = "str | int | float | bool | tuple[float, float] | None"


@dataclass(frozen=True, slots=True)
class Files:
    """Paths of a training's files, below the run directory, which every node can read."""

    folder: Path

    @property
    def train(self) -> Path:
        """Prompts, one JSON object a line."""
        return self.folder / "train.jsonl"

    @property
    def eval(self) -> Path:
        """Prompts of the test split."""
        return self.folder / "eval.jsonl"

    @property
    def reward(self) -> Path:
        """The Python file with ``reward_func``."""
        return self.folder / "reward_func.py"

    @property
    def address(self) -> Path:
        """Where the scorer listens, and its token."""
        return self.folder / "scorer.json"

    @property
    def scored(self) -> Path:
        """One line for every sample that was scored."""
        return self.folder / "scored.jsonl"

    @property
    def missed(self) -> Path:
        """One line for every sample that an engine got no answer for."""
        return self.folder / "missed.jsonl"

    @property
    def checkpoints(self) -> Path:
        """DeepSpeed checkpoints: ``_actor`` and ``_critic``."""
        return self.folder / "checkpoints"

    @property
    def final(self) -> Path:
        """The trained model, as ``from_pretrained`` loads it."""
        return self.folder / "final"

    @property
    def log(self) -> Path:
        """Everything that OpenRLHF printed."""
        return self.folder / "train.log"


def settings(root: RootCfg, layout: Layout, schedule: PromptSchedule, files: Files) -> dict[str, Value]:
    """Return flag name -> value, for every flag that differs from OpenRLHF's default or must not follow its changes."""
    return {
        **_placement(root, layout),
        **_batches(root, layout, schedule),
        **_algorithm(root),
        **_optimisers(root),
        **_data(root, files),
        **_records(root, files),
    }


def argv(root: RootCfg, layout: Layout, schedule: PromptSchedule, files: Files) -> list[str]:
    """Return the arguments of ``openrlhf.cli.train_ppo_ray``; raises ``UsageError`` for a path with a comma."""
    words: list[str] = []
    for name, value in settings(root, layout, schedule, files).items():
        words += _words(f"--{name}", value)
    return words


def command(arguments: Sequence[str], python: str = sys.executable) -> list[str]:
    """Return the whole command line."""
    return [python, "-m", _OURS, *arguments]


def check(arguments: Sequence[str], version: str, known: Mapping[str, Flag]) -> None:
    """Raise ``UsageError`` naming the first flag that this OpenRLHF would refuse, by name, type or choice."""
    for name, values in grouped(arguments):
        flag = known.get(name)
        problem = flag.problem(values) if flag else f"is unknown. {did_you_mean(name, known)}"
        if problem:
            raise UsageError(
                f"OpenRLHF {version} would refuse our flag {name}: it {problem}",
                hint=f"REAL is made for OpenRLHF {PINNED}: pip install openrlhf=={PINNED}.",
            )


def grouped(arguments: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each flag of a command line with its values."""
    at = 0
    while at < len(arguments):
        values = tuple(itertools.takewhile(lambda word: not word.startswith("--"), arguments[at + 1 :]))
        yield arguments[at], values
        at += 1 + len(values)


def _words(name: str, value: Value) -> list[str]:
    if value is None or value is False:
        return []
    if value is True:
        return [name]
    values = value if isinstance(value, tuple) else (value,)
    return [name, *(repr(v) if isinstance(v, float) else str(v) for v in values)]


def _placement(root: RootCfg, layout: Layout) -> dict[str, Value]:
    placement = root.model.placement
    roles = {
        f"{role}.{key}": number
        for role in ("actor", "critic", "ref", "reward")
        for key, number in (("num_nodes", layout.nodes), ("num_gpus_per_node", layout.gpus_per_node))
    }
    return {
        **roles,
        "vllm.num_engines": layout.engines,
        "vllm.tensor_parallel_size": layout.tensor_parallel,
        "vllm.gpu_memory_utilization": placement.engine_memory,
        "vllm.sync_backend": "nccl",  # with colocation: CUDA IPC, weights never leave the GPU
        "vllm.enforce_eager": placement.eager,
        "train.colocate_all": True,
        "vllm.enable_sleep": placement.sleep,
        "ds.enable_sleep": placement.sleep,
        "ds.zero_stage": placement.zero_stage,
        "ds.param_dtype": "bf16",
        # Gradients of 4 to 16 micro-batches are summed; unset, in bfloat16. With stage 1 DeepSpeed would take another
        # optimiser (BF16_Optimizer), which cannot leave the GPU.
        "ds.grad_accum_dtype": "fp32" if placement.zero_stage > 1 else None,
        "ds.attn_implementation": placement.attention,
        "ds.packing_samples": placement.packing,
        "ds.adam_offload": placement.adam_offload,
        "ref.offload": placement.reference_offload,
        "actor.gradient_checkpointing_enable": placement.gradient_checkpointing,
    }


def _batches(root: RootCfg, layout: Layout, schedule: PromptSchedule) -> dict[str, Value]:
    trainer, tokens = root.trainer, root.model.placement.tokens_per_pass
    return {
        "rollout.batch_size": trainer.rollout_batch,
        "rollout.n_samples_per_prompt": trainer.samples_per_prompt,
        "rollout.micro_batch_size": layout.rollout_microbatch,
        "train.batch_size": trainer.minibatch,
        "train.micro_batch_size": layout.microbatch,
        # Ranks take equal shares of the tokens instead of contiguous samples, which come in the order of completion.
        "train.dynamic_batch_enable": tokens > 0,
        "train.max_tokens_per_gpu": tokens or None,
        "rollout.max_tokens_per_gpu": tokens or None,
        "train.max_epochs": trainer.ppo_epochs,
        "train.num_episodes": schedule.passes,
        "train.seed": root.seed,
    }


def _algorithm(root: RootCfg) -> dict[str, Value]:
    trainer = root.trainer
    correction = trainer.rollout_correction
    return {
        "algo.advantage.estimator": trainer.estimator.value,
        "algo.advantage.gamma": trainer.gamma,
        "algo.advantage.lambd": trainer.gae_lambda,
        "algo.advantage.no_std_norm": not trainer.whiten_advantages,
        "algo.advantage.is_correction_level": "off" if correction == "off" else "token",
        "algo.advantage.is_correction_mode": None if correction == "off" else correction,
        "algo.kl.init_coef": trainer.kl_coef,
        "algo.kl.estimator": "k1",
        "actor.eps_clip": trainer.clip,
        "critic.value_clip": trainer.value_clip,
        "actor.entropy_coef": trainer.entropy_coef,
        "critic.freezing_steps": -1,  # the policy learns from the first step, whose number is 0
        "reward.clip_range": (-10.0, 10.0),
        "rollout.temperature": root.generation.temperature,
        "rollout.top_p": root.generation.top_p,
        "rollout.max_new_tokens": root.generation.max_new_tokens,
    }


def _optimisers(root: RootCfg) -> dict[str, Value]:
    trainer = root.trainer
    found: dict[str, Value] = {}
    for role, rate in (("actor", trainer.actor_lr), ("critic", trainer.critic_lr)):
        found |= {
            f"{role}.adam.lr": rate,
            f"{role}.adam.betas": (trainer.betas[0], trainer.betas[1]),
            f"{role}.adam.weight_decay": trainer.weight_decay,
            f"{role}.lr_scheduler": "constant",
            f"{role}.lr_warmup_ratio": 0.0,
            f"{role}.max_norm": trainer.max_grad_norm,
        }
    return found


def _data(root: RootCfg, files: Files) -> dict[str, Value]:
    every = root.trainer.openrlhf.eval_every
    for path in (files.train, files.reward):
        if "," in str(path):
            raise UsageError(
                f"the run directory {files.folder} has a comma in its path, at which OpenRLHF splits it",
                hint="Choose another output_dir.",
            )
    return {
        "actor.model_name_or_path": root.model.path,
        "critic.model_name_or_path": root.model.path,
        "reward.remote_url": str(files.reward),
        "data.prompt_dataset": str(files.train),
        "data.prompt_split": "train",
        "data.input_key": "messages",
        "data.label_key": "label",
        "data.apply_chat_template": True,
        "data.max_len": root.model.max_prompt_tokens + root.generation.max_new_tokens,
        "eval.dataset": str(files.eval) if every else None,
        "eval.split": "train" if every else None,  # the name that a JSON lines file has for its only split
        "eval.steps": every or -1,
        "eval.temperature": 0.0,
        "eval.n_samples_per_prompt": 1,
    }


def _records(root: RootCfg, files: Files) -> dict[str, Value]:
    return {
        "ckpt.path": str(files.checkpoints),
        "ckpt.output_dir": str(files.final),
        "ckpt.save_steps": root.trainer.checkpoint_every,
        "ckpt.max_num": root.trainer.openrlhf.keep_checkpoints,
        "ckpt.load_enable": True,  # where there is one
        "ckpt.best_metric_key": "none",  # the last checkpoint counts: the best on the test set would flatter
        "logger.logging_steps": 1,
    }
