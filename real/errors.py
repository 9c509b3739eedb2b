"""Errors that people read, each with the exit code of the command that ends on it."""

from __future__ import annotations


class RealError(Exception):
    """Something went wrong that a person can act on; printed as one message without a traceback."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n  {self.hint}" if self.hint else message

    def _render_traceback_(self) -> list[str]:
        """What IPython prints in a notebook in place of a traceback: the message is for people."""
        return [f"error: {self}"]


class UsageError(RealError):
    """The command line or the configuration is wrong (exit code 2)."""

    exit_code = 2


class UnknownNameError(UsageError):
    """A name that is in no registry or config group (exit code 2); the message offers the nearest ones."""


class DataError(RealError):
    """A data set, completion file or checkpoint cannot be used (exit code 3)."""

    exit_code = 3


class InfrastructureError(RealError):
    """The machine, not the program under test, failed: disk full, worker gone, no permission (exit code 4)."""

    exit_code = 4
