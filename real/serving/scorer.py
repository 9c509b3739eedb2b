"""From a query to an answer: a bounded queue, dispatchers that judge in small batches, a record of every sample."""

from __future__ import annotations

import math
import queue
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field, replace
from pathlib import Path

from real.errors import InfrastructureError, RealError
from real.io import disk
from real.judge import Judge, Judgement
from real.sampled_tests import with_sampled_tests
from real.serving.openrlhf_answer import Answer, Label, Unreadable, answer, masked, read_label, response_of
from real.serving.running import RunningScale
from real.serving.scorer_spec import ScorerSpec
from real.types import Completion, Task

_BATCH = 8  # samples a dispatcher judges together: a program that hangs keeps seven others waiting at most
_REMEMBERED = 8192  # answers kept for engines that ask again after a broken connection


class QueueFullError(Exception):
    """More samples wait than the queue may hold; ask again."""


@dataclass
class _Sample:
    label: Label
    task: Task
    response: str
    began: float
    future: Future[Answer] = field(default_factory=Future)


@dataclass
class Counts:
    """What the scorer has done since it started."""

    scored: int = 0
    masked: int = 0
    waiting: int = 0
    judges_replaced: int = 0


class Scorer:
    """Scores samples of the tasks of ``spec``; a context manager, usable from any number of threads.

    ``make_judge`` opens the judge, and opens another one where it breaks. ``slots`` dispatchers judge at the same time
    (with ``execution.backend=ray`` one is enough: its pool spreads a batch over the cluster), ``capacity`` samples may
    wait. Every scored sample is one line of ``record``.
    """

    def __init__(
        self,
        spec: ScorerSpec,
        make_judge: Callable[[], Judge],
        *,
        slots: int = 2,
        batch: int = _BATCH,
        capacity: int = 4096,
        record: Path | None = None,
    ) -> None:
        self.spec = spec
        self._counts = Counts()
        self._make_judge = make_judge
        self._judge = make_judge()
        self._batch = batch
        self._record = record
        self._queue: queue.Queue[_Sample | None] = queue.Queue(capacity)
        self._known: OrderedDict[str, Future[Answer]] = OrderedDict()
        self._lock = threading.Lock()
        self._judge_lock = threading.Lock()
        self._scale = RunningScale()
        if record is not None and record.exists():
            self._scale.resume(disk.read_lines(record))
        self._threads = [threading.Thread(target=self._dispatch, daemon=True) for _ in range(slots)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Scorer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish what is being judged, and end the workers."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout=5)
        self._judge.close()

    def counts(self) -> Counts:
        """What was done until now, and how many samples wait for a dispatcher at this moment."""
        return replace(self._counts, waiting=self._queue.qsize())

    def describe(self) -> str:
        """One line on where programs run."""
        return self._judge.pool.describe()

    def score(self, query: object, prompt: object, label: object, *, request: str = "") -> Answer:
        """The answer for one sample; waits for it, at most ``spec.deadline_s``.

        A request that is asked again (same id) is scored once. What cannot be scored is a masked answer, never an
        error; the record and the log have the reason. Raises ``QueueFullError``.
        """
        began = time.monotonic()
        read: Label | None = None
        try:
            read = read_label(label)
            return self._future(query, prompt, read, request, began).result(timeout=self.spec.deadline_s)
        except Unreadable as reason:
            return self._unreadable(read, str(reason), request, began)
        except FutureTimeoutError:  # its line in the record comes with its verdict, however late that is
            _tell_masked(read, f"no verdict within {self.spec.deadline_s:g} s")
            return masked(self._scale.neutral(self.spec.normalize), seconds=time.monotonic() - began)

    def _unreadable(self, label: Label | None, reason: str, request: str, began: float) -> Answer:
        seconds = time.monotonic() - began
        given = masked(self._scale.neutral(self.spec.normalize), seconds=seconds, error=True)
        with self._lock:
            if request and (known := self._known.get(request)) is not None:
                return known.result()
            if request:
                done: Future[Answer] = Future()
                done.set_result(given)
                self._remember(request, done)
        try:
            self._write(label, None, {}, reason, seconds)
        except RealError as error:
            _tell_masked(label, f"its record could not be written: {error}")
        return given

    def _remember(self, request: str, future: Future[Answer]) -> None:
        self._known[request] = future
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def _future(self, query: object, prompt: object, read: Label, request: str, began: float) -> Future[Answer]:
        with self._lock:
            if request and (known := self._known.get(request)) is not None:
                return known
            task = self.spec.tasks.get((read.mode, read.task, read.task_id))
            if task is None:
                raise Unreadable(f"there is no {read.mode} task {read.task_id!r} of {read.task!r}")
            if read.mode == "train":
                task = with_sampled_tests(task, self.spec.judge.reward.tests_per_rollout, (self.spec.seed, read.row))
            sample = _Sample(read, task, response_of(query, prompt, self.spec.special), began)
            try:
                self._queue.put_nowait(sample)
            except queue.Full as full:
                raise QueueFullError from full
            if request:
                self._remember(request, sample.future)
            return sample.future

    def _dispatch(self) -> None:
        while True:
            batch = self._take()
            if batch is None:
                return
            try:
                verdicts = self._judgements(batch)
            except Exception as error:  # whatever broke, no engine may wait for ever
                verdicts = [error] * len(batch)
            for sample, verdict in zip(batch, verdicts, strict=True):
                try:
                    sample.future.set_result(self._answer(sample, verdict))
                except Exception as error:  # a full disk, say: the log has the reason, the engine its answer
                    _tell_masked(sample.label, str(error))
                    sample.future.set_result(masked(0.0, seconds=time.monotonic() - sample.began, error=True))

    def _take(self) -> list[_Sample] | None:
        first = self._queue.get()
        if first is None:
            return None
        batch = [first]
        # Its share of what waits: so much for each dispatcher that none of them idles while another has a long batch.
        for _ in range(min(self._batch, 1 + self._queue.qsize() // max(len(self._threads), 1)) - 1):
            try:
                sample = self._queue.get_nowait()
            except queue.Empty:
                break
            if sample is None:
                self._queue.put(None)
                break
            batch.append(sample)
        return batch

    def _judgements(self, batch: list[_Sample]) -> list[Judgement | Exception]:
        """What each came to: judged again by another judge where one broke, and alone where only this one failed."""
        found = self._attempt(batch)
        if isinstance(found, Exception):
            found = self._attempt(batch)
        if isinstance(found, InfrastructureError) or (isinstance(found, Exception) and len(batch) == 1):
            return [found] * len(batch)
        if isinstance(found, Exception):  # a fault of ours that one of them brings about: the others shall not share it
            return [one for sample in batch for one in self._judgements([sample])]
        return [
            self._again(sample, one) if one.reward.masked else one for sample, one in zip(batch, found, strict=True)
        ]

    def _again(self, sample: _Sample, first: Judgement) -> Judgement:
        """A sample that the machine failed, once more: what failed it has been replaced by now."""
        found = self._attempt([sample])
        return first if isinstance(found, Exception) else found[0]

    def _attempt(self, batch: list[_Sample]) -> list[Judgement] | Exception:
        """What each came to, or why the judge broke, be it under another dispatcher's hands; it is replaced then."""
        judge = self._judge
        try:
            return self._judged(judge, batch)
        except Exception as error:  # a closed pool or checker cannot be used again, and tells so in many ways
            self._replace(judge)
            return error

    @staticmethod
    def _judged(judge: Judge, batch: list[_Sample]) -> list[Judgement]:
        found: list[Judgement] = []
        for mode in ("train", "eval"):
            part = [sample for sample in batch if sample.label.mode == mode]
            tasks = [sample.task for sample in part]
            completions = [Completion(sample.task.task_id, sample.response) for sample in part]
            found += judge.score(tasks, completions) if part else []
        order = [s for mode in ("train", "eval") for s in batch if s.label.mode == mode]
        by_sample = dict(zip(map(id, order), found, strict=True))
        return [by_sample[id(sample)] for sample in batch]

    def _replace(self, broken: Judge) -> None:
        with self._judge_lock:
            if self._judge is not broken:
                return  # another dispatcher was here first
            self._judge = self._make_judge()
            self._counts.judges_replaced += 1
        broken.close()

    def _answer(self, sample: _Sample, judged: Judgement | Exception) -> Answer:
        seconds = time.monotonic() - sample.began
        if isinstance(judged, Exception):
            return self._masked(sample, str(judged), seconds)
        verdict, made = judged
        logs = dict(made.components) | {"no_program": float(verdict.program.code is None)}
        if sample.label.mode == "eval":
            # The strict joint pass. A failure of ours counts as failed: OpenRLHF takes the mean over all tasks.
            strict = 0.0 if made.masked else logs["func_qual"]
            logs |= {"masked": float(made.masked is not None), "reward_raw": strict}
            self._write(sample.label, strict, logs, made.masked, seconds)
            return answer(strict, logs, seconds=seconds)
        if made.value is None or not math.isfinite(made.value):
            return self._masked(sample, made.masked or "the reward is no number", seconds)
        logs["reward_raw"] = made.value
        with self._lock:
            value = self._scale.take(made.value, self.spec.normalize)
        self._write(sample.label, made.value, logs, None, seconds)
        return answer(value, logs, seconds=seconds)

    def _masked(self, sample: _Sample, reason: str, seconds: float) -> Answer:
        self._write(sample.label, None, {}, reason, seconds)
        return masked(self._scale.neutral(self.spec.normalize), seconds=seconds)

    def _write(
        self, label: Label | None, value: float | None, logs: Mapping[str, float], reason: str | None, seconds: float
    ) -> None:
        """One line of the record; a sample whose label nobody can read has neither row, task nor mode."""
        if reason is not None:
            _tell_masked(label, reason)
        with self._lock:
            self._counts.scored += 1
            self._counts.masked += reason is not None
            if self._record is not None:
                self._append(
                    {
                        "row": label and label.row,
                        "task_id": label and label.task_id,
                        "mode": label and label.mode,
                        "reward": value,
                        "masked": reason,
                        "seconds": round(seconds, 3),
                        "time": round(time.time(), 3),
                        **{key: logs[key] for key in sorted(logs) if key.startswith(("r_", "func_", "run"))},
                    }
                )

    def _append(self, record: Mapping[str, object]) -> None:
        """One line, on its way to the disk but not waited for: a sync for each sample would slow a fast scorer down."""
        assert self._record is not None
        with disk.disk_errors(self._record), self._record.open("a", encoding="ascii") as file:
            file.write(disk.to_line(record))


def _tell_masked(label: Label | None, reason: str) -> None:
    """One line in the log: why a sample has no reward of its own."""
    named = "a sample" if label is None else f"sample {label.task_id} (row {label.row})"
    print(f"{named} is masked: {' '.join(reason.split())[:500]}", file=sys.stderr, flush=True)
