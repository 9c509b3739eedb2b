"""Draw findings of a scan for people to judge, and count what they said.

``python experiments/real_code/sample.py draw SCAN.jsonl OUT.csv [--seed 0] [--size 60]`` draws among the findings that
``real-detect`` shows by default (at least medium confidence); a reader fills in ``judgement`` (true, by design, false)
and ``why``. ``sample.py figures SCAN.jsonl JUDGED.csv`` prints the figures of both.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

_COLUMNS = ["package", "path", "line", "rule", "confidence", "judgement", "why"]
JUDGEMENTS = ("true", "by design", "false")


def shown(rows: list[dict[str, Any]]) -> list[list[Any]]:
    """The findings that the default profile shows, in the order of the scan."""
    return [
        [row["package"], row["path"], line, rule, confidence]
        for row in rows
        for rule, line, confidence, _ in row["findings"]
        if confidence != "low"
    ]


def draw(rows: list[dict[str, Any]], out: Path, seed: int, size: int) -> None:
    """Write a table of some findings, still to be judged."""
    found = shown(rows)
    chosen = found if len(found) <= size else random.Random(seed).sample(found, size)
    with out.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(_COLUMNS)
        table.writerows([*finding, "", ""] for finding in sorted(chosen))


def figures(rows: list[dict[str, Any]], judged: Path) -> str:
    """The figures of a scan and of the judgements on its findings; raises ``ValueError`` for an unknown judgement."""
    with judged.open(newline="") as file:
        given = Counter(row["judgement"] for row in csv.DictReader(file))
    if set(given) - set(JUDGEMENTS):
        raise ValueError(f"{judged}: a judgement is one of {', '.join(JUDGEMENTS)}")
    lines, count, total = sum(row["lines"] for row in rows), len(shown(rows)), sum(given.values())
    unread = sum(row["lines"] for row in rows if row["status"] in ("unanalyzable", "error"))
    slowest = max(rows, key=lambda row: row["seconds"] / max(row["lines"], 1000))
    return "\n".join(
        (
            f"files {len(rows)}, lines {lines:,}, seconds of CPU {sum(row['seconds'] for row in rows):.0f}",
            f"findings shown {count}, per 1,000 lines {1000 * count / lines:.2f}",
            f"lines of files that could not be analysed {unread} ({unread / lines:.1%}),"
            f" of files in part {sum(row['lines'] for row in rows if row['not_seen']) / lines:.1%}",
            f"slowest, per 1,000 lines: {slowest['package']}/{slowest['path']},"
            f" {slowest['seconds']:.1f} s for {slowest['lines']}",
            f"judged {total}: " + ", ".join(f"{name} {given[name]}" for name in JUDGEMENTS),
            f"true or by design {(given['true'] + given['by design']) / total:.0%}",
        )
    )


def main() -> None:
    """Run."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=("draw", "figures"))
    options.add_argument("scan", type=Path)
    options.add_argument("table", type=Path)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--size", type=int, default=60)
    given = options.parse_args()
    rows = [json.loads(line) for line in given.scan.read_text().splitlines()]
    if given.what == "draw":
        draw(rows, given.table, given.seed, given.size)
    else:
        print(figures(rows, given.table))


if __name__ == "__main__":
    main()
