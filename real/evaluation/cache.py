"""Evaluations of untrained models, kept for the other runs that begin with the same one.

The rows of a table that differ in reward only evaluate the same model on the same tasks before they train it: 27 times
in Table 4, 9 of them different. What the model wrote and what the sandbox saw are kept in
``OUTPUT_DIR/evaluations/KEY``, where KEY is a hash of everything that they depend on; detector, type checker and reward
look at them anew in every run.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from real.errors import InfrastructureError, RealError
from real.evaluation.recorded import recorded
from real.evaluation.run_facts import judge_versions
from real.io import disk
from real.io.lock import hold
from real.judge import Judge, Judgement
from real.policy.chat import encode_prompt
from real.rewards import Variant
from real.runs.environment import describe
from real.runs.store import RunStore
from real.types import JsonValue, Task
from real.verdicts import func_qual_passed

if TYPE_CHECKING:  # torch comes with these
    from real.generation import Generator
    from real.policy.policy import Policy
    from real.settings import RootCfg

STAGE = "before"
_FACTS = "facts.json"  # written last: a folder that has it is complete
ORIGIN = "before_origin.json"


def evaluate_once(
    cache: Path,
    facts: Mapping[str, JsonValue],
    store: RunStore,
    judge: Judge,
    tasks: Sequence[Task],
    evaluate: Callable[[], list[Judgement]],
) -> list[Judgement]:
    """Return the judgements of ``tasks`` from ``cache``, or ``evaluate`` them and keep what came of it.

    ``facts`` are those of ``evaluation_facts``. Of several processes one evaluates while the others wait for it. The
    run gets its own copy, and ``before_origin.json`` says which run has evaluated. An evaluation with a masked sample
    is not kept: the next run may do better.
    """
    key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
    folder = RunStore(cache / key)
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(folder / ".lock"))
        except InfrastructureError as error:
            print(f"evaluation: another run is at the same one, and this waits for it ({error.args[0]})", flush=True)
            stack.enter_context(hold(folder / ".lock", wait=True))
        if (folder / _FACTS).exists() and (kept := _reuse(folder, store, judge, tasks)) is not None:
            return kept
        if _key_of(store) != key:  # begun with another model or other settings, which a run directory is not named by
            (store / f"completions_{STAGE}.jsonl").unlink(missing_ok=True)
        _say_origin(store, folder, store.path.name)
        judged = evaluate()
        if all(func_qual_passed(verdict) is not None for verdict, _ in judged):
            folder.write_completions(STAGE, store.read_completions(STAGE))
            folder.write_outcomes(STAGE, judged)
            disk.write_json(folder / _FACTS, {**facts, "run": store.path.name})
    return judged


def evaluation_facts(
    root: RootCfg, policy: Policy, generator: Generator, tasks: Sequence[Task], content_hash: str
) -> dict[str, JsonValue]:
    """Everything that an evaluation's responses and outcomes depend on; ``content_hash`` is that of the tasks' files.

    The seed is no part of it: evaluation decodes greedily.
    """
    from real.policy.fingerprint import fingerprint  # late: torch comes with it

    prompts = [encode_prompt(policy.tokenizer, task) for task in tasks]
    made = describe(seed=0, config_hash="", data_hash="")
    return {
        "model": root.model.name,
        "weights": fingerprint(policy),
        "device": _device(policy),
        "dataset": root.dataset.name,
        "tasks": content_hash,
        "prompts": hashlib.sha256(repr(prompts).encode()).hexdigest(),
        "generation": asdict(root.generation),
        "generator": inspect.getsource(sys.modules[type(generator).__module__]),
        "protocol": root.evaluation.protocol.value,
        "limits": asdict(root.execution.limits()),
        "isolation": root.execution.min_isolation.value,
        "backend": root.execution.backend.value,
        "floors": root.reward.variant == Variant.hybrid_hardened,
        "versions": dict(judge_versions()),
        "real": made["real"],
        "packages": made["packages"],
    }


def _device(policy: Policy) -> str:
    import torch

    device = policy.model.device
    return torch.cuda.get_device_name(device) if device.type == "cuda" else str(device.type)


def _reuse(folder: RunStore, store: RunStore, judge: Judge, tasks: Sequence[Task]) -> list[Judgement] | None:
    """What is kept in ``folder``, judged anew; ``None`` where it is damaged: then it is evaluated again."""
    try:
        completions = {completion.task_id: completion for completion in folder.read_completions(STAGE)}
        records = {str(record["task_id"]): record for record in folder.read_outcomes(STAGE)}
        written = [completions[task.task_id] for task in tasks]
        outcomes = [recorded(records[task.task_id]) for task in tasks]
        origin = str(disk.read_json(folder / _FACTS)["run"])
    except (RealError, KeyError, TypeError, ValueError) as error:
        print(f"evaluation: what {folder.path} keeps is damaged ({error!r}) and is made anew", flush=True)
        return None
    judged = judge.score_recorded(tasks, written, outcomes)
    if any(func_qual_passed(verdict) is None for verdict, _ in judged):  # none was masked when it was kept
        print(f"evaluation: responses and outcomes in {folder.path} do not belong together; made anew", flush=True)
        return None
    store.write_completions(STAGE, written)
    store.write_outcomes(STAGE, judged)
    print(f"evaluation: {len(tasks)} responses before training are those of {origin} ({folder.path})", flush=True)
    _say_origin(store, folder, origin)
    return judged


def _key_of(store: RunStore) -> str | None:
    """The key under which this run has evaluated, or begun to."""
    try:
        return str(disk.read_json(store / ORIGIN)["key"])
    except (RealError, OSError, KeyError, ValueError):
        return None


def _say_origin(store: RunStore, folder: RunStore, run: str) -> None:
    disk.write_json(store / ORIGIN, {"evaluated_by": run, "key": folder.path.name})
