"""The interface for scripts: order kept, bad lines answered, nothing lost."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_pool import wait_until_gone
from workers import REACHED

from real.execution import Pool, jsonl
from real.execution.jsonl import BadLineError, lines_of, parse, serve
from real.types import CallCase, CallSuite, Limits, ScriptSuite, StdinCase

ROOT = Path(__file__).parents[2]


def answers(pool: Pool, lines: list[bytes]) -> list[dict[str, object]]:
    return [json.loads(answer) for answer in serve(lines, pool)]


def line(**fields: object) -> bytes:
    job = {"id": 1, "code": "print(input())", "cases": [{"stdin": "a\n", "expected": "a"}], **fields}
    return json.dumps(job).encode()


def test_both_modes(pool: Pool) -> None:
    code = "def solve(a, b=1): return [a, b]"
    cases = [{"args": [1], "kwargs": {"b": 2}, "expected": [1, 2]}, {"args": [[3]], "expected": 3}]
    script, call = answers(pool, [line(), line(id="x", code=code, mode="call", entry="solve", cases=cases)])
    assert list(script) == ["id", "status", "passed", "total", "isolation", "outcomes"]
    assert (script["id"], script["status"], script["passed"], script["total"]) == (1, "pass", 1, 1)
    assert script["isolation"] == pool.isolation
    assert list(script["outcomes"][0]) == ["status", "seconds", "output"]
    assert (call["id"], call["status"], call["passed"], call["total"]) == ("x", "wrong", 1, 2)
    assert [outcome["output"] for outcome in call["outcomes"]] == ["[1, 2]", "[[3], 1]"]


def nested(levels: int) -> bytes:
    brackets = b"[" * levels + b"]" * levels
    return (
        b'{"id": 1, "mode": "call", "entry": "f", "code": "", "cases": [{"args": [' + brackets + b'], "expected": 1}]}'
    )


BAD = [
    (b"nonsense", "not JSON"),
    (b"[1]", "not a JSON object"),
    (b"\xff\xfe", "not JSON"),
    (b"[" * 100_000, "not JSON"),
    (b'{"code": ""}', "'id' is missing"),
    (line(code=None), "'code' must be text"),
    (line(cases=[]), "'cases' must be"),
    (line(cases=[1]), "'cases' must be"),
    (line(cases=[{"stdin": "a"}]), "needs 'expected'"),
    (line(cases=[{"stdin": 1, "expected": ""}]), "needs 'expected'"),
    (line(mode="compile"), "'mode' must be"),
    (line(mode="call"), "'entry' must name"),
    (line(mode="call", entry="f", cases=[{"args": 1, "expected": 1}]), "takes 'args', a list"),
    (line(mode="call", entry="f", cases=[{"args": []}]), "needs 'expected'"),
    (line(cpu_s=0), "'cpu_s' must be a number above 0"),
    (line(cpu_s=True), "'cpu_s' must be a number above 0"),
    (line(memory_mb="1"), "'memory_mb' must be a number"),
    (nested(300), "nested more than 250 levels"),
    (nested(900), "nested more than 250 levels"),
    (b'{"id": 1, "cpu_s": NaN, "code": "", "cases": [{"expected": ""}]}', "'cpu_s' must be a number"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD, ids=range(len(BAD)))
def test_a_bad_line_is_answered_and_the_next_is_served(pool: Pool, bad: bytes, reason: str) -> None:
    refused, served = answers(pool, [bad, b"\n", line(id=2)])
    assert (refused["status"], refused["passed"], refused["total"], refused["outcomes"]) == ("error", 0, 0, [])
    assert reason in str(refused["reason"])
    assert (served["id"], served["status"]) == (2, "pass")


def test_a_byte_order_mark_is_no_error(pool: Pool) -> None:
    assert [answer["status"] for answer in answers(pool, [b"\xef\xbb\xbf" + line()])] == ["pass"]


def test_a_line_without_end_is_refused_and_the_next_is_served(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "_LONGEST_LINE", 2000)
    monkeypatch.setattr(jsonl, "_SKIPPED", 1000)
    lines = list(lines_of(io.BytesIO(b"[" * 50_000 + b"\n" + line(id=2) + b"\n" + b"[" * 5000)))
    assert [len(kept) for kept in lines] == [2001, len(line(id=2)) + 1, 2001]
    refused, served, last = answers(pool, lines)
    assert (refused["status"], served["id"], served["status"]) == ("error", 2, "pass")
    assert "longer than" in str(refused["reason"])
    assert "longer than" in str(last["reason"])


def test_bad_programs_are_data_not_errors(pool: Pool) -> None:
    programs = ["print('\0')", "print('\ud800')", "(" * 10_000, "#" * 10_000_000, "raise SystemExit(1)"]
    found = answers(pool, [line(id=number, code=code) for number, code in enumerate(programs)])
    assert [answer["id"] for answer in found] == list(range(len(programs)))
    assert [answer["status"] for answer in found] == ["compile_error"] * 4 + ["error"]


def test_defaults_and_types() -> None:
    job = parse({"id": 1, "code": "", "cases": [{"expected": ""}]}, "1")
    assert (job.suite, job.limits) == (ScriptSuite((StdinCase("", ""),)), Limits())
    call = {
        "id": 1,
        "code": "",
        "mode": "call",
        "entry": "f",
        "cases": [{"expected": None}],
        "cpu_s": 1,
        "memory_mb": 9.5,
    }
    job = parse(call, "1")
    assert (job.suite, job.limits) == (CallSuite("f", (CallCase(None),)), Limits(cpu_s=1.0, memory_mb=10))
    with pytest.raises(BadLineError):
        parse({}, "1")


def test_lines_are_read_only_as_answers_are_taken(pool: Pool) -> None:
    """A reader of answers that stops must not make this process read, and keep, a stream without end."""
    read = []

    def endless() -> object:
        while True:
            read.append(1)
            yield line()

    stream = serve(endless(), pool)
    next(stream)
    time.sleep(0.5)
    stopped = len(read)
    time.sleep(0.5)
    assert len(read) == stopped < 100


def command(*arguments: str) -> subprocess.Popen[bytes]:
    call = [sys.executable, "-m", "real.execution", "--jsonl", "--level", REACHED[0], "--workers", "1", *arguments]
    return subprocess.Popen(call, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_the_command_answers_at_once_and_ends_with_its_input() -> None:
    with command() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(3):  # each answer comes before the next line is sent
            process.stdin.write(line(id=number) + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait(30) == 0
        assert wait_until_gone(process.pid) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_command_ends_cleanly_when_told_to(number: signal.Signals, code: int) -> None:
    with command() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line() + b"\n" + line(code="while True: pass", cpu_s=100) + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["status"] == "pass"
        process.send_signal(number)
        assert process.wait(30) == code
        assert wait_until_gone(process.pid) == []


def test_serving_from_a_file_like_object(pool: Pool) -> None:
    assert [json.loads(answer)["id"] for answer in serve(io.BytesIO(line(id=7) + b"\n" + line(id=8)), pool)] == [7, 8]
