"""Crashes of MyPy, hung children and killed workers cost at most the guilty program."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from real.errors import InfrastructureError
from real.typecheck import Checker
from real.typecheck.forked_checker import ForkedChecker
from real.typecheck.program_checker import Checked
from real.typecheck.submission import Submission
from real.typecheck.worker_process import WorkerDiedError, WorkerProcess
from real.types import Analysis, AnalysisStatus, Finding

CLEAN, FINDINGS, ERROR = AnalysisStatus.CLEAN, AnalysisStatus.FINDINGS, AnalysisStatus.ERROR
UNANALYZABLE = AnalysisStatus.UNANALYZABLE


class ScriptedChecker:
    """Stands in for MyPy: a program's first word says what happens to it."""

    def __init__(self) -> None:
        self._not_ours = {
            int(name.name) for name in Path("/proc/self/fd").iterdir()
        }  # pytest's own channels are among them

    def check(self, submission: Submission) -> Checked:
        word = submission.code.split()[0]
        if word == "hang":
            time.sleep(60)
        if word == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "leave":
            raise SystemExit(2)
        if word == "assert":  # how MyPy reports an internal error
            try:
                raise AssertionError("at the end\nof a long story")
            except AssertionError:
                raise SystemExit(2)  # noqa: B904
        if word == "nonsense":
            for end in set(range(3, 256)) - self._not_ours:
                with contextlib.suppress(OSError):
                    os.write(end, b"\0\0\0\1?")
        if word == "crash":
            raise KeyError("inside MyPy")
        if word == "flood":
            os.write(1, b"noise")
        found = (Finding("mypy:misc", 1, "wrong"),) if word == "wrong" else ()
        return Checked(Analysis(FINDINGS if found else CLEAN, found), reusable=word != "last")


def statuses(*programs: str, deadline_s: float = 20.0) -> list[tuple[AnalysisStatus, str]]:
    forked = ForkedChecker(ScriptedChecker(), deadline_s=deadline_s)
    with contextlib.closing(forked):
        return [(a.status, a.reason) for a in forked.check([Submission(program) for program in programs])]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("die", "the type checker died (SIGKILL)"),
        ("leave", "the type checker crashed (internal error of MyPy)"),
        ("assert", "the type checker crashed (AssertionError: at the end)"),
        ("nonsense", "the type checker's answer cannot be read (Expecting value: line 1 column 1 (char 0))"),
        ("crash", "the type checker crashed (KeyError: 'inside MyPy')"),
    ],
)
def test_a_crash_is_the_programs_and_concerns_it_alone(word: str, reason: str) -> None:
    found = statuses("wrong = 1", f"{word} = 1", "fine = 1", f"{word} = 2", "wrong = 2")
    assert found == [(FINDINGS, ""), (UNANALYZABLE, reason), (CLEAN, ""), (UNANALYZABLE, reason), (FINDINGS, "")]


def test_a_hanging_program_is_killed() -> None:
    found = statuses("wrong = 1", "hang = 1", "wrong = 2", deadline_s=0.5)
    assert found == [(FINDINGS, ""), (UNANALYZABLE, "no verdict after 0.5 seconds"), (FINDINGS, "")]


def test_an_analyst_that_must_not_be_reused_is_not() -> None:
    assert statuses("last = 1", "wrong = 1", "last = 2", "wrong = 2") == [(CLEAN, ""), (FINDINGS, "")] * 2


def test_single_programs_share_a_child_and_no_child_lives_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("real.typecheck.forked_checker.PROGRAMS_PER_CHILD", 3)
    real_fork, forks = os.fork, []
    monkeypatch.setattr(os, "fork", lambda: forks.append(None) or real_fork())
    with contextlib.closing(ForkedChecker(ScriptedChecker())) as forked:
        for number in range(7):
            (analysis,) = forked.check([Submission(f"wrong = {number}")])
            assert analysis.status is FINDINGS
    assert len(forks) == 3


def test_what_mypy_prints_does_not_disturb_the_protocol() -> None:
    assert statuses("flood = 1", "wrong = 1") == [(CLEAN, ""), (FINDINGS, "")]


def test_no_children_are_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    real_fork, children = os.fork, []

    def fork() -> int:
        pid = real_fork()
        children.append(pid)
        return pid

    monkeypatch.setattr(os, "fork", fork)
    statuses("die = 1", "fine = 1", "hang = 1", deadline_s=0.2)
    assert len(children) >= 4
    for pid in children:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


class Broken:
    """A type checker that fails on every program, as one without memory does."""

    def check(self, submission: Submission) -> Checked:
        raise MemoryError


