"""A file of answers that grows batch by batch, and beside it the settings that made them.

A killed run is continued from what is there: its last line may be torn. Other questions, another model or setting would
mix answers of two kinds, and are refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from real.errors import UsageError
from real.io import disk

Key = tuple[str, int]  # task id and number of the sample


@dataclass(frozen=True)
class AnswerFile:
    """``path`` with its settings at ``path.settings.json``."""

    path: Path
    settings: Mapping[str, object]

    @property
    def settings_path(self) -> Path:
        """Where the settings are."""
        return self.path.with_name(self.path.name + ".settings.json")

    def known(self) -> set[Key]:
        """The answers that are there already; settings are written down where there is none.

        Raises ``UsageError`` where the file was made with other settings, or by something else, and ``DataError`` where
        it is damaged in its middle.
        """
        if not self.path.exists():
            disk.write_json(self.settings_path, self.settings)
            disk.atomic_write(self.path, "")
            return set()
        if not self.settings_path.exists():
            raise UsageError(
                f"{self.path} is there, without {self.settings_path.name}, so that its answers may be of another model",
                hint="Choose another --out, or remove the file.",
            )
        before = disk.read_json(self.settings_path)
        wanted = dict(self.settings)
        differing = sorted(key for key in before.keys() | wanted.keys() if before.get(key) != wanted.get(key))
        if differing:
            key = differing[0]
            raise UsageError(
                f"{self.path} holds answers made with {key} {before.get(key)!r}, and now it is {wanted.get(key)!r}",
                hint="Choose another --out; answers of two kinds in one file could not be told apart."
                + (f" Also different: {', '.join(differing[1:])}." if differing[1:] else ""),
            )
        records = disk.read_lines(self.path)
        disk.write_lines(self.path, records)  # without a torn line, behind which nothing could be appended
        return {(str(record.get("task_id")), _number(record.get("sample"))) for record in records}

    def append(self, records: Sequence[Mapping[str, object]]) -> None:
        """Add answers, and wait until the disk has them."""
        with disk.disk_errors(self.path), self.path.open("a", encoding="ascii") as file:
            file.write("".join(disk.to_line(record) for record in records))
            file.flush()
            disk.sync(file.fileno())


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
