"""Verdicts that are known, and those that some thread is just coming to, so that none is come to twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from typing import TypeVar

from real.types import Verdict

Item = TypeVar("Item")

_LIMIT = 50_000  # verdicts; a policy repeats itself a lot


class VerdictCache:
    """Verdicts by a key that holds all they depend on; used by any number of threads.

    A group of rollouts often holds the same program several times, and different threads get them at the same moment:
    one judges it, the others wait for that one. Only verdicts that ``lasts`` says yes to are kept and shared: what a
    failing machine made of a program says nothing of the next attempt.
    """

    def __init__(self, lasts: Callable[[Verdict], bool]) -> None:
        self._lasts = lasts
        self._known: dict[str, Verdict] = {}
        self._judging: dict[str, Future[Verdict]] = {}
        self._lock = threading.Lock()

    def get(
        self, items: Mapping[str, Item], judge: Callable[[dict[str, Item]], dict[str, Verdict]]
    ) -> dict[str, Verdict]:
        """The verdict on each item; ``judge`` is asked for those that no thread has come to, or is coming to.

        Nothing is waited for before the thread's own items are judged, so that no two threads wait for each other.
        """
        found: dict[str, Verdict] = {}
        failed: set[str] = set()  # where others came to nothing that lasts: not waited for again, or all would queue up
        while len(found) < len(items):
            known, own, elsewhere = self._claim({k: item for k, item in items.items() if k not in found}, failed)
            found |= known | self._judge(own, judge)
            found |= {key: verdict for key, future in elsewhere.items() if (verdict := _settled(future)) is not None}
            failed |= elsewhere.keys() - found.keys()
        return found

    def _claim(
        self, items: dict[str, Item], failed: set[str]
    ) -> tuple[dict[str, Verdict], dict[str, Item], dict[str, Future[Verdict]]]:
        with self._lock:
            known = {key: verdict for key in items if (verdict := self._known.get(key)) is not None}
            waited_for = items.keys() - known.keys() - failed
            elsewhere = {key: future for key in waited_for if (future := self._judging.get(key)) is not None}
            own = {key: item for key, item in items.items() if key not in known and key not in elsewhere}
            self._judging |= {key: Future() for key in own if key not in self._judging}
            return known, own, elsewhere

    def _judge(
        self, own: dict[str, Item], judge: Callable[[dict[str, Item]], dict[str, Verdict]]
    ) -> dict[str, Verdict]:
        if not own:
            return {}
        made: dict[str, Verdict] = {}
        try:
            made = judge(own)
        finally:
            lasting = {key: verdict for key, verdict in made.items() if self._lasts(verdict)}
            with self._lock:
                if len(self._known) > _LIMIT:
                    self._known = {}
                self._known |= lasting
                claimed = {key: future for key in own if (future := self._judging.pop(key, None)) is not None}
            for key, future in claimed.items():
                if key in lasting:
                    future.set_result(lasting[key])
                else:
                    future.cancel()  # whoever waits judges by itself
        return made


def _settled(future: Future[Verdict]) -> Verdict | None:
    """The verdict of another thread, ``None`` where it came to none that lasts."""
    try:
        return future.result()
    except CancelledError:
        return None
