"""What is asked of the type checker."""

from __future__ import annotations

from typing import NamedTuple


class Submission(NamedTuple):
    """A program, and the starter code of its task where the task has one."""

    code: str
    starter: str | None = None
