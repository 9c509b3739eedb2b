"""Which way of writing the query each credit teaches, from the answers of training.

    python experiments/trace_credit/choices.py outputs/RUN… > experiments/trace_credit/choices.txt

``rollouts.jsonl`` of a run has every answer. Two choices of the miniature are counted, in four parts of training: is
the query a variable of its own (a line before the sink), and does its text begin as an f-string, in either form.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import yaml

QUERY = re.compile(r"([=(])\s*(f?)[\"']SELECT")  # behind `query =` or behind `execute(`; an f-string or a plain text
STEPS = 5  # of each part


def choices(run: Path) -> dict[int, Counter[str]]:
    """By part of the training: how many answers have a query, in a variable, as an f-string in each form."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    with (run / "rollouts.jsonl").open(encoding="ascii") as file:
        for record in map(json.loads, file):
            match = QUERY.search(record["completion"])
            if match is None:
                continue
            form = "variable" if match[1] == "=" else "argument"
            found[(record["step"] - 1) // STEPS].update(["queries", form, *([f"{form} f"] if match[2] else [])])
    return found


def main(runs: list[Path]) -> None:
    """Print one line a credit and choice, with its share in each part."""
    totals: dict[str, dict[int, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    seeds: dict[str, set[int]] = defaultdict(set)
    for run in runs:
        config = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
        credit = str(config["reward"]["credit"])
        seeds[credit].add(int(config["seed"]))
        for part, counts in choices(run).items():
            totals[credit][part].update(counts)
    shares = {
        "query in a variable of its own": ("variable", "queries"),
        "f-string, of the queries in a variable": ("variable f", "variable"),
        "f-string, of the queries in execute()": ("argument f", "argument"),
    }
    for name, (some, of) in shares.items():
        print(f"{name}, steps 1-5, 6-10, 11-15, 16-20")
        for credit in ("none", "random", "line", "trace"):
            row = [f"{counts[some] / max(1, counts[of]):.2f}" for _, counts in sorted(totals[credit].items())]
            print(f"  {credit:6}  {'  '.join(row)}   ({len(seeds[credit])} seeds)")


if __name__ == "__main__":
    main([Path(one) for one in sys.argv[1:]])
