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
from dataclasses import dataclass, field
from pathlib import Path

from real.errors import InfrastructureError
from real.io import disk
from real.judge import Judge
from real.rewards.reward import reward
from real.serving.openrlhf_answer import Answer, Label, Unreadable, answer, masked, read_label, response_of
from real.serving.running import RunningScale
from real.serving.scorer_spec import ScorerSpec
from real.training.sampled_tests import with_sampled_tests
from real.types import Completion, Task, Verdict

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
    """Scores samples of a job; a context manager, usable from any number of threads.

    ``make_judge`` opens the judge, and opens another one where it breaks. ``slots`` dispatchers judge at the same time
    (with ``reward.backend=ray`` one is enough: its pool spreads a batch over the cluster), ``capacity`` samples may
    wait. Every scored sample is one line of ``record``.
    """

    def __init__(
        self,
        job: ScorerSpec,
        make_judge: Callable[[], Judge],
        *,
        slots: int = 2,
        batch: int = _BATCH,
        capacity: int = 4096,
        record: Path | None = None,
    ) -> None:
        self.job = job
        self.counts = Counts()
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

    def describe(self) -> str:
        """One line on where programs run."""
        return self._judge.pool.describe()

    def score(self, query: object, prompt: object, label: object, *, request: str = "") -> Answer:
        """The answer for one sample; waits for it, at most ``job.deadline_s``.

        A request that is asked again (same id) is scored once. What cannot be scored is a masked answer, never an
        error. Raises ``QueueFullError``.
        """
        began = time.monotonic()
        try:
            future = self._future(query, prompt, label, request, began)
            return future.result(timeout=self.job.deadline_s)
        except Unreadable:
            self.counts.masked += 1
            return masked(self._scale.neutral(self.job.normalize), seconds=time.monotonic() - began, error=True)
        except FutureTimeoutError:
            return masked(self._scale.neutral(self.job.normalize), seconds=time.monotonic() - began)

    def _future(self, query: object, prompt: object, label: object, request: str, began: float) -> Future[Answer]:
        with self._lock:
            if request and (known := self._known.get(request)) is not None:
                return known
            read = read_label(label)
            task = self.job.tasks.get((read.mode, read.task, read.task_id))
            if task is None:
                raise Unreadable(f"there is no {read.mode} task {read.task_id!r} of {read.task!r}")
            if read.mode == "train":
                task = with_sampled_tests(task, self.job.reward.tests_per_rollout, (self.job.seed, read.row))
            sample = _Sample(read, task, response_of(query, prompt, self.job.special), began)
            try:
                self._queue.put_nowait(sample)
            except queue.Full as full:
                raise QueueFullError from full
            self.counts.waiting = self._queue.qsize()
            if request:
                self._known[request] = sample.future
                while len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
            return sample.future

    def _dispatch(self) -> None:
        while True:
            batch = self._take()
            if batch is None:
                return
            try:
                verdicts = self._verdicts(batch)
            except Exception as error:  # whatever broke, no engine may wait for ever
                verdicts = [error] * len(batch)
            for sample, verdict in zip(batch, verdicts, strict=True):
                try:
                    sample.future.set_result(self._answer(sample, verdict))
                except Exception as error:  # a full disk, say: the log has the reason, the engine its answer
                    print(f"sample {sample.label.task_id} is masked: {error}", file=sys.stderr, flush=True)
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

    def _verdicts(self, batch: list[_Sample]) -> list[Verdict | Exception]:
        """The verdicts; once more with another judge where one broke, be it under the other dispatcher's hands."""
        for is_last in (False, True):
            judge = self._judge
            try:
                return self._judged(judge, batch)
            except (InfrastructureError, ValueError) as error:  # a closed pool or checker cannot be used again
                self._replace(judge)
                if is_last:
                    return [error] * len(batch)
        raise AssertionError("unreachable")

    @staticmethod
    def _judged(judge: Judge, batch: list[_Sample]) -> list[Verdict | Exception]:
        found: list[Verdict | Exception] = []
        for mode in ("train", "eval"):
            part = [sample for sample in batch if sample.label.mode == mode]
            tasks = [sample.task for sample in part]
            completions = [Completion(sample.task.task_id, sample.response) for sample in part]
            found += judge.judge(tasks, completions) if part else []
        order = [s for mode in ("train", "eval") for s in batch if s.label.mode == mode]
        by_sample = dict(zip(map(id, order), found, strict=True))
        return [by_sample[id(sample)] for sample in batch]

    def _replace(self, broken: Judge) -> None:
        with self._judge_lock:
            if self._judge is not broken:
                return  # another dispatcher was here first
            self._judge = self._make_judge()
            self.counts.judges_replaced += 1
        broken.close()

    def _answer(self, sample: _Sample, verdict: Verdict | Exception) -> Answer:
        seconds = time.monotonic() - sample.began
        if isinstance(verdict, Exception):
            return self._masked(sample, str(verdict), seconds)
        made = reward(verdict, self.job.reward)
        logs = dict(made.components) | {"no_program": float(verdict.program.code is None)}
        if sample.label.mode == "eval":
            # The strict joint pass. A failure of ours counts as failed: OpenRLHF takes the mean over all tasks.
            strict = 0.0 if made.masked else logs["func_qual"]
            logs |= {"masked": float(made.masked is not None), "reward_raw": strict}
            self._write(sample, strict, logs, made.masked, seconds)
            return answer(strict, logs, seconds=seconds)
        if made.value is None or not math.isfinite(made.value):
            return self._masked(sample, made.masked or "the reward is no number", seconds)
        logs["reward_raw"] = made.value
        with self._lock:
            value = self._scale.take(made.value, self.job.normalize)
        self._write(sample, made.value, logs, None, seconds)
        return answer(value, logs, seconds=seconds)

    def _masked(self, sample: _Sample, reason: str, seconds: float) -> Answer:
        self._write(sample, None, {}, reason, seconds)
        return masked(self._scale.neutral(self.job.normalize), seconds=seconds)

    def _write(
        self, sample: _Sample, value: float | None, logs: Mapping[str, float], reason: str | None, seconds: float
    ) -> None:
        label = sample.label
        with self._lock:
            self.counts.scored += 1
            self.counts.masked += reason is not None
            if self._record is not None:
                self._append(
                    {
                        "row": label.row,
                        "task_id": label.task_id,
                        "mode": label.mode,
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
