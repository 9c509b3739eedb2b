"""The scorer behind ``python -m real.serving``: a judge that breaks costs time, not samples."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from real.datasets import DatasetCfg, load
from real.errors import InfrastructureError
from real.execution.config import ExecutionCfg
from real.io import disk
from real.judge import Judge, JudgeCfg, Judgement
from real.serving.scorer import Scorer
from real.serving.scorer_spec import ScorerSpec
from real.serving.server import ScorerServer
from real.types import Completion, Program, Reward, Task, Verdict

TASK = load(DatasetCfg(), "train").tasks[0]
PROMPT = "Write the program.\n"


CFG = JudgeCfg(execution=ExecutionCfg(workers=1))


class BrokenJudge:
    """A judge whose workers cannot be started."""

    def __init__(self) -> None:
        self.closed = False

    def score(self, tasks: Sequence[Task], completions: Sequence[Completion]) -> list[Judgement]:
        raise InfrastructureError("no worker")

    def close(self) -> None:
        self.closed = True


@pytest.fixture(scope="module")
def whole() -> Iterator[Judge]:
    with Judge(CFG) as judge:
        yield judge


def ask(*judges: BrokenJudge | Judge, record: Path | None = None) -> tuple[Scorer, dict[str, object]]:
    job = ScorerSpec(CFG)
    job.add("train", [TASK])
    made = iter(judges)
    scorer = Scorer(job, lambda: cast("Judge", next(made)), slots=1, record=record)
    label = json.dumps({"task": TASK.dataset, "id": TASK.task_id, "mode": "train", "row": 0})
    return scorer, dict(scorer.score(f"{PROMPT}```python\n{TASK.reference}\n```", PROMPT, label))


def test_a_sample_whose_judge_breaks_is_judged_by_the_next_one(whole: Judge) -> None:
    broken = BrokenJudge()
    scorer, found = ask(broken, whole)
    logs = cast("dict[str, float]", found["extra_logs"])
    assert (found["rewards"], logs["masked"]) == (1.0, 0.0)
    assert broken.closed
    counts = scorer.counts()
    assert (counts.judges_replaced, counts.masked, counts.waiting) == (1, 0, 0)  # nothing waits once it is answered


def test_a_sample_that_no_judge_can_judge_is_masked() -> None:
    scorer, found = ask(BrokenJudge(), BrokenJudge(), BrokenJudge())
    assert cast("dict[str, float]", found["extra_logs"])["masked"] == 1.0
    assert (scorer.counts().judges_replaced, scorer.counts().masked) == (2, 1)


def test_a_record_that_cannot_be_written_is_told(
    whole: Judge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, found = ask(whole, record=tmp_path / "gone" / "scored.jsonl")
    assert cast("dict[str, float]", found["extra_logs"])["masked"] == 1.0
    assert f"sample {TASK.task_id} (row 0) is masked: " in capsys.readouterr().err


LABEL = json.dumps({"task": TASK.dataset, "id": TASK.task_id, "mode": "train", "row": 3})


@pytest.mark.parametrize(
    ("query", "label", "row", "reason"),
    [
        (f"{PROMPT}x", "no label", None, "the label 'no label' lacks task, id, mode or row"),
        (f"{PROMPT}x", LABEL.replace(TASK.task_id, "gone"), 3, "there is no train task 'gone'"),
        ("something else", LABEL, 3, "the query does not contain its prompt"),
        (None, LABEL, 3, "query or prompt is no text"),
    ],
)
def test_why_a_sample_cannot_be_read_is_in_the_record_and_the_log(
    whole: Judge,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    query: str | None,
    label: str,
    row: int | None,
    reason: str,
) -> None:
    spec = ScorerSpec(CFG)
    spec.add("train", [TASK])
    scorer = Scorer(spec, lambda: whole, slots=1, record=tmp_path / "scored.jsonl")
    for _ in range(2):  # a connection that broke: the same request is recorded once
        found = scorer.score(query, PROMPT, label, request="1")
        assert cast("dict[str, float]", found["extra_logs"])["reward_error"] == 1.0
    (record,) = disk.read_lines(tmp_path / "scored.jsonl")
    assert record["row"] == row
    assert record["reward"] is None
    assert reason in str(record["masked"])
    assert capsys.readouterr().err.count(reason) == 1
    assert scorer.counts().masked == 1


def test_why_no_judge_could_judge_is_in_the_record_and_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(BrokenJudge(), BrokenJudge(), BrokenJudge(), record=tmp_path / "scored.jsonl")
    (record,) = disk.read_lines(tmp_path / "scored.jsonl")
    assert (record["masked"], record["reward"]) == ("no worker", None)
    assert "is masked: no worker" in capsys.readouterr().err


# --- the front: many callers, one sample a call, judged in batches -------------------------------------------------


class GatedJudge:
    """Judges what an answer says (``pay 0.25``); the first batch waits at a gate, so that the others pile up."""

    def __init__(self, *, fail_on: str = "", mask_once: str = "") -> None:
        self.gate = threading.Event()
        self.batches: list[list[str]] = []
        self._fail_on, self._mask_once = fail_on, mask_once

    def score(self, tasks: Sequence[Task], completions: Sequence[Completion]) -> list[Judgement]:
        texts = [completion.text for completion in completions]
        self.batches.append(texts)
        assert self.gate.wait(60)
        if self._fail_on and any(self._fail_on in text for text in texts):
            raise RuntimeError("cannot schedule new futures after shutdown")
        return [Judgement(Verdict(TASK.task_id, Program(None), (), {}), self._reward(text)) for text in texts]

    def _reward(self, text: str) -> Reward:
        if self._mask_once and self._mask_once in text:
            self._mask_once = ""
            return Reward(None, {}, masked="its worker was killed")
        value = float(text.removeprefix("pay "))
        return Reward(value, {"func_qual": value})

    def close(self) -> None:
        """Nothing to end."""


def front(make: Callable[[], GatedJudge], slots: int = 2) -> Scorer:
    spec = ScorerSpec(CFG)
    spec.add("train", [TASK])
    return Scorer(spec, lambda: cast("Judge", make()), slots=slots, batch=8)


def paid(scorer: Scorer, row: int, text: str) -> dict[str, Any]:
    label = json.dumps({"task": TASK.dataset, "id": TASK.task_id, "mode": "train", "row": row})
    return dict(scorer.score(PROMPT + text, PROMPT, label))


def ask_all(scorer: Scorer, judge: GatedJudge, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Each text in a call of its own, all waiting before the first is judged."""
    with ThreadPoolExecutor(len(texts)) as callers:
        asked = [callers.submit(paid, scorer, row, text) for row, text in enumerate(texts)]
        taken = len(scorer._threads)  # by the dispatchers, one each, at most
        wait_until(lambda: len(judge.batches) == taken and scorer.counts().waiting >= len(texts) - 8 * taken)
        judge.gate.set()
        return [one.result(timeout=60) for one in asked]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_each_caller_gets_the_answer_to_its_own_sample_and_they_are_judged_in_batches() -> None:
    judge = GatedJudge()
    scorer = front(lambda: judge)
    values = [row / 64 for row in range(32)]
    answers = ask_all(scorer, judge, [f"pay {value}" for value in values])
    assert [answer["rewards"] for answer in answers] == values
    assert sorted(text for batch in judge.batches for text in batch) == sorted(f"pay {value}" for value in values)
    assert 1 < max(map(len, judge.batches)) <= 8


