"""What is asked of the type checker."""

from __future__ import annotations

from typing import NamedTuple

from real.analyser_failures import HARMLESS
from real.types import CallSuite, LiteralSuite, Task


class Submission(NamedTuple):
    """A program, and what its task says about it.

    ``starter`` is the starter code, which the hardened policy holds signatures against. With ``prelude`` the tests
    supply the usual imports (``real.prelude``), and ``setup`` is code that they run before the program.
    """

    code: str
    starter: str | None = None
    prelude: bool = False
    setup: str = ""

    @classmethod
    def of(cls, task: Task, code: str) -> Submission:
        """A program as an answer to a task: the type checker supplies what the tests of the task supply."""
        tests = task.tests
        return cls(
            code,
            task.starter_code,
            prelude=isinstance(tests, CallSuite) and tests.prelude,
            setup=tests.setup if isinstance(tests, LiteralSuite) else "",
        )

    @property
    def harmless(self) -> Submission:
        """A program without anything in it in the place of this one."""
        return self._replace(code=HARMLESS)
