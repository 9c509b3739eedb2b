"""What a scan prints, and when: text and GitHub's commands as the files come, JSON and SARIF at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from real.formats import github, render, text
from real.formats.lines import printable
from real.formats.record import Scan, ScannedProgram
from real.formats.summary import baseline_summary, summary
from real.io import console
from real.types import AnalysisStatus

STREAMED = ("text", "github")


def tell(message: str, hint: str = "") -> None:
    """One message on standard error, on one line (and the hint on another) whatever characters a path in it has."""
    print(f"real-detect: {printable(message)}", file=sys.stderr)
    if hint:
        print(f"  {printable(hint)}", file=sys.stderr)


class Output:
    """Standard output in one format; standard error for what could not be analysed and for progress.

    Findings are for whoever reads the output; what stands in the way of finding any is for people.
    """

    def __init__(self, form: str, total: int, *, is_quiet: bool = False) -> None:
        self._form, self._total, self._is_quiet = form, total, is_quiet
        self._palette = text.chosen_palette()
        self._count = 0
        self._shows_progress = total > 1 and sys.stderr is not None and sys.stderr.isatty()

    def add(self, program: ScannedProgram, notes: tuple[str, ...]) -> None:
        """Tell of one program, and of what is wrong with comments in it."""
        self._count += 1
        lines = list(self._lines(program)) if self._form in STREAMED and not self._is_quiet else []
        if lines or notes or program.not_seen:
            self._clear()
        for note in notes:
            tell(note)
        if program.not_seen and not program.is_accepted:
            status = AnalysisStatus.PARTIAL if program.unseen and not program.reason else program.status
            tell(f"{program.path}: {status.value}: {program.not_seen}")
        if lines:
            console.say("\n".join(lines))
        if self._shows_progress:
            print(f"\r{self._count}/{self._total} files", end="", file=sys.stderr, flush=True)

    def add_found(self, program: ScannedProgram) -> None:
        """Tell what others have found in a program that has been told of before."""
        if self._form in STREAMED and not self._is_quiet and program.records:
            self._clear()
            console.say("\n".join(self._lines(program)))

    def end(self, run: Scan) -> None:
        """Tell of the whole."""
        self._clear()
        if self._is_quiet:
            return
        if self._form in STREAMED:
            console.say(summary(run))
            return
        console.say(render(self._form, run))
        if run.absent is not None:
            tell(f"note: {baseline_summary(run)}")

    def _lines(self, program: ScannedProgram) -> Iterator[str]:
        if self._form == "text":
            return text.findings(program, self._palette)
        return (line for part in (github.failures(program), github.findings(program)) for line in part)

    def _clear(self) -> None:
        if self._shows_progress:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
