"""What tests need besides the program: databases and expected values, made once in a jail and kept by the grader."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from real.execution.attacks import secrets_of
from real.execution.claimed_values import decode
from real.execution.expectations import (
    Expectation,
    Expectations,
    NotStaticError,
    presumed_expectations,
    static_expectations,
)
from real.execution.jail.isolation import CaseLimits
from real.execution.jail.worker_request import WorkerRequest
from real.execution.outcomes import claim_of, failed
from real.execution.worker import CaseReport, WorkerError, WorkerReport

T = TypeVar("T")
Ask = Callable[[WorkerRequest], WorkerReport]  # asks a worker; may raise WorkerError

# Test data is not the program: an expected value may well be the output of a command.
_LIMITS = CaseLimits(cpu_s=5.0, memory_mb=1024, output_kb=4096, file_mb=16, processes=8)
_KEPT = 4096
DISK_FULL = "no space left on the machine's disk for the files of programs"


class FixtureError(Exception):
    """A database or an expected value cannot be made: the data set's fault, never the program's."""


@dataclass(frozen=True, slots=True)
class Database:
    """The files a database script leaves, their content as a dump, and the stored values that a leak would show."""

    files: dict[str, bytes]
    dump: bytes
    secrets: frozenset[str]


class _Cache(Generic[T]):
    """Makes each thing once, even when several threads want it at the same time; remembers failures of the data."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}
        self._made: OrderedDict[Hashable, T | FixtureError] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                made = self._made.get(key)
            if made is None:
                try:
                    made = make()
                except FixtureError as error:
                    made = error
                with self._lock:
                    self._made[key] = made
                    if len(self._made) > _KEPT:
                        old, _ = self._made.popitem(last=False)
                        self._making.pop(old, None)
        if isinstance(made, FixtureError):
            raise FixtureError(str(made))
        return made


class Fixtures:
    """Databases by script and expectations by source; both are made in a jail that never sees a program."""

    def __init__(self) -> None:
        self._databases: _Cache[Database] = _Cache()
        self._expectations: _Cache[Expectations] = _Cache()
        self._evaluated: _Cache[Expectations] = _Cache()

    def database(self, script: str, ask: Ask) -> Database:
        """Build (or remember) the database of a script; raises ``FixtureError``."""
        return self._databases.get(_digest(script), lambda: _build_database(script, ask))

    def expectations(self, setup: str, sources: tuple[str, ...], ask: Ask) -> Expectations:
        """Read, evaluate or remember expected values after ``setup``; raises ``FixtureError``."""

        def make() -> Expectations:
            return _read(setup, sources) or self.confirmed(setup, sources, ask)

        return self._expectations.get(_digest(setup, *sources), make)

    def confirmed(self, setup: str, sources: tuple[str, ...], ask: Ask) -> Expectations:
        """As ``expectations``, and none is presumed: a set-up that fails raises ``FixtureError``."""
        return self._evaluated.get(_digest(setup, *sources), lambda: _evaluate(setup, sources, ask))


def _digest(*texts: str) -> bytes:
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()


def _cases(report: WorkerReport, count: int, what: str) -> list[CaseReport]:
    if report.problem is not None:
        raise FixtureError(f"{what} does not compile: {report.problem.get('error')}")
    if report.failure or len(report.cases) != count:
        raise WorkerError(f"{what} could not be run: {report.failure or f'the supervisor ended: {report.end_code}'}")
    if unjailed := [case.reason for case in report.cases if case.how == "jail"]:
        raise WorkerError(f"{what} could not be run: {unjailed[0]}")
    return report.cases


def _build_database(script: str, ask: Ask) -> Database:
    request = WorkerRequest("script", script, _LIMITS, cases=[""], files={}, collect=True)
    (report,) = _cases(ask(request), 1, "the database script")
    if (problem := failed(report, claim_of(report))) is not None:
        if report.full:  # which says nothing about the script
            raise WorkerError(DISK_FULL)
        raise FixtureError(f"the database script failed: {problem.status} {problem.detail}")
    if not report.files:
        raise FixtureError("the database script left no file")
    return Database(report.files, report.state, secrets_of(report.state))


def _read(setup: str, sources: tuple[str, ...]) -> Expectations | None:
    """What can be read, ``None`` where the jail has to be asked."""
    with suppress(NotStaticError):
        return Expectations(tuple(static_expectations(setup, sources)))
    with suppress(NotStaticError):
        return Expectations(tuple(presumed_expectations(setup, sources)), presumed=True)
    return None


def _evaluate(setup: str, sources: tuple[str, ...], ask: Ask) -> Expectations:
    request = WorkerRequest("expect", "", _LIMITS, cases=list(sources), files={}, setup=setup)
    reports = _cases(ask(request), len(sources), "the set-up of the tests")
    return Expectations(tuple(_expectation(source, report) for source, report in zip(sources, reports, strict=True)))


def _expectation(source: str, report: CaseReport) -> Expectation:
    claim = claim_of(report)
    if isinstance(claim.get("exception"), str):
        return Expectation(exception=claim["exception"])
    if "value" in claim:
        try:
            return Expectation(value=decode(claim["value"]))
        except ValueError as error:
            raise FixtureError(f"the expected value {source[:80]!r} cannot be compared: {error}") from error
    if claim.get("type") == "NameError" and all(part.isidentifier() for part in source.strip().split(".")):
        return Expectation(exception=source.strip().rpartition(".")[2])  # an exception that the program defines
    raise FixtureError(f"the expected value {source[:80]!r} cannot be evaluated: {claim.get('error', report.how)}")
