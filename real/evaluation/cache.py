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
_JUDGED = frozenset({"tasks", "protocol", "limits", "isolation", "backend", "floors", "versions"})  # not the responses
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
    key = _key(facts)
    written_under = _key({name: value for name, value in facts.items() if name not in _JUDGED})
    folder = RunStore(cache / key)
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(folder / ".lock"))
        except InfrastructureError as error:
            print(f"evaluation: another run is at the same one, and this waits for it ({error.args[0]})", flush=True)
            stack.enter_context(hold(folder / ".lock", wait=True))
        if (folder / _FACTS).exists() and (kept := _reuse(folder, store, judge, tasks)) is not None:
            return kept
        if _written_under(store) != written_under:  # another model, for instance, which a run directory is not named by
            (store / f"completions_{STAGE}.jsonl").unlink(missing_ok=True)
        _say_origin(store, folder, store.path.name, written_under)
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

    The seed is no part of it where evaluation decodes greedily.
    """
    from real.policy.fingerprint import fingerprint  # late: torch comes with it

    sampling = root.evaluation.sampling()
    drawn: dict[str, JsonValue] = {} if sampling.greedy else {**asdict(sampling), "seed": root.seed}
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
        **drawn,
    }


def _device(policy: Policy) -> str:
    import torch

    device = policy.model.device
    return torch.cuda.get_device_name(device) if device.type == "cuda" else str(device.type)


def _reuse(folder: RunStore, store: RunStore, judge: Judge, tasks: Sequence[Task]) -> list[Judgement] | None:
    """What is kept in ``folder``, judged anew; ``None`` where it is damaged: then it is evaluated again."""
    try:
        known = {task.task_id: task for task in tasks}
        written = folder.read_completions(STAGE)
        records = folder.read_outcomes(STAGE)
        asked = [known[one.task_id] for one in written]  # several times a task where it has several samples
        told = [(str(record["task_id"]), record.get("sample", 0)) for record in records]
        if told != [(one.task_id, one.sample) for one in written] or {*known} != {task.task_id for task in asked}:
            raise ValueError("not one outcome for each response, or not the tasks of this evaluation")
        outcomes = [recorded(record) for record in records]
        origin = str(disk.read_json(folder / _FACTS)["run"])
    except (RealError, KeyError, TypeError, ValueError) as error:
        print(f"evaluation: what {folder.path} keeps is damaged ({error!r}) and is made anew", flush=True)
        return None
    judged = judge.score_recorded(asked, written, outcomes)
    if any(func_qual_passed(verdict) is None for verdict, _ in judged):  # none was masked when it was kept
        print(f"evaluation: responses and outcomes in {folder.path} do not belong together; made anew", flush=True)
        return None
    store.write_completions(STAGE, written)
    store.write_outcomes(STAGE, judged)
    print(f"evaluation: {len(tasks)} responses before training are those of {origin} ({folder.path})", flush=True)
    _say_origin(store, folder, origin, "")
    return judged


def _key(facts: Mapping[str, JsonValue]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def _written_under(store: RunStore) -> str | None:
    """The key of what the responses of this run depend on, which it has written, or begun to."""
    try:
        return str(disk.read_json(store / ORIGIN)["written_under"])
    except (RealError, OSError, KeyError, ValueError):
        return None


def _say_origin(store: RunStore, folder: RunStore, run: str, written_under: str) -> None:
    disk.write_json(store / ORIGIN, {"evaluated_by": run, "key": folder.path.name, "written_under": written_under})
