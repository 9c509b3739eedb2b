"""Each verdict is come to once, by whichever thread is first, and a failure of the machine is nobody else's."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import Future

import pytest

from real import verdict_cache
from real.errors import InfrastructureError
from real.types import Program, Verdict
from real.verdict_cache import VerdictCache


def verdict(key: str, reason: str = "") -> Verdict:
    return Verdict(key, Program(None, reason), (), {})


def verdicts(keys: Iterable[str]) -> dict[str, Verdict]:
    return {key: verdict(key) for key in keys}


def test_what_is_known_is_not_judged_again() -> None:
    cache, asked = VerdictCache(lambda _: True), []

    def judge(items: dict[str, int]) -> dict[str, Verdict]:
        asked.append(sorted(items))
        return verdicts(items)

    assert cache.get({"a": 1, "b": 2}, judge) == verdicts("ab")
    assert cache.get({"b": 2, "c": 3}, judge) == verdicts("bc")
    assert cache.get({}, judge) == {}
    assert asked == [["a", "b"], ["c"]]


def test_two_threads_with_the_same_program_judge_it_once() -> None:
    cache, asked, found = VerdictCache(lambda _: True), [], []
    second_is_done = threading.Event()

    def in_a_second_thread() -> None:
        found.append(cache.get({"b": 1, "a": 1}, judge))
        second_is_done.set()

    second = threading.Thread(target=in_a_second_thread)

    def judge(items: dict[str, int]) -> dict[str, Verdict]:
        asked.append(sorted(items))
        if items.keys() == {"a"}:
            second.start()
            second_is_done.wait(0.3)  # it would be, if it did not wait for this thread
        return verdicts(items)

    assert cache.get({"a": 1}, judge) == verdicts("a")
    second.join()
    assert found == [verdicts("ab")]
    assert asked == [["a"], ["b"]]


@pytest.mark.parametrize("breaks", [True, False])
def test_a_failure_of_the_machine_is_shared_with_no_other_thread(breaks: bool) -> None:
    cache = VerdictCache(lambda made: made.program.reason != "failed")
    found: list[dict[str, Verdict]] = []
    second = threading.Thread(target=lambda: found.append(cache.get({"a": 1}, verdicts)))

    def judge(items: dict[str, int]) -> dict[str, Verdict]:
        second.start()
        if breaks:
            raise InfrastructureError("no worker")
        return {key: verdict(key, "failed") for key in items}

    if breaks:
        with pytest.raises(InfrastructureError):
            cache.get({"a": 1}, judge)
    else:
        assert cache.get({"a": 1}, judge) == {"a": verdict("a", "failed")}
    second.join()
    assert found == [verdicts("a")]
    assert cache.get({"a": 1}, judge) == verdicts("a")  # and what came after the failure is known


def test_after_a_failure_those_who_waited_do_not_queue_up(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = VerdictCache(lambda made: made.program.reason != "failed")
    waiting, together = threading.Semaphore(0), threading.Barrier(2)
    settled, found = verdict_cache._settled, []

    def counted(future: Future[Verdict]) -> Verdict | None:
        waiting.release()
        return settled(future)

    monkeypatch.setattr(verdict_cache, "_settled", counted)

    def of_those_who_waited(items: dict[str, int]) -> dict[str, Verdict]:
        together.wait(60)  # broken where one waits for the other
        return {key: verdict(key, "failed") for key in items}

    others = [threading.Thread(target=lambda: found.append(cache.get({"a": 1}, of_those_who_waited))) for _ in range(2)]

    def judge(items: dict[str, int]) -> dict[str, Verdict]:
        for other in others:
            other.start()
            waiting.acquire()
        return {key: verdict(key, "failed") for key in items}

    cache.get({"a": 1}, judge)
    for other in others:
        other.join()
    assert found == [{"a": verdict("a", "failed")}] * 2
