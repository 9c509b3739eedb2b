"""``safesql_gen``: the generated corpus in the style of SafeSQL. Needs no files; see ``build/safesql``."""

from __future__ import annotations

from collections.abc import Iterator

from real.datasets import local_jsonl
from real.datasets.build.safesql.manifest import SHIPPED, read_manifest, tasks_of
from real.datasets.config import DatasetCfg
from real.datasets.files import RawRow
from real.datasets.loading import LOADERS, Loader
from real.errors import UsageError

NAME = "safesql_gen"


def rows(cfg: DatasetCfg, split: str) -> Iterator[RawRow]:
    """The tasks of the shipped manifest as rows of our JSON Lines form.

    Raises ``UsageError`` for a seed that is not the manifest's: another seed is another corpus, still to be checked.
    """
    manifest = read_manifest(SHIPPED / f"{NAME}.json")
    if cfg.data_seed != manifest.seed:
        raise UsageError(
            f"{NAME} is shipped for data_seed={manifest.seed} only, not {cfg.data_seed}",
            hint=f"Make it: python -m real.datasets build safesql --seed {cfg.data_seed} --out FOLDER.",
        )
    for task in tasks_of(manifest, split):
        yield local_jsonl.to_row(task)


# No columns: an exported file is told by its form, which is that of local_jsonl.
LOADERS.register(NAME)(Loader(local_jsonl.to_task, frozenset(), "task_id", generate=rows))
