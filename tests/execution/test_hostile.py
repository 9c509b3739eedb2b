"""Hostile programs: none scores at any level, none leaves a process or a file, and the worker serves on."""

from __future__ import annotations

from pathlib import Path

import corpus
import pytest
from workers import REACHED, survivors

from real.execution import Pool
from real.types import CallCase, CallSuite, Job, Limits, LiteralCase, LiteralSuite, ScriptSuite, StdinCase

SECRET = "tulip-4711"
LIMITS = Limits(cpu_s=0.3, memory_mb=128, output_kb=64, file_mb=1)


def started(pool: Pool) -> list[int]:
    """Start every worker of a pool of two, and name them."""
    wait = Job("wait", "import time; time.sleep(0.3)", ScriptSuite((StdinCase("", ""),)))
    pool.run([wait, wait])
    return pool.worker_pids()


def files_of(pool: Pool) -> list[Path]:
    """What the pool's folders hold that a program could have left."""
    return [name for folder in pool.folders() for name in Path(folder).iterdir()]


@pytest.mark.parametrize("level", REACHED)
def test_no_hostile_script_scores_or_leaves_anything(level: str) -> None:
    suite = ScriptSuite((StdinCase("", SECRET),))
    jobs = [Job(name, code, suite, LIMITS) for name, code in corpus.EVERYWHERE.items()]
    jobs.append(Job("honest", f"print('{SECRET}')", suite, LIMITS))
    with Pool(2, level=level) as pool:
        before = started(pool)
        results = pool.run(jobs)
        assert pool.worker_pids() == before
        assert files_of(pool) == []
    found = {result.job_id: result.outcomes[0] for result in results}
    assert found.pop("honest").status == "pass"
    assert {name: outcome.status for name, outcome in found.items() if outcome.status in ("pass", "infra_error")} == {}
    assert survivors() == []


@pytest.mark.parametrize("level", [level for level in REACHED if level != "weak"])
def test_what_a_level_forbids_fails(level: str) -> None:
    suite = ScriptSuite((StdinCase("", SECRET),))
    jobs = [Job(name, code, suite, LIMITS) for name, code in corpus.FORBIDDEN.items()]
    with Pool(2, level=level) as pool:
        before = started(pool)
        results = pool.run(jobs)
        assert pool.worker_pids() == before
        assert files_of(pool) == []
    assert [result.job_id for result in results if "escaped" in result.outcomes[0].output] == []
    assert [result.job_id for result in results if result.outcomes[0].status in ("pass", "infra_error")] == []
    assert survivors() == []


@pytest.mark.parametrize("name", corpus.CALLS)
def test_no_call_cheat_scores(pool: Pool, name: str) -> None:
    call = CallSuite("f", (CallCase(SECRET, (1,)),))
    literal = LiteralSuite("f", (LiteralCase("(1,)", repr(SECRET)), LiteralCase("(2,)", "KeyError")))
    for result in pool.run(
        [Job("call", corpus.CALLS[name], call, LIMITS), Job("literal", corpus.CALLS[name], literal, LIMITS)]
    ):
        assert {outcome.status.value for outcome in result.outcomes} & {"pass", "infra_error"} == set(), result


def test_allowed_processes_work_and_none_survives(any_pool: Pool) -> None:
    program = (
        "import os, subprocess, time\n"
        "print(subprocess.run(['/bin/echo', 'hi'], capture_output=True).stdout, flush=True)\n"
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(1000)\n"
    )
    suite = ScriptSuite((StdinCase("", "b'hi\\n'"),))
    before = set(survivors())
    (result,) = any_pool.run([Job("job", program, suite, Limits(processes=8))])
    assert result.outcomes[0].status == "pass", result
    assert set(survivors()) == before