def test_a_sample_that_breaks_every_judge_masks_no_other() -> None:
    """A fault of ours that one program brings about: its batch is judged by a new judge, then one by one."""
    judges: list[GatedJudge] = []

    def make() -> GatedJudge:
        judges.append(GatedJudge(fail_on="breaks"))
        if len(judges) > 1:
            judges[-1].gate.set()
        return judges[-1]

    scorer = front(make, slots=1)
    texts = ["pay 0.5", "pay 0.5", "breaks", "pay 0.5", "pay 0.5"]
    answers = ask_all(scorer, judges[0], texts)
    assert [answer["extra_logs"]["masked"] for answer in answers] == [0.0, 0.0, 1.0, 0.0, 0.0]
    assert [answer["rewards"] for answer in answers if not answer["extra_logs"]["masked"]] == [0.5] * 4


def test_a_sample_whose_worker_was_killed_is_judged_again() -> None:
    judge = GatedJudge(mask_once="0.25")
    judge.gate.set()
    scorer = front(lambda: judge)
    assert paid(scorer, 0, "pay 0.25")["rewards"] == 0.25
    assert judge.batches == [["pay 0.25"]] * 2
    assert scorer.counts().masked == 0


def test_a_caller_that_goes_away_disturbs_nobody(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    judge = GatedJudge()
    spec = ScorerSpec(CFG)
    spec.add("train", [TASK])
    record = tmp_path / "scored.jsonl"
    scorer = Scorer(spec, lambda: cast("Judge", judge), slots=1, record=record)
    server = ScorerServer(scorer, host="127.0.0.1", port=0, token="")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    body = json.dumps({"query": [f"{PROMPT}pay 0.125"], "prompts": [PROMPT], "labels": [LABEL]})
    gone = socket.create_connection(server.server_address[:2])
    gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closes with a reset
    gone.sendall(f"POST / HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    wait_until(lambda: len(judge.batches) == 1)
    gone.close()
    judge.gate.set()
    assert paid(scorer, 4, "pay 0.5")["rewards"] == 0.5
    wait_until(lambda: record.exists() and len(record.read_text().splitlines()) == 2)
    server.shutdown()
    server.server_close()
    assert [line["reward"] for line in disk.read_lines(record)] == [0.125, 0.5]
    assert "Traceback" not in capfd.readouterr().err


HOSTILE = (
    "import os\nos._exit(0)",
    "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    "while True:\n    pass",
    "x = []\nwhile True:\n    x.append(bytearray(10**7))",
    "(" * 5000,
    "\x00",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_program_in_a_batch_harms_neither_its_neighbours_nor_the_judge(whole: Judge, hostile: str) -> None:
    spec = ScorerSpec(CFG)
    spec.add("train", [TASK])
    scorer = Scorer(spec, lambda: whole, slots=1, batch=8)
    good, bad = f"```python\n{TASK.reference}\n```", f"```python\n{hostile}\n```"
    texts = [good, bad, good, bad]
    with ThreadPoolExecutor(len(texts)) as callers:
        answers = list(callers.map(lambda row: paid(scorer, row, texts[row]), range(len(texts))))
    assert [answer["extra_logs"]["masked"] for answer in answers] == [0.0] * 4
    assert [answers[0]["rewards"], answers[2]["rewards"]] == [1.0, 1.0]
    assert max(answers[1]["rewards"], answers[3]["rewards"]) < 1.0
    assert scorer.counts().judges_replaced == 0
