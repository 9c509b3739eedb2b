"""The reward inside OpenRLHF: the file behind ``--reward.remote_url``.

OpenRLHF loads it into every inference engine and calls ``reward_func`` from many threads, one sample a call. An
exception or ``None`` there ends the whole training, and a slow function starves the engine. So this file only asks the
scorer, a process of its own (``python -m real.serving``), and answers with a masked sample where none can be had.
Standard library only; no signals (they work in main threads only).

The environment variable ``REAL_SCORER`` names the scorer's address file; the launcher binds it in a file of two lines.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from real.moments import RunningMoments
from real.serving.openrlhf_answer import Answer, masked

RewardFunc: TypeAlias = "Callable[[Sequence[str], Sequence[str], Sequence[str]], Answer]"

IN_FLIGHT = 256  # requests of one engine process at a time; the scorer bounds what all engines have running
DEADLINE_S = 900.0  # of one sample, retries included; past it the sample is masked
MISSED = "missed.jsonl"  # beside the address file: samples that the scorer never answered
_PAUSES_S = (0.05, 0.2, 0.5, 1.0, 2.0)
_SCORE = "/"

_log = logging.getLogger("real.serving")


class ScorerClient:
    """Asks the scorer whose address file is ``where``; used by any number of threads.

    The file (``{"url", "token"}``) is read again after each failure: a scorer that was restarted has another port.
    """

    def __init__(self, where: Path, *, deadline_s: float = DEADLINE_S, in_flight: int = IN_FLIGHT) -> None:
        self._where = where
        self._deadline_s = deadline_s
        self._slots = threading.BoundedSemaphore(in_flight)
        self._local = threading.local()
        self._scored = RunningMoments()
        self._lock = threading.Lock()

    def __call__(self, queries: Sequence[str], prompts: Sequence[str], labels: Sequence[str]) -> Answer:
        """OpenRLHF's ``reward_func``: a dictionary with ``rewards``, ``scores`` and ``extra_logs``; never raises."""
        began = time.monotonic()
        try:
            found = self._ask(queries, prompts, labels, began + self._deadline_s)
            self._note_scored(found)
            return found
        except Exception as error:  # whatever it is, it must not reach the training
            _log.warning("a sample is masked: %s", error)
            self._note_missed(labels, error)
            return masked(self._scored.mean, seconds=time.monotonic() - began, error=True)

    def _note_scored(self, found: Answer) -> None:
        """Keep the mean of the rewards: it is what a sample gets that cannot be scored, since it teaches nothing."""
        logs, value = found["extra_logs"], found["rewards"]
        if isinstance(logs, dict) and isinstance(value, float) and not logs.get("masked"):
            with self._lock:
                self._scored.add(value)

    def _note_missed(self, labels: Sequence[str], error: Exception) -> None:
        """One line beside the scorer's record, so that no sample is missing from the books."""
        try:
            label = json.loads(labels[0])
            record = {"row": label["row"], "mode": label["mode"], "masked": str(error), "time": time.time()}
            with (self._where.parent / MISSED).open("a", encoding="ascii") as file:
                file.write(json.dumps(record) + "\n")
        except Exception as problem:  # a label that nobody can read, a full disk: the answer has to go out all the same
            _log.warning("and could not be noted: %s", problem)

    def _ask(self, queries: Sequence[str], prompts: Sequence[str], labels: Sequence[str], deadline: float) -> Answer:
        body = json.dumps(
            {"id": uuid.uuid4().hex, "query": list(queries), "prompts": list(prompts), "labels": list(labels)}
        ).encode()
        problem: Exception = TimeoutError("the scorer was never asked")
        attempt = 0
        while (left := deadline - time.monotonic()) > 0:
            if not self._slots.acquire(timeout=left):
                break
            try:
                return self._post(body, max(deadline - time.monotonic(), 0.1))
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                problem = error
                self._drop()
            finally:
                self._slots.release()
            time.sleep(min(_PAUSES_S[min(attempt, len(_PAUSES_S) - 1)], max(deadline - time.monotonic(), 0)))
            attempt += 1
        raise TimeoutError(f"no score within {self._deadline_s:g} s: {problem}")

    def _post(self, body: bytes, timeout: float) -> Answer:
        connection, token = self._connection()
        connection.timeout = timeout
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        connection.request("POST", _SCORE, body, headers)
        response = connection.getresponse()
        content = response.read()
        if response.status != http.client.OK:
            raise ValueError(f"the scorer answered {response.status}: {content[:200]!r}")
        found = json.loads(content)
        value, logs = found["rewards"], found["extra_logs"]
        return {"rewards": float(value), "scores": float(found["scores"]), "extra_logs": dict(logs)}

    def _connection(self) -> tuple[http.client.HTTPConnection, str]:
        known: tuple[http.client.HTTPConnection, str] | None = getattr(self._local, "connection", None)
        if known is None:
            address = json.loads(self._where.read_text(encoding="utf-8"))
            parts = urllib.parse.urlsplit(str(address["url"]))
            kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
            known = kind(parts.hostname or "127.0.0.1", parts.port), str(address.get("token", ""))
            self._local.connection = known
        return known

    def _drop(self) -> None:
        known = getattr(self._local, "connection", None)
        self._local.connection = None
        if known is not None:
            known[0].close()


def bind(where: str, *, deadline_s: float = DEADLINE_S) -> RewardFunc:
    """The ``reward_func`` that asks the scorer of one address file."""
    return ScorerClient(Path(where), deadline_s=deadline_s)


reward_func: RewardFunc = bind(os.environ.get("REAL_SCORER", "scorer.json"))
