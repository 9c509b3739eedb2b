"""The reward function as OpenRLHF calls it: never an exception, never None, never a hang, always the same keys."""

import contextlib
import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import stand_in_engine as engine
from hypothesis import given
from hypothesis import strategies as st

from real.datasets import DatasetCfg, load
from real.errors import UsageError
from real.execution.config import ExecutionCfg
from real.judge import JudgeCfg
from real.serving.__main__ import main
from real.serving.openrlhf_answer import LOG_KEYS, Unreadable, answer, read_label, response_of
from real.serving.openrlhf_reward import bind
from real.serving.running import RunningScale
from real.serving.scorer_spec import ScorerSpec

PROMPT = "<|im_start|>user\nSay ```python\nYOUR_CODE_HERE\n``` please<|im_end|>\n<|im_start|>assistant\n"
LONG = "long " * 100 + PROMPT
SPECIAL = (engine.END, "<|endoftext|>")
TASKS = load(DatasetCfg(), "train").tasks[:24]
MASKED_AT_MOST = 0.001  # of the samples, for the machine's faults


# --- reading a query ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "prompt", "expected"),
    [
        (PROMPT + "answer<|im_end|>", PROMPT, "answer"),
        (PROMPT + "answer<|im_end|>\n<|endoftext|>", PROMPT, "answer"),
        (PROMPT + 'x = "<|im_end|>"\n<|im_end|>', PROMPT, 'x = "<|im_end|>"\n'),  # its own text stays
        (PROMPT, PROMPT, ""),
        (LONG[300:] + "cut on the left", LONG, "cut on the left"),
        ("caf\u00e9 " + "x" * 300 + "yes", "cafe\u0301 " + "x" * 300, "yes"),  # the tokenizer composes characters
        (PROMPT + PROMPT + "again", PROMPT, PROMPT + "again"),  # a policy that repeats its prompt
    ],
)
def test_the_response_alone(query, prompt, expected):
    assert response_of(query, prompt, SPECIAL) == expected


@pytest.mark.parametrize(("query", "prompt"), [("other", PROMPT), (None, PROMPT), (PROMPT, None), (3, 4)])
def test_a_query_without_its_prompt_is_not_guessed(query, prompt):
    with pytest.raises(Unreadable):
        response_of(query, prompt, SPECIAL)


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_response_comes_back_but_for_its_end(prompt, response):
    found = response_of(prompt + response, prompt, SPECIAL)
    assert response.startswith(found)


@given(st.one_of(st.text(), st.none(), st.integers(), st.recursive(st.none(), st.lists).map(json.dumps)))
def test_any_label_is_read_or_refused(text):
    with contextlib.suppress(Unreadable):
        assert read_label(text).mode in ("train", "eval")


@given(st.floats(), st.dictionaries(st.sampled_from(LOG_KEYS), st.floats()))
def test_an_answer_is_finite_and_has_every_key(value, logs):
    assert engine.is_sound(answer(value if abs(value) <= 10 else 0.0, logs, seconds=0.1), LOG_KEYS)


def test_normalised_rewards_have_mean_0_and_spread_1():
    scale, rng = RunningScale(), random.Random(0)
    values = [scale.take(rng.gauss(3.0, 2.0), True) for _ in range(4000)][2000:]
    assert abs(sum(values) / len(values)) < 0.1
    assert sum(v * v for v in values) / len(values) == pytest.approx(1.0, abs=0.1)
    assert scale.neutral(True) == 0.0
    assert scale.neutral(False) == pytest.approx(3.0, abs=0.1)


# --- the whole way --------------------------------------------------------------------------------------------------


