"""The numbers that the paper prints (``numbers.csv``), transcribed from its text.

An empty value is a cell that cannot be told in the text: its Table 4 has lost cells under APPS+. ``note`` says so.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

TEST_SIZES: Mapping[str, int] = {"seccodeplt_plus": 164, "safesql": 85, "apps_plus": 519}  # Table 1


@dataclass(frozen=True, slots=True)
class Place:
    """A cell of a table of the paper; ``params`` and ``method`` are empty in Table 1."""

    table: int
    params: str
    method: str
    dataset: str
    metric: str


@cache
def printed() -> Mapping[Place, str]:
    """Every cell as the paper prints it; an empty text is a cell that cannot be read."""
    text = resources.files("real.results.paper").joinpath("numbers.csv").read_text(encoding="utf-8")
    return {
        Place(int(row["table"]), row["params"], row["method"], row["dataset"], row["metric"]): row["value"]
        for row in csv.DictReader(text.splitlines())
    }


def rate(place: Place) -> float | None:
    """The rate that the paper prints in a cell of Tables 2 to 5, or ``None`` where it has none or it is unreadable."""
    text = printed().get(place, "")
    return float(text) if text else None
