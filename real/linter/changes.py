"""``--diff REV``: which lines of which files have changed since a revision, as git says.

A file that git does not track yet has changed as a whole. Where lines were only taken away, the two beside the gap
count, because what stood there may have been the test that is missing now.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from real.errors import UsageError
from real.formats.files import is_folder
from real.formats.record import Record, ScannedProgram, Standing
from real.types import TraceStep

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
# Whatever the user's configuration says, the diff has one form.
_FORM = (
    *("--unified=0", "--inter-hunk-context=0", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames"),
    *("--ignore-submodules", "--src-prefix=a/", "--dst-prefix=b/"),
)


@dataclass(frozen=True, slots=True)
class Changes:
    """By real path the lines of a file that have changed; ``None``: all of them."""

    lines: Mapping[str, Collection[int] | None]

    def has(self, path: str) -> bool:
        """Whether anything of a file has changed."""
        return os.path.realpath(path) in self.lines

    def of(self, program: ScannedProgram) -> ScannedProgram:
        """The program with the findings marked that do not stand on changed lines, nor any step that leads to them."""
        changed = self.lines.get(os.path.realpath(program.path), ())
        return program if changed is None else program.judged(self._held(record, changed) for record in program.records)

    def _held(self, record: Record, changed: Collection[int]) -> Record:
        is_new = record.line in changed or any(self._is_new(step, changed) for step in record.trace)
        return replace(record, standing=Standing.UNCHANGED) if record.is_open and not is_new else record

    def _is_new(self, step: TraceStep, changed: Collection[int] | None) -> bool:
        if step.path:
            changed = self.lines.get(os.path.realpath(step.path), ())
        return changed is None or step.line in changed


def since(revision: str, paths: Sequence[str]) -> Changes:
    """What has changed since a revision in the repositories that hold ``paths``, committed or not.

    Raises ``UsageError`` where there is no git, no repository or no such revision.
    """
    found: dict[str, Collection[int] | None] = {}
    by_top: dict[str, list[str]] = {}
    for path in paths:
        by_top.setdefault(_top(path), []).append(os.path.realpath(path))
    for top, below in by_top.items():
        commit = _commit(top, revision)
        changed = _changed(_git(top, "diff", *_FORM, commit, "--", *below))
        others = _git(top, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", *below)
        found |= {f"{top}/{name}": lines for name, lines in changed.items()}
        found |= {f"{top}/{name}": None for name in others.split("\0") if name}
    return Changes(found)


def _top(path: str) -> str:
    folder = path if is_folder(path) else str(Path(path).parent)
    return os.path.realpath(_git(folder, "rev-parse", "--show-toplevel").removesuffix("\n"))


def _commit(top: str, revision: str) -> str:
    try:
        return _git(top, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").strip()
    except UsageError:
        hint = "Give a commit, a branch or a tag: --diff main, --diff HEAD~3."
        raise UsageError(f"--diff: git knows no revision {revision!r} in {top}", hint=hint) from None


def _git(folder: str, *arguments: str) -> str:
    command = ["git", "-C", folder, "--literal-pathspecs", "-c", "core.fsmonitor=false", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    except (OSError, ValueError) as error:  # no git, a list of arguments that is too long, a NUL in one of them
        raise UsageError(f"--diff needs git, which cannot be started: {error}") from None
    if done.returncode:
        told = os.fsdecode(done.stderr).strip().splitlines() or ["git failed"]
        raise UsageError(f"--diff: {told[-1].removeprefix('fatal: ')}")
    return os.fsdecode(done.stdout)


def _changed(diff: str) -> dict[str, set[int]]:
    """By file the changed lines of a diff without context."""
    found: dict[str, set[int]] = {}
    lines: set[int] = set()
    left = 0  # lines of the hunk that are still to come: they may look like anything
    for line in diff.split("\n"):
        if left and line[:1] in ("+", "-"):
            left -= 1
        elif line.startswith("+++ "):
            lines = found.setdefault(_file(line.removeprefix("+++ ")), set())
        elif match := _HUNK.match(line):
            removed, first, added = int(match[1] or 1), int(match[2]), int(match[3] or 1)
            lines |= set(range(first, first + added)) if added else {first, first + 1}
            left = removed + added
    found.pop("", None)
    return found


def _file(name: str) -> str:
    """The name behind ``+++``, which git quotes as C does where it has to; empty for a file that is gone."""
    name = name.removesuffix("\t")
    if name.startswith('"'):
        name = os.fsdecode(ast.literal_eval("b" + name))
    return name.removeprefix("b/") if name.startswith("b/") else ""
