"""Ways of data through the language: what is found is what happens (``flows.py``)."""

from __future__ import annotations

import random
from pathlib import Path

from flows import SHAPES, chains, program, scenes, truths

from real.detector import scan

ALARMS = Path(__file__).parents[1] / "fixtures" / "flows" / "false_alarms.txt"  # ways that drop what they get, unseen
WAYS = scenes()


def _verdicts(programs: dict[str, str]) -> tuple[list[str], list[str]]:
    """The names of programs that are missed, and of those that are flagged although nothing arrives."""
    truth = dict(zip(programs, truths(list(programs.values())), strict=True))
    flagged = {name: bool(scan(text).findings) for name, text in programs.items()}
    missed = [name for name in programs if truth[name] and not flagged[name]]
    return missed, [name for name in programs if flagged[name] and not truth[name]]


def test_every_way_that_keeps_what_it_gets_is_followed_and_known_alarms_only_shrink() -> None:
    programs = {f"{name} {shape}": program([way], shape) for name, way in WAYS.items() for shape in SHAPES}
    missed, alarms = _verdicts(programs)
    assert missed == []
    assert sorted(alarms) == ALARMS.read_text(encoding="utf-8").splitlines()


def test_ways_after_one_another_are_followed() -> None:
    draw = random.Random(0)
    missed, _ = _verdicts(chains(300, draw))
    assert missed == []
