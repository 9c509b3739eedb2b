"""What ``from module import *`` binds, where the module is one of the standard library."""

from __future__ import annotations

import functools
import importlib

# Modules that programs take whole (models begin answers with ``from typing import *``) and that importing only defines.
_KNOWN = frozenset(
    {"abc", "bisect", "collections", "collections.abc", "dataclasses", "datetime", "decimal", "enum", "fractions"}
    | {"functools", "heapq", "itertools", "json", "math", "operator", "os", "random", "re", "statistics", "string"}
    | {"time", "types", "typing"}
)


@functools.cache
def names_of(module: str) -> frozenset[str] | None:
    """The names that a star import of ``module`` binds; ``None`` where that cannot be known: any name then."""
    if module not in _KNOWN:
        return None
    found = importlib.import_module(module)
    listed = getattr(found, "__all__", None)
    return frozenset(listed if listed is not None else (name for name in vars(found) if not name.startswith("_")))


def may_bind(module: str, name: str) -> bool:
    """Whether ``from module import *`` may be where ``name`` comes from."""
    names = names_of(module)
    return names is None or name in names
