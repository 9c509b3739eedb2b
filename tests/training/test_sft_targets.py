"""``method=sft`` learns made targets where it is given a file of them, and references elsewhere."""

import json
from types import SimpleNamespace

import pytest

from real.datasets import load
from real.datasets.config import DatasetCfg
from real.errors import DataError
from real.methods import sft
from real.methods.config import SftCfg
from real.policy.config import LoraCfg


class Words:
    """A tokenizer of characters."""

    eos_token_id = 0

    def __call__(self, text):
        return {"input_ids": [ord(mark) for mark in text]}


@pytest.fixture
def learn(monkeypatch, tmp_path):
    """Run the method on three tasks; returns what would be trained on, as text by prompt."""
    tasks = load(DatasetCfg(), "train").tasks[:3]
    seen = []
    monkeypatch.setattr(sft, "encode_prompt", lambda words, task: [ord(mark) for mark in task.task_id])
    monkeypatch.setattr("real.policy.sft.train_sft", lambda model, examples, *rest, **more: seen.extend(examples) or 1)

    def run(lines=None):
        path = None
        if lines is not None:
            path = tmp_path / "targets.jsonl"
            path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        cfg = SimpleNamespace(
            method=SimpleNamespace(sft=SftCfg(targets=None if path is None else str(path))),
            dataset=SimpleNamespace(name="safesql_mini"),
            model=SimpleNamespace(lora=LoraCfg()),
            seed=0,
        )
        policy = SimpleNamespace(tokenizer=Words(), model=SimpleNamespace(config=SimpleNamespace()))
        store = SimpleNamespace(path=tmp_path)
        sft.METHOD.run(SimpleNamespace(cfg=cfg, train=tasks, policy=policy, checkpoint=tmp_path / "c.pt", store=store))
        assert all(example.response[-1] == 0 for example in seen)
        return {"".join(map(chr, e.prompt)): "".join(map(chr, e.response[:-1])) for e in seen}

    return tasks, run


def test_references_are_learned_without_a_file(learn):
    tasks, run = learn
    assert run() == {task.task_id: f"```python\n{task.reference}\n```" for task in tasks}


def test_targets_are_learned_as_they_are_and_tasks_without_one_are_left_out(learn):
    tasks, run = learn
    lines = [
        {"task_id": tasks[1].task_id, "response": "Because.\n```python\npass\n```", "made_by": "completion 0"},
        {"task_id": tasks[2].task_id, "response": None, "reason": "nothing passed"},
        {"task_id": "of another split", "response": "x"},
    ]
    assert run(lines) == {tasks[1].task_id: "Because.\n```python\npass\n```"}


def test_targets_of_other_tasks_only_are_one_message(learn):
    _, run = learn
    with pytest.raises(DataError, match="none for a training task of safesql_mini"):
        run([{"task_id": "elsewhere", "response": "x"}])
