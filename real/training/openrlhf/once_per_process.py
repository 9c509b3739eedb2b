"""An object that each process unpickles once, however often it is sent."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from typing import Any

_here: dict[str, Any] = {}


class OncePerProcess:
    """Pickles to its content, and unpickles to the one object that a process has of it.

    Ray keeps the bytes beside the pickle, in shared memory, so that reading it again costs nothing.
    """

    def __init__(self, content: object) -> None:
        self._bytes = pickle.dumps(content, protocol=5)
        self._digest = hashlib.sha256(self._bytes).hexdigest()

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return _restored, (self._digest, pickle.PickleBuffer(self._bytes))


def _restored(digest: str, content: bytes) -> object:
    if digest not in _here:
        _here[digest] = pickle.loads(content)
    return _here[digest]
