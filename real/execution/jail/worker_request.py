"""What the grader asks of a worker: one program and its inputs, never what is expected."""

from __future__ import annotations

from typing import Any

from .frames import Frame
from .isolation import CaseLimits


class WorkerRequest:
    """A program to run.

    ``mode`` is ``script`` (``cases``: texts for standard input), ``call`` (``cases``: pairs of positional and keyword
    arguments), ``literal`` (``cases``: source of arguments) or ``expect`` (``cases``: source of expected values;
    ``code`` is ignored). ``files`` are put into the working directory of every case; ``collect`` asks for the files a
    script leaves, ``dump`` for the content of the databases after each case, and ``prelude`` tells which names are
    supplied, and the module and attribute that each stands for (mode ``call``). ``groups`` are the numbers of cases (of
    the last two modes) that share a process and an account of time-outs: all of them, if it is empty.
    """

    __slots__ = ("cases", "code", "collect", "dump", "entry", "files", "groups", "limits", "mode", "prelude", "setup")

    def __init__(
        self,
        mode: str,
        code: str,
        limits: CaseLimits,
        cases: list[Any],
        files: dict[str, bytes],
        entry: str = "",
        setup: str = "",
        dump: bool = False,
        collect: bool = False,
        prelude: dict[str, tuple[str, str]] | None = None,
        groups: list[int] | None = None,
    ) -> None:
        self.mode, self.code, self.limits, self.cases, self.files = mode, code, limits, cases, files
        self.entry, self.setup, self.dump, self.collect = entry, setup, dump, collect
        self.prelude, self.groups = prelude or {}, groups or []

    def frame(self) -> tuple[dict[str, Any], list[bytes]]:
        """The header and blobs to send."""
        header = {name: getattr(self, name) for name in WorkerRequest.__slots__ if name not in ("limits", "files")}
        fields = {"kind": "run", **header, "limits": self.limits.fields(), "files": list(self.files)}
        return fields, list(self.files.values())

    def joined(self, other: WorkerRequest) -> WorkerRequest | None:
        """One request for the cases of both, each as a group, if they differ in nothing else."""
        for name in WorkerRequest.__slots__:
            if name not in ("cases", "groups", "limits") and getattr(self, name) != getattr(other, name):
                return None
        if self.limits.fields() != other.limits.fields() or self.mode != "literal":
            return None
        groups = [len(self.cases), len(other.cases)]
        cases = [*self.cases, *other.cases]
        return WorkerRequest(self.mode, self.code, self.limits, cases, {}, self.entry, self.setup, groups=groups)

    @classmethod
    def parse(cls, frame: Frame) -> WorkerRequest:
        """Rebuild a request from its frame, which came from the grader and is trusted."""
        fields = {name: value for name, value in frame.header.items() if name not in ("kind", "limits", "files")}
        files = dict(zip(frame.header["files"], frame.blobs, strict=True))
        return cls(**fields, limits=CaseLimits(*frame.header["limits"]), files=files)
