"""What every test run ends with: how many tests were skipped, and why."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

# A shell that starts the tests in the background has them ignore Ctrl-C, and with them what they start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line a reason; a reason says what is missing and how to get it."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    if reasons:
        terminalreporter.section(f"{reasons.total()} tests were skipped, none of which counts as passed")
        for reason, count in reasons.most_common():
            terminalreporter.write_line(f"{count:4}  {reason}")
