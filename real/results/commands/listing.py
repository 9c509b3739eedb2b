"""``list``, ``show`` and ``compare``: runs on a terminal."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from real.errors import DataError
from real.evaluation.rates import RATE_NAMES
from real.io.columns import align
from real.io.progress import duration
from real.results.comparison import compare
from real.results.index import Entry, entries
from real.results.labels import METRIC_LABELS, interval, number, points, rate_text
from real.results.sweep import variant_of
from real.results.terminal import before_after

_NAMED = 12  # task ids that `compare` prints in each list


def add(commands: Any) -> None:  # noqa: ANN401 - argparse's own type is private
    """Add the three commands to the parser."""
    listing = commands.add_parser("list", help="every run below a folder, finished or not")
    listing.add_argument("folders", type=Path, nargs="*", metavar="DIR", default=[Path("outputs")])
    listing.set_defaults(command=_list)
    show = commands.add_parser("show", help="one run: what was run, what came out, by which versions")
    show.add_argument("run", type=Path, metavar="RUN_DIR")
    show.set_defaults(command=_show)
    both = commands.add_parser("compare", help="two runs on the same tasks: paired differences, and which tasks differ")
    both.add_argument("first", type=Path, metavar="RUN_DIR[:STAGE]")
    both.add_argument("second", type=Path, metavar="RUN_DIR[:STAGE]")
    both.add_argument("--allow-mixed", action="store_true", help="compare although versions or protocols differ")
    both.set_defaults(command=_compare)


def _list(arguments: argparse.Namespace) -> None:
    found = entries(arguments.folders)
    if not found:
        raise DataError(
            f"no run under {', '.join(map(str, arguments.folders))}", hint="`python run.py` makes one in outputs/."
        )
    head = ["run", "state", "steps", *(METRIC_LABELS[name] for name in RATE_NAMES), "n", "protocol"]
    print("\n".join(align([head, *map(_line, found)])))
    for entry in found:
        if entry.problem:
            print(f"\nno figures: {entry.problem}")


def _line(entry: Entry) -> list[str]:
    if entry.run is None:
        return [entry.run_id, entry.state or "?", str(entry.steps), *[""] * 5]
    last = entry.run.after or entry.run.before
    rates = [number(last.rates()[name].rate) for name in RATE_NAMES]
    return [entry.run_id, entry.state or "?", str(entry.run.steps), *rates, str(last.n), entry.run.protocol]


def _show(arguments: argparse.Namespace) -> None:
    entry = next((e for e in entries([arguments.run]) if e.path == arguments.run.resolve()), None)
    if entry is None or entry.run is None:
        raise DataError(entry.problem if entry else f"{arguments.run} is no run directory (no status, no metrics.json)")
    run = entry.run
    facts = {
        "run": run.run_id,
        "state": entry.state,
        "what": f"{variant_of(run)}, {run.model} on {run.dataset}, seed {run.seed}, {run.steps} steps",
        "took": duration(run.seconds),
        "judged by": f"protocol {run.protocol}, {run.subset} test tasks",
        "versions": ", ".join(f"{name} {value}" for name, value in sorted(run.versions.items())),
        "data": run.data_hash,
    }
    print("\n".join(f"{name:<10} {value}" for name, value in facts.items()))
    print(f"\n{before_after(run.before, run.after, run.difference)}")


def _compare(arguments: argparse.Namespace) -> None:
    found = compare(arguments.first, arguments.second, allow_mixed=arguments.allow_mixed)
    rows = [["", found.first, found.second, "difference", "bootstrap", "p", "gained", "lost"]]
    for one in found.metrics:
        sides = [rate_text(rate.rate, rate.low, rate.high) for rate in (one.first, one.second)]
        counts = [str(len(one.gained)), str(len(one.lost))]
        tests = [points(*one.difference), interval(*one.bootstrap[1:]), f"{one.p_value:.3g}"]
        rows.append([METRIC_LABELS[one.metric], *sides, *tests, *counts])
    print("\n".join(align(rows)))
    how = "95 % intervals: Wilson, Newcombe's paired, paired bootstrap; p: McNemar, exact"
    print(f"\n{found.metrics[0].first.n} tasks judged in both; {how}")
    joint = found.metrics[-1]
    for label, tasks in (("gained", joint.gained), ("lost", joint.lost)):
        if tasks:
            more = f" and {len(tasks) - _NAMED} more" if len(tasks) > _NAMED else ""
            print(f"Func.-Qual. {label}: {', '.join(tasks[:_NAMED])}{more}")
    for note in found.notes:
        print(note)
