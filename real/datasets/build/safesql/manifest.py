"""A corpus as a list: the ids of its tasks, their inputs and their hashes; the grammar writes the rest again.

Only a corpus of the grammar has one: what a language model wrote cannot be made again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from real.datasets.build.safesql.candidate import Candidate
from real.datasets.build.safesql.grammar import VERSION, Grammar
from real.errors import DataError
from real.io import disk
from real.types import JsonValue, Task

SHIPPED = Path(__file__).with_name("manifests")


@dataclass(frozen=True, slots=True)
class Entry:
    """One task: its id, the start of its hash, and the standard input of its cases."""

    task_id: str
    digest: str
    stdins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A corpus of the grammar; ``funnel`` is how it came about."""

    name: str
    seed: int
    splits: Mapping[str, Sequence[Entry]]
    funnel: Mapping[str, JsonValue]

    def write(self, path: Path) -> None:
        """Write the manifest, one line for each task."""
        head = json.dumps({"name": self.name, "seed": self.seed, "grammar": VERSION, "funnel": self.funnel})
        parts = [f'{head[:-1]},\n "splits": {{']
        for number, (split, entries) in enumerate(self.splits.items()):
            lines = ",\n".join("  " + json.dumps([e.task_id, e.digest, list(e.stdins)]) for e in entries)
            parts.append(f'{"," if number else ""}\n "{split}": [\n{lines}]')
        disk.atomic_write(path, "".join([*parts, "}}\n"]))


def read_manifest(path: Path) -> Manifest:
    """Read a manifest; raises ``DataError`` for one that is missing, broken, or of another version of the grammar."""
    record = disk.read_json(path)
    if record.get("grammar") != VERSION:
        raise DataError(f"{path} is of version {record.get('grammar')} of the grammar, and this is version {VERSION}")
    try:
        splits = {
            str(split): [Entry(str(name), str(code), tuple(map(str, stdins))) for name, code, stdins in entries]
            for split, entries in record["splits"].items()  # type: ignore[attr-defined]  # what is wrong is caught
        }
        return Manifest(str(record["name"]), int(record["seed"]), splits, record["funnel"])  # type: ignore[call-overload, arg-type]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path} is no manifest of a corpus: {error!r}") from error


def entry(task: Task, candidate: Candidate) -> Entry:
    """What a manifest keeps of a task."""
    return Entry(task.task_id, task_digest(task), tuple(case.stdin for case in candidate.cases))


def task_digest(task: Task) -> str:
    """The start of the SHA-256 of a task's canonical JSON."""
    text = json.dumps(dataclasses.asdict(task), sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def tasks_of(manifest: Manifest, split: str) -> Iterator[Task]:
    """The tasks of a split, written anew; raises ``DataError`` where one is not what the manifest says it is."""
    grammar = Grammar(manifest.seed)
    for item in manifest.splits.get(split, ()):
        made = grammar.candidate(item.task_id, item.stdins)
        task = made.task(manifest.name, split) if isinstance(made, Candidate) else None
        if task is None or task_digest(task) != item.digest:
            raise DataError(
                f"task {item.task_id} of {manifest.name} comes out differently here than when the corpus was checked",
                hint="Another version of SQLite or Python? `python -m real.datasets build safesql` makes a new corpus.",
            )
        yield task
