"""Supplies the names of a usual header of imports to the programs that mention one."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress


def supply(mentioned: Iterable[str], origins: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """The objects behind the names that a program mentions; ``origins`` are a module and an attribute or nothing each.

    What this interpreter or machine lacks is left out.
    """
    found: dict[str, object] = {}
    for name in mentioned:
        if name in origins:
            module, attribute = origins[name]
            with suppress(ImportError, AttributeError):
                loaded = importlib.import_module(module)
                found[name] = getattr(loaded, attribute) if attribute else loaded
    return found
