"""What a plan says each job will cost: counts by hand, and a cost for every job of the paper's sweeps."""

import json
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from real.config import costs, preflight
from real.config.costs import cost_of, is_distributed, total_hours
from real.config.plan import plan_sweep
from real.methods.registry import method_names, method_of
from real.settings import RootCfg

CONF = Path(__file__).resolve().parents[2] / "conf"
PAIR = {
    "func_name": "f",
    "file_name": "a.py",
    "vul_type": "cwe-089",
    "func_src_before": "def f(x):\n    return eval(x)\n",
    "func_src_after": "def f(x):\n    return int(x)\n",
}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five training pairs below ``REAL_DATA``; the data sets themselves are as large as the paper's Table 1 says."""
    for name in ("sven", "safecoder"):
        for split, count in (("train", 5), ("val", 1)):
            (tmp_path / name / split).mkdir(parents=True)
            (tmp_path / name / split / "a.jsonl").write_text(f"{json.dumps(PAIR)}\n" * count)
    monkeypatch.setenv("REAL_DATA", str(tmp_path))


def small(method: str) -> RootCfg:
    """Ten tasks to learn from and four to answer, up to 100 tokens of prompt and 200 of response."""
    root = RootCfg()
    root.method.name = method
    root.dataset.train_tasks, root.dataset.test_tasks = 10, 4
    root.model.max_prompt_tokens, root.model.max_response_tokens = 100, 200
    root.model.placement.parameters = 1_000_000
    return root


@pytest.mark.parametrize(
    ("method", "answers", "updates", "learned"),
    [
        ("vanilla", (4, 4), 0, 0),
        ("prompt_eng", (8, 8), 0, 0),
        ("rejection_sampling", (4 + 4 * 8, 4 + 4 * 8), 0, 0),
        ("self_repair", (8, 4 + 4 * 4), 0, 0),
        ("promsec", (8, 4 + 4 * 41), 0, 0),  # a round: a prompt and a program
        ("codeguard_plus", (4 + 4 * 10, 4 + 4 * 20), 0, 0),
        ("sft", (8, 8), 4 * 2, 3 * 4 * 10 * 150),  # batches of 8
        ("sven", (8, 8), 5 * 5, 7 * 5 * 10 * 512),  # two samples of each of five pairs, two an update
        ("sven_lora", (8, 8), 5 * 5, 7 * 5 * 10 * 512),
        ("safecoder", (18, 18), 2 * 2, 3 * 2 * 20 * 512),  # ten utility answers are written and learned
    ],
)
def test_counts_by_hand(data: None, method: str, answers: tuple[int, int], updates: int, learned: int) -> None:
    cost = cost_of(small(method), gflops=1.0)
    assert cost is not None
    assert cost.written == (answers[0] * 100, answers[1] * 100)
    assert (cost.updates, cost.learned) == (updates, learned)
    assert cost.hours is not None
    assert cost.gpus == 0
    assert 0 < cost.hours.low <= cost.hours.high
    text = cost.describe()
    assert text.endswith(" hours here")
    assert ("updates" in text) == bool(updates)


def test_beams_and_an_endpoint_and_an_adapter(data: None) -> None:
    root = small("codeguard_plus")
    root.method.codeguard_plus.decoding = root.method.codeguard_plus.decoding.__class__.beam
    beams = cost_of(root, gflops=1.0)
    assert beams is not None
    assert beams.written == ((4 + 4 * 5) * 100, (4 + 4 * 5 * 2) * 100)
    root = small("promsec")
    root.method.promsec.endpoint = "http://localhost:8000/v1"
    inverted = cost_of(root)
    assert inverted is not None
    assert inverted.written[1] == (4 + 4 * 21) * 100
    assert inverted.hours is None  # this machine's speed was not measured
    root = small("sven")
    root.method.sven.adapter = "trained"
    loaded = cost_of(root)
    assert loaded is not None
    assert loaded.updates == 0


def test_what_is_not_known_is_not_guessed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REAL_DATA", str(tmp_path))
    assert cost_of(small("sven")) is None  # its pairs are not there
    root = small("vanilla")
    root.model.placement.parameters = 0
    tiny = cost_of(root, gflops=1.0)
    assert tiny is not None
    assert tiny.hours is None
    assert total_hours([tiny, None]) == ""


@pytest.mark.parametrize("name", ["table2_security", "table3_maintainability"])
def test_every_job_of_a_sweep_of_the_papers_size_has_a_cost(data: None, name: str) -> None:
    with initialize_config_dir(config_dir=str(CONF), version_base="1.3"):
        plan = plan_sweep(compose("config", [f"+exp={name}"], return_hydra_config=True))
    seen = set()
    for run in plan.runs:
        method = run.root.method.name
        cost = cost_of(run.root)
        assert cost is not None, run.run_id
        assert cost.hours is not None
        assert cost.hours.high > 0
        assert cost.gpus == (8 if method == "real" else 1)
        assert is_distributed(run.root) == (method == "real")
        assert bool(cost.updates) == (method in ("sft", "sven", "sven_lora", "safecoder", "real"))
        seen.add(method)
    assert seen <= set(method_names())


def test_a_plan_of_this_machine_has_the_costs(command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "measured_gflops", lambda dtype: 50.0)
    words = ("-m", "method=vanilla,rejection_sampling", "model.placement.parameters=1000000", "dataset.test_tasks=5")
    said = command(*words, "logger=none", "dry_run=true").out.splitlines()
    assert said[1].endswith("estimated cost")
    assert "writes 0.00056 M tokens; " in said[3]  # five answers of 112 tokens
    assert "writes 0.005 M tokens; " in said[4]  # and eight for each of them
    assert said[5].startswith("roughly ")
    assert said[5].endswith(" hours on this machine (estimated, unmeasured)")


def test_a_method_that_uses_no_trainer_uses_one_device() -> None:
    assert {name for name in method_names() if method_of(name).uses_trainer} == {"real"}
    root = RootCfg()
    root.method.name = "sft"
    assert costs.uses_one_device(root)
