"""A recorded run under the other protocol: the same as running it there, without running anything."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from real.config.schema import register
from real.datasets import load
from real.errors import DataError, UsageError
from real.evaluation.metrics import build_metrics, read_run
from real.evaluation.rates import summarize
from real.evaluation.rescore import main, rescore
from real.execution import Pool
from real.judge import Judge, JudgeCfg
from real.protocols import EvaluationProtocol
from real.runs.store import RunStore
from real.settings import to_dataclass
from real.typecheck.config import Policy
from real.types import Completion, Verdict

SETTINGS = ("dataset.train_tasks=2", "dataset.test_tasks=5", "execution.workers=1")
CONF = Path(__file__).parents[2] / "conf"


def answers(reference: str) -> list[str]:
    """The reference, and four programs that the protocols see differently or alike."""
    prompted = reference.replace("input()", "input('Value: ')", 1)
    computed = reference.replace("input()", "input('Value: ' + '')", 1)
    return [reference, prompted, computed, f"print('A heading')\n{reference}", ""]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[Verdict]]]:
    """A run directory as ``real.pipeline`` leaves it, judged by ``strict``, and the verdicts of both protocols."""
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", list(SETTINGS))
    root = to_dataclass(config)
    tasks = load(root.dataset, "test").tasks
    programs = [answers(task.reference or "")[number] for number, task in enumerate(tasks)]
    completions = [
        Completion(task.task_id, f"```python\n{program}\n```" if program else "I do not know.")
        for task, program in zip(tasks, programs, strict=True)
    ]
    judged = {}
    for protocol in ("strict", "paper"):
        cfg = replace(JudgeCfg.of(root), protocol=EvaluationProtocol(protocol))
        if protocol == "paper":
            cfg = replace(cfg, typecheck=replace(root.typecheck, policy=Policy.paper))
        with Judge(cfg) as judge:
            judged[protocol] = judge.score(tasks, completions, safety=True, both=True)
    store = RunStore(tmp_path_factory.mktemp("runs") / "run-s0-12345678")
    store.path.mkdir(exist_ok=True)
    OmegaConf.save(config, store / "config.yaml")
    store.write_completions("before", completions)
    store.write_outcomes("before", judged["strict"])
    verdicts = {protocol: [verdict for verdict, _ in made] for protocol, made in judged.items()}
    store.write_metrics(
        build_metrics(
            run_id=store.path.name,
            before=summarize(verdicts["strict"]),
            after=None,
            difference={},
            steps=0,
            seconds=1.0,
            dataset=root.dataset.name,
            model="m",
            method="eval",
            reward="hybrid",
            versions={},
            seed=0,
            config_hash="12345678",
            data_hash="a+b",
        )
    )
    return store.path, verdicts


@pytest.fixture
def no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a program was run")

    monkeypatch.setattr(Pool, "run", refuse)
    monkeypatch.setattr("real.execution.pool.Worker", refuse)


@pytest.mark.usefixtures("no_sandbox")
@pytest.mark.parametrize("protocol", ["strict", "paper"])
def test_the_records_say_the_same_as_another_run(
    recorded: tuple[Path, dict[str, list[Verdict]]], tmp_path: Path, protocol: str
) -> None:
    run, verdicts = recorded
    made = rescore(run, tmp_path, protocol, "all")
    assert read_run(made).protocol == protocol
    assert read_run(made).before == summarize(verdicts[protocol])
    found = [record["function"]["outcomes"] for record in RunStore(made).read_outcomes("before")]
    assert found == [[outcome.status for outcome in verdict.outcomes] for verdict in verdicts[protocol]]


def test_the_protocols_differ_on_these_answers(recorded: tuple[Path, dict[str, list[Verdict]]]) -> None:
    _, verdicts = recorded
    statuses = {name: [[o.status for o in v.outcomes] for v in found] for name, found in verdicts.items()}
    assert statuses["strict"] != statuses["paper"]


@pytest.mark.usefixtures("no_sandbox")
def test_there_and_back_again(recorded: tuple[Path, dict[str, list[Verdict]]], tmp_path: Path) -> None:
    run, verdicts = recorded
    there = rescore(run, tmp_path / "there", "paper", "all")
    (there / "config.yaml").write_bytes((run / "config.yaml").read_bytes())
    back = rescore(there, tmp_path / "back", "strict", "all")
    assert read_run(back).before == summarize(verdicts["strict"])


def test_damaged_records_are_named(recorded: tuple[Path, dict[str, list[Verdict]]], tmp_path: Path) -> None:
    run, _ = recorded
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("config.yaml", "metrics.json", "completions_before.jsonl"):
        (copy / name).write_bytes((run / name).read_bytes())
    lines = [json.loads(line) for line in (run / "outcomes_before.jsonl").read_text().splitlines()]
    lines[1]["other_protocol"] = None
    (copy / "outcomes_before.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(DataError, match=rf"{lines[1]['task_id']} cannot be used.*other_protocol"):
        rescore(copy, tmp_path / "out", "paper", "all")


def test_the_run_itself_is_never_overwritten(recorded: tuple[Path, dict[str, list[Verdict]]]) -> None:
    run, _ = recorded
    with pytest.raises(UsageError, match="must stay"):
        rescore(run, run, "paper", "all")
    assert main([str(run.parent / "nothing"), "--out", str(run.parent / "out")]) == 3


def test_a_place_that_cannot_be_written_is_told_before_anything_is_judged(
    recorded: tuple[Path, dict[str, list[Verdict]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = recorded
    monkeypatch.setattr("real.evaluation.rescore.Judge", None)
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", Path("/proc/new")):
        with pytest.raises(UsageError, match="--out"):
            rescore(run, out, "paper", "all")
