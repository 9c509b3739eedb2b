"""Rewards of a rollout: scored while others are written, in the order of the prompts, and every answer on the disk."""

import threading
from types import SimpleNamespace

import pytest

from real.errors import InfrastructureError
from real.generation import Response
from real.io import disk
from real.judge import Judgement
from real.rewards import CreditMode
from real.training.local import rollout_log
from real.training.local.credit import token_blame
from real.training.local.rollout_scores import RolloutScorer
from real.types import Check, Credit, Message, Program, Reward, ScriptSuite, Task, Verdict

TASKS = [Task(f"t{n}", "d", "train", (Message("user", "?"),), ScriptSuite(()), (Check.SECURITY,)) for n in range(4)]
RESPONSES = [Response((n + 1,) * (n + 1), True) for n in range(4)]
# A token is the letter of its number: token 2 is "b".
POLICY = SimpleNamespace(
    tokenizer=SimpleNamespace(decode=lambda tokens, skip_special_tokens: "".join(chr(96 + t) for t in tokens))
)


class Judge:
    """Scores an answer by its length; ``before`` is called with every batch."""

    def __init__(self, before=lambda tasks: None, masked=(), limit=1.0, credit=CreditMode.none):
        self.cfg = SimpleNamespace(reward=SimpleNamespace(max_masked=limit, variant="hybrid", credit=credit))
        self.before, self.masked, self.batches = before, masked, []

    def blamed(self, text):
        return (Credit(1, 3, 0.5),) if self.cfg.reward.credit != CreditMode.none and len(text) > 3 else ()

    def patience_s(self, tasks):
        return 600.0

    def score(self, tasks, completions):
        self.batches.append([task.task_id for task in tasks])
        self.before(tasks)
        return [
            Judgement(
                Verdict(task.task_id, Program(made.text)),
                Reward(None, {}, "sandbox: gone")
                if task.task_id in self.masked
                else Reward(float(len(made.text)), {"r_function": 1.0}, credit=self.blamed(made.text)),
            )
            for task, made in zip(tasks, completions, strict=True)
        ]


def test_answers_are_scored_while_others_are_written():
    """The judge has had the first answer before the last one is there."""
    seen = threading.Event()
    judge = Judge(before=lambda tasks: seen.set())
    scorer = RolloutScorer(judge, POLICY, TASKS)
    scorer.on_finished(3, RESPONSES[3])
    assert seen.wait(timeout=60)
    for row in (1, 0, 2):
        scorer.on_finished(row, RESPONSES[row])
    assert scorer.finish(RESPONSES).scores == [1.0, 2.0, 3.0, 4.0]
    assert judge.batches[0] == ["t3"]
    assert sorted(task for batch in judge.batches for task in batch) == ["t0", "t1", "t2", "t3"]


def test_what_waits_for_the_judge_is_one_batch():
    release = threading.Event()
    judge = Judge(before=lambda tasks: release.wait(timeout=60))
    scorer = RolloutScorer(judge, POLICY, TASKS)
    for row in range(4):
        scorer.on_finished(row, RESPONSES[row])
    release.set()
    scorer.finish(RESPONSES)
    assert len(judge.batches) <= 2


def test_the_order_of_finishing_changes_nothing():
    def result(order):
        scorer = RolloutScorer(Judge(masked={"t2"}), POLICY, TASKS)
        for row in order:
            scorer.on_finished(row, RESPONSES[row])
        return scorer.finish(RESPONSES)

    assert result([0, 1, 2, 3]) == result([3, 2, 1, 0]) == result([])
    assert result([]).scores == [1.0, 2.0, None, 4.0]


def test_an_error_of_the_judge_reaches_the_training():
    def fail(tasks):
        raise InfrastructureError("the sandbox is gone")

    with pytest.raises(InfrastructureError, match="the sandbox is gone"):
        RolloutScorer(Judge(before=fail), POLICY, TASKS).finish(RESPONSES)


