"""One run from configuration to metrics: load, warm-start, evaluate, train, evaluate again, report."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from pathlib import Path

import torch

import real.methods.real
import real.methods.sft
import real.methods.vanilla  # noqa: F401 - the three imports register the methods
from real import detector, execution, typecheck
from real.config.schema import RootCfg
from real.datasets import Loaded, load
from real.evaluation.examples import example_records
from real.evaluation.greedy import evaluate
from real.evaluation.metrics import build_metrics
from real.evaluation.rates import paired_difference, summarize
from real.execution.trivial_baselines import summary_of, trivial_baselines
from real.generation.hf import HfGenerator
from real.io.disk import disk_errors
from real.io.progress import Progress
from real.judge import Judge
from real.methods.base import METHODS, Workspace
from real.results.publish import publish
from real.runs.environment import describe
from real.runs.store import RunStore
from real.training.start import Policy, load_policy
from real.types import Task

N_EXAMPLES = 6


def run(root: RootCfg, run_dir: Path) -> None:
    """Carry ``root`` out in ``run_dir``, continuing what is there, up to ``metrics.json`` and its report.

    The caller holds the run's lock and keeps its status; raises ``RealError`` where a person can act.
    """
    _carry_out(root, run_dir, train_only=False)


def train(root: RootCfg, run_dir: Path) -> None:
    """The first part of ``run``, up to the trained checkpoint; ``run`` continues there, in another job if need be."""
    _carry_out(root, run_dir, train_only=True)


def _carry_out(root: RootCfg, run_dir: Path, *, train_only: bool) -> None:
    began = time.monotonic()
    store = RunStore(run_dir)
    _fix_determinism(root)
    train, test = load(root.dataset, "train"), load(root.dataset, "test")
    _say(f"data      {_describe_data(root, train, test)}")
    versions = {"detector": detector.VERSION, "typecheck": typecheck.VERSION, "execution": execution.VERSION}
    config_hash = run_dir.name.rpartition("-")[2]
    data_hash = f"{train.content_hash}+{test.content_hash}"
    store.write_environment(describe(seed=root.seed, config_hash=config_hash, data_hash=data_hash, versions=versions))
    policy = _policy(root, train)
    generator = HfGenerator(policy.model, policy.tokenizer, root.generation)
    failures = run_dir / "analysis_failures.jsonl"
    with Judge(root.reward, protocol=root.dataset.protocol, typecheck=root.typecheck, failures=failures) as judge:
        _say(f"sandbox   {judge.pool.describe()}")
        before = evaluate(policy, generator, judge, test.tasks, store, "before", cfg=root)
        space = Workspace(
            cfg=root,
            store=store,
            run_id=run_dir.name,
            train=train.tasks,
            test=test.tasks,
            examples=_examples(test.tasks, root.seed),
            policy=policy,
            generator=generator,
            judge=judge,
        )
        steps = METHODS.get(root.method.name)(space)
        if train_only:
            return
        after = None
        if steps:
            after = evaluate(space.policy, space.generator, judge, test.tasks, store, "after", cfg=root)
            if not (run_dir / "model").exists():  # a cluster trainer has saved it already
                _save_model(space.policy, run_dir / "model")
        stored = (store / "completions_middle.jsonl").exists()
        halfway = judge.judge(space.examples, store.read_completions("middle")) if stored else []
        store.write_examples(
            example_records(
                space.examples,
                [("before", 0, before), ("middle", steps // 2, halfway), ("after", steps, after or [])],
                root.reward,
            )
        )
        floors = summary_of(trivial_baselines(test.tasks, judge.pool, root.dataset.protocol))
    metrics = build_metrics(
        run_id=run_dir.name,
        before=summarize(before),
        after=None if after is None else summarize(after),
        difference={} if after is None else paired_difference(before, after),
        steps=steps,
        seconds=time.monotonic() - began,
        dataset=root.dataset.name,
        model=root.model.name,
        method=root.method.name,
        reward=root.reward.variant,
        versions=versions,
        seed=root.seed,
        config_hash=config_hash,
        data_hash=data_hash,
        baselines=floors,
        protocol=root.dataset.protocol,
        subset=test.subset,
    )
    store.write_metrics(metrics)
    publish(store)
    if root.model.kind == "tiny" and root.reward.variant == "hybrid":
        _say("next: python run.py +exp=ablation_reward_tiny -m   (what each half of the reward is good for)")


def _fix_determinism(root: RootCfg) -> None:
    """Same seed, same thread count, same machine type: the same numbers, bit for bit on a CPU."""
    torch.set_num_threads(root.trainer.threads or len(os.sched_getaffinity(0)))
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.manual_seed(root.seed)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def _policy(root: RootCfg, train: Loaded) -> Policy:
    """The starting policy; the miniature's warm start shows its progress, since it takes minutes."""
    progress: Progress | None = None

    def on_step(step: int, total: int, loss: float) -> None:
        nonlocal progress
        if progress is None:
            progress = Progress(total, "warm start (SFT)", "batches")
        progress.advance(step - progress.done, note=f"loss {loss:.3f}")

    cache = Path(root.output_dir) / "warm_starts"
    policy = load_policy(root.model, train.tasks, seed=root.seed, cache=cache, on_step=on_step)
    if progress is not None:
        progress.close()
    size = sum(p.numel() for p in policy.model.parameters())
    note = " (an honest miniature: its numbers say nothing about real models)" if root.model.kind == "tiny" else ""
    _say(f"model     {root.model.name}, {size / 1e6:.2f} M parameters on {policy.model.device}{note}")
    return policy


def _examples(tasks: Sequence[Task], seed: int) -> list[Task]:
    """A few held-out tasks drawn before anything is known about the answers: nobody picked the pretty ones."""
    return random.Random(seed).sample(list(tasks), min(N_EXAMPLES, len(tasks)))


def _save_model(policy: Policy, folder: Path) -> None:
    """Save what ``from_pretrained`` loads as it is: LoRA's actor adapter is merged into its base."""
    model = policy.model
    if hasattr(model, "merge_and_unload"):
        model = model.merge_and_unload(adapter_names=["actor"])
    with disk_errors(folder):
        model.save_pretrained(folder)
        policy.tokenizer.save_pretrained(folder)


def _describe_data(root: RootCfg, train: Loaded, test: Loaded) -> str:
    skipped = len(train.skipped) + len(test.skipped)
    return f"{root.dataset.name}: {len(train.tasks)} train / {len(test.tasks)} test tasks" + (
        f", {skipped} rows skipped" if skipped else ""
    )


def _say(line: str) -> None:
    print(line, flush=True)