def test_what_a_harmless_program_suffers_too_is_an_error() -> None:
    with contextlib.closing(ForkedChecker(Broken())) as forked:
        (analysis,) = forked.check([Submission("wrong = 1")])
    reason = "the type checker crashed (MemoryError), and so on a program without anything in it"
    assert analysis == Analysis(ERROR, reason=reason)


def test_a_failure_that_does_not_repeat_is_forgotten(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Once:
        def check(self, submission: Submission) -> Checked:
            if not (tmp_path / "failed").exists():
                (tmp_path / "failed").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return Checked(Analysis(CLEAN))

    with contextlib.closing(ForkedChecker(Once())) as forked:
        assert list(forked.check([Submission("fine = 1")])) == [Analysis(CLEAN)]


def test_two_workers_can_start_at_the_same_time() -> None:
    """MyPy's cache database used to be opened by both: one start in six ended on its lock."""
    with Checker(workers=3) as checker:
        assert [a.status for a in checker.check([f"x = {n}\n" for n in range(9)])] == [CLEAN] * 9


def test_a_killed_worker_is_replaced_and_the_results_are_right(checker: Checker) -> None:
    # Programs that take MyPy long enough to be caught in the middle of the batch.
    body = "".join(f"def f{n}(a: int) -> int:\n    return a + {n}\n" for n in range(300))
    programs = [f"{body}x: int = {repr('a') if n % 2 else n}\n" for n in range(12)]
    checker.check(["x = 1\n"])
    (victim,) = checker.worker_pids()
    killer = threading.Timer(0.1, os.kill, (victim, signal.SIGKILL))
    killer.start()
    analyses = checker.check(programs)
    killer.join()
    assert checker.worker_pids() != [victim]
    assert [a.status for a in analyses] == [FINDINGS if n % 2 else CLEAN for n in range(12)]


def test_a_hanging_worker_is_replaced(checker: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("real.typecheck.worker_process.FRAME_DEADLINE_S", 4.0)
    (victim,) = checker.worker_pids()
    checker.check(["x = 1\n"])
    os.kill(victim, signal.SIGSTOP)
    assert [a.status for a in checker.check(["x: int = 'a'\n", "y = 1\n"])] == [FINDINGS, CLEAN]
    assert checker.worker_pids() != [victim]


def test_a_program_that_kills_its_workers_is_unanalyzable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool with scripted workers: ``bad`` takes the worker down with it, whichever that is."""

    class ScriptedWorker:
        def __init__(self, *_: object) -> None:
            self.killed = False
            started.append(self)

        def wait_ready(self) -> None:
            pass

        def check(self, programs: Sequence[Submission]) -> Iterator[Analysis]:
            for program in programs:
                if program.code == "bad" or self.killed:
                    raise WorkerDiedError("the worker died")
                yield Analysis(CLEAN, reason=program.code)

        def kill(self) -> None:
            self.killed = True

        close = kill

    started: list[ScriptedWorker] = []
    monkeypatch.setattr("real.typecheck.checker.WorkerProcess", ScriptedWorker)
    with Checker() as checker:
        analyses = checker.check(["a", "b", "bad", "c", "a"])
    assert [a.reason for a in analyses] == ["a", "b", "the worker died", "c", "a"]
    assert [a.status for a in analyses] == [CLEAN, CLEAN, UNANALYZABLE, CLEAN, CLEAN]
    assert len(started) == 4 and all(worker.killed for worker in started)


def test_a_worker_that_is_killed_while_it_warms_up_is_started_again() -> None:
    with Checker() as checker:
        (victim,) = checker.worker_pids()
        os.kill(victim, signal.SIGKILL)
        assert [a.status for a in checker.check(["x: int = 'a'\n", "y = 1\n"])] == [FINDINGS, CLEAN]
        assert checker.worker_pids() != [victim]


def test_workers_that_are_killed_time_and_again_are_an_infrastructure_error(monkeypatch: pytest.MonkeyPatch) -> None:
    start = Checker._start

    def killed(checker: Checker) -> WorkerProcess:
        worker = start(checker)
        os.kill(worker.pid, signal.SIGKILL)
        return worker

    monkeypatch.setattr(Checker, "_start", killed)
    with pytest.raises(InfrastructureError, match=r"was killed \(SIGKILL\), 3 times"), Checker() as checker:
        checker.check(["x = 1\n"])


def test_a_worker_that_cannot_start_is_an_infrastructure_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(InfrastructureError, match="cannot start"), Checker() as checker:
        checker.check(["x = 1\n"])


def test_closing_ends_the_workers_and_is_final() -> None:
    checker = Checker()
    (pid,) = checker.worker_pids()
    checker.close()
    checker.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(ValueError, match="closed"):
        checker.check(["x = 1\n"])
