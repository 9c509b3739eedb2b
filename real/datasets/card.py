"""A data set's card in Markdown: what a person knows of it (``provenance``) and what is counted from its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from real.datasets.contamination import KINDS, NEAR, leaked, links
from real.datasets.defects import facts, weaknesses
from real.datasets.loading import Loaded
from real.datasets.provenance import PROVENANCE, Provenance
from real.datasets.stats import PAPER
from real.datasets.subset import RULE, unclean
from real.datasets.validation.summary import program_counts, tally
from real.types import Task

Records = Sequence[Mapping[str, object]]


def render(
    splits: Mapping[str, Loaded], reports: Mapping[str, Records], funnel: Mapping[str, object] | None = None
) -> str:
    """The card of the splits at hand.

    ``reports`` are the records of ``validate`` by split, and ``funnel`` what a builder wrote, where there are any.
    """
    name = next(iter(splits.values())).name
    known = PROVENANCE.get(name, Provenance(name, "Not stated.", "Not stated.", "Not stated."))
    parts = [
        f"# {known.title}",
        f"Written by `python -m real.datasets card {name}` from the rows; do not edit.",
        f"**Purpose.** {known.purpose}",
        f"**Provenance.** {known.source}",
        f"**Licence.** {known.licence}.",
        "## Counts and known defects",
        "\n".join(_counts(splits)),
        *(
            [f"Weaknesses: {_weaknesses(splits)}."]
            if any(weaknesses(loaded.tasks) for loaded in splits.values())
            else []
        ),
        *(["\n".join(f"- {caveat}" for caveat in known.caveats)] if known.caveats else []),
        *(["## Funnel", "\n".join(_funnel(funnel))] if funnel else []),
        "## Leaks",
        *_leaks(splits),
        "## Validation",
        *_validation(reports),
    ]
    return "\n\n".join(parts) + "\n"


def _counts(splits: Mapping[str, Loaded]) -> Iterator[str]:
    columns = {split: dict(facts(loaded.tasks)) for split, loaded in splits.items()}
    paper = PAPER.get(next(iter(splits.values())).name)
    yield _line("", *splits)
    yield _line("---", *("---:" for _ in splits))
    for what in dict.fromkeys(what for column in columns.values() for what in column):
        yield _line(what, *(column.get(what, "") for column in columns.values()))
        if what == "tasks" and paper is not None:
            sizes = {"train": paper.train, "test": paper.test}
            yield _line("tasks in the paper's Table 1", *(str(sizes[split]) for split in splits))
    yield _line("rows that cannot be read", *(str(len(loaded.skipped)) for loaded in splits.values()))
    yield _line("content hash", *(f"`{loaded.content_hash[:16]}`" for loaded in splits.values()))
    if paper is not None and (absent := [split for split in ("train", "test") if split not in splits]):
        yield ""
        yield f"Not at hand when this card was written: {', '.join(absent)}."


def _funnel(funnel: Mapping[str, object]) -> Iterator[str]:
    """The stages of a build, as ``funnel.json`` has them."""
    yield _line("stage", "dropped", "left")
    yield _line("---", "---:", "---:")
    if isinstance(tried := funnel.get("tried"), int):
        yield _line("tried", "", str(tried))
    stages = funnel.get("funnel")
    for row in stages if isinstance(stages, list) else []:
        yield _line(str(row["stage"]), str(row["dropped"]), str(row["left"]))
    origins = funnel.get("by_origin")
    if isinstance(origins, dict):
        yield ""
        yield "Kept by origin: " + ", ".join(f"{way} {n['kept']} of {n['tried']}" for way, n in origins.items()) + "."


def _weaknesses(splits: Mapping[str, Loaded]) -> str:
    tasks = [task for loaded in splits.values() for task in loaded.tasks]
    return ", ".join(f"{cwe} ({count})" for cwe, count in weaknesses(tasks))


def _leaks(splits: Mapping[str, Loaded]) -> Iterator[str]:
    train, test = (_tasks(splits, split) for split in ("train", "test"))
    found = links(train, test)
    lines = [
        _line("tasks that share", "test with train", "inside test", "inside train"),
        "| --- | ---: | ---: | ---: |",
    ]
    for kind in KINDS:
        pairs = (("test", "train"), ("test", "test"), ("train", "train"))
        counts = [
            str(len(leaked(found, kind, split, other)))
            if _tasks(splits, split) and _tasks(splits, other)
            else "unknown"
            for split, other in pairs
        ]
        lines.append(_line(kind.replace("_", "-"), *counts))
    yield "\n".join(lines)
    yield f"Near-duplicates have a similarity of at least {NEAR}; see `real/datasets/contamination.py` for the kinds."
    if train and test:
        kept = len(test) - len(unclean(test, found))
        yield f"The clean test subset, rule `{RULE}`, keeps {kept} of {len(test)} tasks."
    else:
        yield "There is no clean test subset: it needs both splits."


def _tasks(splits: Mapping[str, Loaded], split: str) -> list[Task]:
    return splits[split].tasks if split in splits else []


def _validation(reports: Mapping[str, Records]) -> Iterator[str]:
    if not reports:
        yield "No report of `python -m real.datasets validate` was at hand."
    for split, records in reports.items():
        statuses = ", ".join(f"{count} {status}" for status, count in tally(records).items())
        lines = [f"**{split}**, {len(records)} rows: {statuses}.", ""]
        counts = program_counts(records)
        if counts:
            lines += [_line("programs", "what", "how many", "of"), "| --- | --- | ---: | ---: |"]
            lines += [_line(role, what, str(good), str(total)) for role, what, good, total in counts]
        yield "\n".join(lines).rstrip()


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