def test_a_judge_that_hangs_ends_the_run_by_its_own_deadlines():
    """The clock is the judge's: how long it may take is what it says, here no time at all."""
    hang, began = threading.Event(), threading.Event()

    def wait_for_ever(tasks):
        began.set()
        hang.wait()

    judge = Judge(before=wait_for_ever)
    judge.patience_s = lambda tasks: 0.0
    scorer = RolloutScorer(judge, POLICY, TASKS)
    scorer.on_finished(0, RESPONSES[0])
    assert began.wait(timeout=60)
    try:
        with pytest.raises(InfrastructureError, match="of 4 answers 0 were scored"):
            scorer.finish(RESPONSES)
        assert all(thread.daemon for thread in threading.enumerate() if thread.name == "rewards")
    finally:
        hang.set()


def test_the_thread_of_a_rollout_ends_with_it():
    others = set(threading.enumerate())  # of tests whose judge never answers
    RolloutScorer(Judge(), POLICY, TASKS).finish(RESPONSES)
    for thread in [thread for thread in threading.enumerate() if thread.name == "rewards" and thread not in others]:
        thread.join(timeout=60)
        assert not thread.is_alive()


def test_too_many_masked_samples_stop_the_run_after_they_were_kept():
    kept = []
    scorer = RolloutScorer(Judge(masked={"t1", "t2"}, limit=0.4), POLICY, TASKS, kept.append)
    with pytest.raises(InfrastructureError, match="50% of a rollout could not be scored"):
        scorer.finish(RESPONSES)
    assert len(kept[0]) == 4


def test_blame_of_characters_lands_on_their_tokens_but_the_first():
    tokens, text = (1, 2, 3, 4), "abcd"
    assert token_blame(POLICY, tokens, text, [Credit(1, 3, 0.5), Credit(3, 4, 1.0)]) == [0.0, 0.5, 0.5, 1.0]
    assert token_blame(POLICY, tokens, text, [Credit(0, 2, 0.5)]) == [0.0, 0.5, 0.0, 0.0]
    assert token_blame(POLICY, tokens, text, [Credit(9, 10, 1.0)]) == [0.0] * 4


def test_a_rollout_has_the_blame_of_its_rows_and_the_control_has_it_elsewhere():
    def blame(credit, seed="0/0"):
        return RolloutScorer(Judge(credit=credit), POLICY, TASKS, seed=seed).finish(RESPONSES).blame

    assert blame(CreditMode.none) == {}
    assert blame(CreditMode.trace) == {3: [0.0, 0.5, 0.5, 0.0]}
    drawn = [blame(CreditMode.random, f"0/{step}")[3] for step in range(20)]
    assert drawn[0] == blame(CreditMode.random, "0/0")[3]
    assert all(sorted(row) == [0.0, 0.0, 0.5, 0.5] and row[0] == 0.0 for row in drawn)
    assert len(set(map(tuple, drawn))) == 3


def test_every_answer_is_kept_and_those_after_a_checkpoint_are_dropped(tmp_path):
    path = tmp_path / rollout_log.FILE
    for step in (1, 2, 3):
        kept = []
        RolloutScorer(Judge(masked={"t0"}), POLICY, TASKS, kept.append).finish(RESPONSES)
        rollout_log.append(path, step, kept[0])
    with path.open("a") as file:
        file.write('{"step": 2, "torn')
    rollout_log.rewind(path, 2)
    records = disk.read_lines(path)
    assert [record["step"] for record in records] == [1] * 4 + [2] * 4
    assert records[0]["masked"] == "sandbox: gone"
    assert records[1] == {
        "step": 1, "task_id": "t1", "completion": "bb", "finished": True, "reward": 2.0,
        "components": {"r_function": 1.0},
    }  # fmt: skip
    RolloutScorer(Judge(credit=CreditMode.trace), POLICY, TASKS, kept.append).finish(RESPONSES)
    rollout_log.append(path, 3, kept[-1])
    assert [record.get("credit") for record in disk.read_lines(path)[-4:]] == [None, None, None, [[1, 3, 0.5]]]
    rollout_log.rewind(path, 0)
    assert path.read_bytes() == b""
    rollout_log.rewind(tmp_path / "absent.jsonl", 0)
