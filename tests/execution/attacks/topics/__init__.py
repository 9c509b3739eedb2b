"""All attacks, by topic. To add one: a line in the topic's file."""

from __future__ import annotations

import re

from ..attack import Attack
from . import (
    crashes,
    database,
    files,
    forging,
    imports,
    introspection,
    kernel,
    memory,
    network,
    output,
    parsing,
    processes,
    signals,
    state,
    timing,
    tracing,
)

_TOPICS = (files, network, processes, memory, timing, output, forging, introspection, imports, signals)
_MORE = (tracing, crashes, parsing, state, database, kernel)
ATTACKS: tuple[Attack, ...] = tuple(attack for module in (*_TOPICS, *_MORE) for attack in module.ATTACKS)


def chosen(pattern: str, *, slow: bool = True, every: int = 1) -> tuple[Attack, ...]:
    """The attacks whose ``topic: name`` matches a regular expression; of those, one in ``every``."""
    found = (attack for attack in ATTACKS if re.search(pattern, f"{attack.topic}: {attack.name}"))
    return tuple(attack for attack in found if slow or not attack.slow)[::every]
