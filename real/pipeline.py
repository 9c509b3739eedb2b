"""One run, the whole flow. Read this first, and ``real/types.py``, the vocabulary, second.

    dataset row ─> Task ─> prompt ─> policy rollout ─> Completion ─> extract ─> Program
                                                              ├─> detector    ─> findings  (quality: security)
                                                              ├─> typecheck   ─> findings  (quality: maintainability)
                                                              └─> execution   ─> outcomes  (function; safety tests)
                                   findings + outcomes ─> Verdict ─> reward variant ─> scalar | masked
    scalar ─> PPO (local | OpenRLHF on Ray + vLLM) ─> checkpoint ─> evaluation ─> results store ─> tables, figures

``load`` rows into tasks; the ``judge`` turns what the policy writes into verdicts and rewards, for training and
evaluation alike; the ``method`` trains; everything found out is recorded, and ``publish`` draws it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from real.datasets import Loaded, load
from real.errors import DataError
from real.evaluation.cache import evaluate_once, evaluation_facts
from real.evaluation.evaluate import evaluate
from real.evaluation.examples import example_records
from real.evaluation.metrics import read_run
from real.evaluation.run_facts import RunFacts
from real.execution.trivial_baselines import summary_of, trivial_baselines
from real.generation.open import at_temperature
from real.judge import Judge, JudgeCfg, Judgement
from real.logger.wandb_documents import log_documents
from real.logger.wandb_preflight import check_wandb
from real.methods.registry import method_of
from real.policy.compute import choose_compute
from real.policy.config import ModelKind
from real.policy.load import load_policy
from real.policy.policy import describe_policy
from real.policy.saving import save_policy
from real.results.publish import headline, publish
from real.runs.store import RunStore
from real.settings import RootCfg
from real.training.determinism import fix_determinism
from real.training.workspace import Workspace, evaluation_generator
from real.types import JsonValue, Task

N_EXAMPLES = 6


def run(root: RootCfg, run_dir: Path, *, train_only: bool = False) -> None:
    """Carry ``root`` out in ``run_dir``, continuing what is there.

    ``train_only`` ends with the trained checkpoint; another call, in another job if need be, does the rest. The caller
    holds the run's lock and keeps its status. Raises ``RealError`` where a person can act.
    """
    began = time.monotonic()
    store = RunStore(run_dir)
    method = method_of(root.method.name)
    fix_determinism(root.seed, root.trainer.threads)
    check_wandb(root.logger)

    # load
    train = _load_train(root)
    test = load(root.dataset, "test", subset=root.evaluation.subset)
    facts = RunFacts.of(root, run_dir.name, train, test)
    begun = store.read_environment() if (store / "env.json").exists() else {}
    compute = choose_compute(root.model, root.trainer.threads, _part(begun, "compute"))
    environment = facts.environment() | {"compute": compute.record()}
    store.write_environment(environment)
    _say(f"data      {_describe(train, test)}")
    cache = Path(root.output_dir) / "warm_starts"
    trained_here = method.trains_model(root)
    policy = load_policy(root.model, train.tasks, seed=root.seed, cache=cache, trained_here=trained_here)
    origin = _part(begun, "policy") or {"origin": policy.origin}
    store.write_environment(environment | {"policy": origin})
    _say(f"model     {describe_policy(policy, root.model)}")
    if advice := compute.advice():
        _say(f"note: {advice}")

    with Judge(JudgeCfg.of(root), failures=run_dir / "analysis_failures.jsonl") as judge:
        _say(f"sandbox   {judge.pool.describe()}")
        judge.prepare((*train.tasks, *test.tasks))
        generator = evaluation_generator(root, policy)
        examples = _draw_examples(test.tasks, root.seed)
        space = Workspace(root, store, run_dir.name, train.tasks, test.tasks, examples, policy, generator, judge)
        method.check(space)

        # rollout, judge, reward and train: see the method's file, and real/training
        before = [] if train_only else _evaluate_before(space, test)  # a job that trains only has eight GPUs for it
        steps = method.run(space)
        if train_only:
            return

        # evaluate
        after = _evaluate(space, "after") if steps or space.responder else None
        if steps:
            save_policy(space.policy, run_dir / "model")
        stages = [("before", 0, before), ("middle", steps // 2, _halfway(space)), ("after", steps, after or [])]
        store.write_examples(example_records(examples, stages))
        floors = summary_of(trivial_baselines(test.tasks, judge.pool, root.evaluation.protocol))

    # report
    seconds = time.monotonic() - began
    store.write_metrics(facts.metrics(before, after, steps, seconds, baselines=floors))
    documents = publish(store)
    log_documents(root.logger, run_dir, run_dir.name, documents, headline(read_run(run_dir)))


def _load_train(root: RootCfg) -> Loaded:
    """The training tasks; none where there are none and nothing learns from them, not even the embedded model."""
    try:
        return load(root.dataset, "train")
    except DataError:
        if method_of(root.method.name).learns_from_tasks or root.model.kind is ModelKind.tiny:
            raise
    return Loaded(root.dataset.name, "train", [], [], "none")


def _evaluate(space: Workspace, stage: str) -> list[Judgement]:
    cfg, sampling = space.cfg, space.cfg.evaluation.sampling()
    generator = space.generator if sampling.greedy else at_temperature(space.generator, sampling.temperature)
    parts = (space.policy, generator, space.judge, space.test, space.store, stage)
    return evaluate(*parts, batch=cfg.generation.batch, seed=cfg.seed, sampling=sampling, responder=space.responder)


def _evaluate_before(space: Workspace, test: Loaded) -> list[Judgement]:
    """The untrained model on the test split, once for all runs of the output folder that begin with it."""
    facts = evaluation_facts(space.cfg, space.policy, space.generator, space.test, test.content_hash)
    cache = Path(space.cfg.output_dir) / "evaluations"
    evaluating = partial(_evaluate, space, "before")
    return evaluate_once(cache, facts, space.store, space.judge, space.test, evaluating)


def _halfway(space: Workspace) -> list[Judgement]:
    """The examples as the policy answered them in the middle of its training, where the trainer kept them."""
    if not (space.store / "completions_middle.jsonl").exists():
        return []
    return space.judge.score(space.examples, space.store.read_completions("middle"))


def _draw_examples(tasks: Sequence[Task], seed: int) -> list[Task]:
    """A few held-out tasks drawn before anything is known about the answers: nobody picked the pretty ones."""
    return random.Random(seed).sample(list(tasks), min(N_EXAMPLES, len(tasks)))


def _describe(train: Loaded, test: Loaded) -> str:
    skipped = len(train.skipped) + len(test.skipped)
    note = f", {skipped} rows skipped" if skipped else ""
    return f"{test.name}: {len(train.tasks)} train / {len(test.tasks)} test tasks{note}"


def _part(environment: Mapping[str, object], name: str) -> dict[str, JsonValue]:
    """What the run that is continued has recorded when it was begun; empty for a new one."""
    found = environment.get(name)
    return found if isinstance(found, dict) else {}


def _say(line: str) -> None:
    print(line, flush=True)
