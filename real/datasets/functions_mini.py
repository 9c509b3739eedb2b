"""``functions_mini``: the embedded, generated miniature of APPS+. Needs no files; see ``build/functions``."""

from __future__ import annotations

from collections.abc import Iterator

from real.datasets import local_jsonl
from real.datasets.build.functions.assemble import NAME, build_tasks
from real.datasets.config import DatasetCfg
from real.datasets.files import RawRow
from real.datasets.loading import LOADERS, Loader


def rows(cfg: DatasetCfg, split: str) -> Iterator[RawRow]:
    """The generated tasks as rows of our JSON Lines form."""
    for task in build_tasks(split, cfg.data_seed):
        yield local_jsonl.to_row(task)


# No columns: an exported file is told by its form, which is that of local_jsonl.
LOADERS.register(NAME)(Loader(local_jsonl.to_task, frozenset(), "task_id", generate=rows))