class Served:
    """A scorer process and a reward function bound to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        job = ScorerSpec(JudgeCfg(execution=ExecutionCfg(workers=2)), special=SPECIAL)  # with the deadlines of a run
        job.add("train", TASKS)
        job.add("eval", TASKS)
        job.write(folder)
        self.address = folder / "scorer.json"
        self.process = self.start()
        self.reward = bind(str(self.address))

    def start(self) -> "subprocess.Popen[bytes]":
        self.address.unlink(missing_ok=True)
        command = [sys.executable, "-m", "real.serving", "--job", str(self.folder), "--port", "0"]
        log = (self.folder / "log").open("ab")
        process = subprocess.Popen(
            [*command, "--ready", str(self.address)],
            env={**os.environ, "REAL_SCORER_TOKEN": "secret"},
            stdout=log,
            stderr=log,
        )
        deadline = time.monotonic() + 120
        while not self.address.exists():
            assert process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return process

    def ask(self, task, response: str, row: int = 0, mode: str = "train"):
        return self.reward([PROMPT + response + engine.END], [PROMPT], [engine.label_of(task, row, mode)])

    def records(self) -> list[dict]:
        path = self.folder / "scored.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("served"))
    yield made
    made.process.terminate()
    made.process.wait()


def test_a_reference_earns_everything_and_a_placeholder_in_the_prompt_nothing(served):
    good = served.ask(TASKS[0], f"```python\n{TASKS[0].reference}\n```", row=7)
    assert (good["rewards"], good["scores"]) == (1.0, 1.0)
    assert tuple(good["extra_logs"]) == LOG_KEYS
    assert good["extra_logs"]["masked"] == 0.0
    nothing = served.ask(TASKS[0], "I cannot.", row=8)
    assert nothing["rewards"] == -1.0
    assert nothing["extra_logs"]["no_program"] == 1.0
    rows = {record["row"]: record for record in served.records()}
    assert (rows[7]["reward"], rows[8]["reward"]) == (1.0, -1.0)


def test_evaluation_is_strict(served):
    """A program that leaks earns something while training, and nothing when it counts."""
    unsafe = f"```python\n{TASKS[1].unsafe}\n```"
    assert served.ask(TASKS[1], unsafe)["rewards"] == 0.5
    assert served.ask(TASKS[1], unsafe, mode="eval")["rewards"] == 0.0
    assert served.ask(TASKS[1], f"```python\n{TASKS[1].reference}\n```", mode="eval")["rewards"] == 1.0


@pytest.mark.parametrize("label", engine.BROKEN_LABELS)
def test_a_broken_label_is_a_masked_sample(served, label):
    found = served.reward([PROMPT + "x"], [PROMPT], [label])
    assert engine.is_sound(found, LOG_KEYS)
    assert (found["extra_logs"]["masked"], found["extra_logs"]["reward_error"]) == (1.0, 1.0)


def test_a_repeated_request_is_scored_once(served):
    before = len(served.records())
    body = {
        "id": "the-same", "query": [PROMPT + "x"], "prompts": [PROMPT], "labels": [engine.label_of(TASKS[2], 99)]
    }  # fmt: skip
    assert post(served, body) == post(served, body)
    assert len(served.records()) == before + 1


def post(served: Served, body: object, token: str = "secret", raw: bytes | None = None) -> object:
    url = json.loads(served.address.read_text())["url"]
    request = urllib.request.Request(
        url, raw if raw is not None else json.dumps(body).encode(), {"Authorization": f"Bearer {token}"}
    )
    return json.loads(urllib.request.urlopen(request, timeout=60).read())


@pytest.mark.parametrize(
    ("body", "token", "status"),
    [
        (b"{}", "secret", 400),
        (b"not json", "secret", 400),
        (b'{"query": ["a"], "prompts": [], "labels": []}', "secret", 400),
        (b'{"query": 1, "prompts": 2, "labels": 3}', "secret", 400),
        (b'{"query": [], "prompts": [], "labels": []}', "wrong", 401),
        (b"x" * (9 << 20), "secret", 413),
    ],
)
def test_a_bad_request_is_refused_and_the_next_one_served(served, body, token, status):
    with pytest.raises((urllib.error.HTTPError, urllib.error.URLError, ConnectionError)) as refused:
        post(served, None, token=token, raw=body)
    if isinstance(refused.value, urllib.error.HTTPError):
        assert refused.value.code == status
    assert served.ask(TASKS[0], "none")["rewards"] == -1.0


def test_the_address_file_is_private(served):
    assert served.address.stat().st_mode & 0o077 == 0


def test_several_queries_are_answered_as_lists(served):
    labels = [engine.label_of(TASKS[0], 1), engine.label_of(TASKS[0], 2)]
    found = post(served, {"query": [PROMPT, PROMPT], "prompts": [PROMPT, PROMPT], "labels": labels})
    assert found["rewards"] == [-1.0, -1.0]


def storm(reward, calls: int, threads: int, seed: int) -> tuple[list[object], list[bool], float]:
    """Answers to ``calls`` samples of every kind from ``threads`` threads, which of them nobody can read, seconds."""
    rng = random.Random(seed)
    work = []
    for row in range(calls):
        task = rng.choice(TASKS)
        label = rng.choice(engine.BROKEN_LABELS) if rng.random() < 0.03 else engine.label_of(task, row)
        query = PROMPT + engine.responses(task, rng) + engine.END
        work.append(([query if rng.random() > 0.01 else "other"], [PROMPT], [label]))
    unreadable = [query == ["other"] or label[0] in engine.BROKEN_LABELS for query, _, label in work]
    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        answers = list(pool.map(lambda item: reward(*item), work))
    return answers, unreadable, time.monotonic() - began


def masked_without_intent(answers, unreadable) -> int:
    """The samples that the machine failed."""
    pairs = zip(answers, unreadable, strict=True)
    return sum(found["extra_logs"]["masked"] == 1.0 for found, intended in pairs if not intended)


@pytest.mark.slow
def test_a_small_storm(served):
    answers, unreadable, _ = storm(served.reward, 120, 16, seed=1)
    assert all(engine.is_sound(found, LOG_KEYS) for found in answers)
    assert masked_without_intent(answers, unreadable) == 0


@pytest.mark.slow
def test_a_scorer_that_is_killed_and_started_again_loses_no_sample(tmp_path):
    made = Served(tmp_path)
    try:
        killer = threading.Timer(1.0, made.process.send_signal, [signal.SIGKILL])
        restart = threading.Timer(2.0, lambda: setattr(made, "process", made.start()))
        killer.start()
        restart.start()
        answers, unreadable, _ = storm(made.reward, 150, 8, seed=2)
        restart.join()
        assert all(engine.is_sound(found, LOG_KEYS) for found in answers)
        # What was in flight was asked again.
        assert masked_without_intent(answers, unreadable) == 0
    finally:
        made.process.terminate()
        made.process.wait()


def test_without_a_scorer_samples_are_masked_and_noted(tmp_path):
    reward = bind(str(tmp_path / "scorer.json"), deadline_s=0.3)
    began = time.monotonic()
    found = reward([PROMPT], [PROMPT], [engine.label_of(TASKS[0], 5)])
    assert time.monotonic() - began < 5
    assert engine.is_sound(found, LOG_KEYS)
    assert (found["extra_logs"]["masked"], found["rewards"]) == (1.0, 0.0)
    assert json.loads((tmp_path / "missed.jsonl").read_text())["row"] == 5


def test_the_reward_file_imports_nothing_heavy():
    code = (
        "import sys, real.serving.openrlhf_reward; print([m for m in ('torch', 'mypy', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_another_host_needs_a_token(monkeypatch, capsys):
    monkeypatch.delenv("REAL_SCORER_TOKEN", raising=False)
    assert main(["--dataset", "safesql_mini", "--host", "0.0.0.0"]) == UsageError.exit_code
    assert "no token" in capsys.readouterr().err


def test_nothing_to_serve_is_told(capsys):
    assert main([]) == 2
    assert "--dataset" in capsys.readouterr().err


needs_openrlhf = pytest.mark.skipif(
    importlib.util.find_spec("openrlhf") is None, reason="OpenRLHF is not installed here (make test-cluster has it)"
)


@needs_openrlhf
def test_by_openrlhf_s_own_executor(served):
    from openrlhf.utils.agent import SingleTurnAgentExecutor

    from real.training.openrlhf.prompt_files import write_reward

    path = served.folder / "reward_func.py"
    write_reward(path, served.address, 60.0)
    executor = SingleTurnAgentExecutor([str(path)])
    good = engine.through_openrlhf(
        executor, PROMPT, engine.label_of(TASKS[3], 1), f"```python\n{TASKS[3].reference}\n```"
    )
    assert (good["reward"], good["scores"], good["truncated"]) == (1.0, 1.0, False)
    assert tuple(good["extra_logs"]) == LOG_KEYS
    bad = engine.through_openrlhf(executor, PROMPT, "{", "```python\npass\n```")
    assert isinstance(bad["reward"], float)
    # OpenRLHF's own client of the remote format, with the token in the URL.
    url = json.loads(served.address.read_text())["url"].replace("http://", "http://real:secret@")
    remote = engine.through_openrlhf(
        SingleTurnAgentExecutor([url]),
        PROMPT,
        engine.label_of(TASKS[3], 2),
        f"```python\n{TASKS[3].reference}\n```",
    )
    assert remote["reward"] == 1.0


@pytest.mark.slow
def test_ten_thousand_calls_from_thirty_two_threads(served):
    """Hostile programs, broken labels, and sandbox workers killed all along."""
    stop = threading.Event()

    def kill_workers() -> None:
        rng = random.Random(0)
        while not stop.wait(10.0):  # a type checker takes seconds to start: more kills would measure starts only
            done = subprocess.run(["pgrep", "-P", str(served.process.pid)], capture_output=True, text=True)
            if pids := [int(pid) for pid in done.stdout.split()]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(rng.choice(pids), signal.SIGKILL)

    killer = threading.Thread(target=kill_workers)
    killer.start()
    try:
        answers, unreadable, seconds = storm(served.reward, 10_000, 32, seed=3)
    finally:
        stop.set()
        killer.join()
    assert len(answers) == 10_000
    assert all(engine.is_sound(found, LOG_KEYS) for found in answers)
    failed = masked_without_intent(answers, unreadable)
    rate = len(answers) / seconds
    print(
        f"\n10,000 calls in {seconds:.0f} s: {rate:.0f} a second, {failed} masked beside {sum(unreadable)} unreadable"
    )
    assert failed <= MASKED_AT_MOST * len(answers)
