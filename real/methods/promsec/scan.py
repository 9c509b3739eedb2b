"""Bandit on many programs at once, in this process and in a folder of its own."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding of bandit: ``test_id`` such as B608, ``line`` from 1, ``severity`` LOW, MEDIUM or HIGH."""

    test_id: str
    cwe: int
    line: int
    severity: str
    text: str


def scan(programs: Sequence[str], severity: str = "low") -> list[list[Issue] | None]:
    """The issues of each program from ``severity`` on; ``None`` for one that bandit cannot read.

    Bandit only parses: nothing is run.
    """
    from bandit.core.config import BanditConfig
    from bandit.core.manager import BanditManager

    with tempfile.TemporaryDirectory(prefix="real-bandit-") as folder, _quiet():
        files = [Path(folder) / f"{number}.py" for number in range(len(programs))]
        for file, program in zip(files, programs, strict=True):
            file.write_text(program, encoding="utf-8", errors="replace")
        manager = BanditManager(BanditConfig(), "file", quiet=True, ignore_nosec=True)
        manager.discover_files([str(file) for file in files])
        manager.run_tests()
        unread = {str(name) for name, _ in manager.skipped}
        found: dict[str, list[Issue]] = {str(file): [] for file in files}
        for issue in manager.get_issue_list(sev_level=severity.upper(), conf_level="LOW"):
            found[str(issue.fname)].append(
                Issue(issue.test_id, int(issue.cwe.id), int(issue.lineno), str(issue.severity), str(issue.text))
            )
    return [None if str(file) in unread else sorted(found[str(file)], key=lambda i: i.line) for file in files]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Bandit logs each file that it cannot parse as an error; that is what ``None`` says."""
    logger = logging.getLogger("bandit")
    before, logger.disabled = logger.disabled, True
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logger.disabled = before
        logging.disable(level)
