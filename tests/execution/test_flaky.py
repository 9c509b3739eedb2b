"""Programs whose tests come out differently: found by a second run, decided by one alone, and never by a lost run."""

from __future__ import annotations

from real.execution import Pool
from real.execution.flaky import run_flaky_alone
from real.types import ExecutionRequest, ExecutionResult, OutcomeStatus, ScriptSuite, StdinCase, TestOutcome

SUITE = ScriptSuite((StdinCase("", "a"), StdinCase("", "b")))
PASS, WRONG, TIMEOUT, LOST = (OutcomeStatus(name) for name in ("pass", "wrong", "timeout", "infra_error"))


class Scripted:
    """A backend that answers from a script: the statuses of each run of each request."""

    def __init__(self, runs):
        self.runs, self.calls = runs, []

    def run(self, requests, protocol="strict"):
        self.calls.append([(request.request_id, request.repeat) for request in requests])
        return [result(request.request_id, self.runs[request.request_id][request.repeat]) for request in requests]


def result(name, statuses):
    return ExecutionResult(name, tuple(TestOutcome(status) for status in statuses), "strong")


def settled(runs):
    pool = Scripted(runs)
    requests = [ExecutionRequest(name, "code", SUITE) for name in runs]
    first = {name: result(name, statuses[0]) for name, statuses in runs.items()}
    return run_flaky_alone(pool, "strict", requests, first), pool.calls


def test_programs_that_differ_are_run_alone_and_that_run_counts() -> None:
    found, calls = settled(
        {
            "steady": [(PASS, WRONG), (PASS, WRONG)],
            "lucky": [(PASS, PASS), (PASS, WRONG), (PASS, WRONG)],
            "unlucky": [(PASS, WRONG), (PASS, PASS), (PASS, PASS)],
        }
    )
    assert {name: [o.status for o in one.outcomes] for name, one in found.items()} == {
        "lucky": [PASS, WRONG],
        "unlucky": [PASS, PASS],
    }
    together, *alone = calls
    assert [name for name, _ in together] == ["steady", "lucky", "unlucky"]
    assert alone == [[("lucky", 2)], [("unlucky", 2)]]


def test_what_ran_out_of_time_is_not_repeated() -> None:
    assert settled({"endless": [(TIMEOUT, TIMEOUT)]}) == ({}, [])
    assert settled({"slow": [(PASS, TIMEOUT)]}) == ({}, [])


def test_a_run_that_the_machine_lost_says_nothing_of_the_program() -> None:
    assert settled({"a": [(PASS, PASS), (LOST, LOST)]})[0] == {}
    assert settled({"a": [(LOST, LOST)]}) == ({}, [])
    found, _ = settled({"a": [(PASS, PASS), (PASS, WRONG), (LOST, LOST)]})
    assert [o.status for o in found["a"].outcomes] == [PASS, PASS]


def test_a_repeated_run_is_not_taken_from_memory() -> None:
    code = "import os\nprint(os.urandom(16).hex())\n"
    suite = ScriptSuite((StdinCase("", "x"),))
    with Pool(1) as pool:
        runs = [ExecutionRequest("r", code, suite, repeat=repeat) for repeat in (0, 0, 1)]
        printed = [pool.run([one])[0].outcomes[0].output for one in runs]
    assert printed[0] == printed[1] != printed[2]
