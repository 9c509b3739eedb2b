"""Which tasks a run sees (``conf/dataset``)."""

from __future__ import annotations

from dataclasses import dataclass

from real.errors import UsageError

MINIATURES = ("safesql_mini", "functions_mini")  # model=tiny has a warm start for them
EMBEDDED = (*MINIATURES, "safesql_gen")  # generated: they need neither a path nor a hub id


@dataclass
class DatasetCfg:
    """One data set; ``name`` picks the loader, ``path`` a local folder or file, ``hub_id`` where that is null.

    Where both are null the data set has to be an embedded one.
    """

    name: str = "safesql_mini"
    path: str | None = None
    hub_id: str | None = None
    train_tasks: int | None = None  # null: all
    test_tasks: int | None = None
    data_seed: int = 0  # of the generator, not of the run: every run seed sees the same tasks
    released_steps: int = 100  # PPO steps of the released runs on this data set; conf/trainer refers to it

    def check(self) -> None:
        """Raise ``UsageError`` where a value is out of range."""
        for key in ("train_tasks", "test_tasks"):
            value = getattr(self, key)
            if value is not None and value < 1:
                raise UsageError(f"dataset.{key} is {value}, but it must be at least 1 (or null for all tasks)")
