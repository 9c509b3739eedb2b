"""Names that tests of competition tasks take for granted, supplied to the programs that use one and do not have it.

Such programs were written for judges that put a header of imports before them. A header as text would replace what a
program relies on (``from math import *`` changes ``pow``), so here a name is supplied only where the program mentions
it, no builtin bears it, and only until the program gives it a meaning of its own.
"""

from __future__ import annotations

import builtins
import importlib
from collections.abc import Iterable

_MODULES = frozenset(
    {
        "bisect",
        "collections",
        "copy",
        "datetime",
        "decimal",
        "fractions",
        "functools",
        "heapq",
        "itertools",
        "json",
        "math",
        "operator",
        "os",
        "random",
        "re",
        "statistics",
        "string",
        "sys",
        "time",
        "typing",
    }
)
# Where the names of a star import are looked for, in this order.
_SOURCES = ("typing", "collections", "itertools", "functools", "heapq", "bisect", "math", "operator", "string")
_NICKNAMES = {"np": "numpy"}


def supply(mentioned: Iterable[str]) -> dict[str, object]:
    """The objects behind those of the names that the usual header would have defined."""
    found: dict[str, object] = {}
    for name in mentioned:
        if hasattr(builtins, name) or name.startswith("_"):
            continue
        if name in _MODULES or name in _NICKNAMES:
            try:
                found[name] = importlib.import_module(_NICKNAMES.get(name, name))
            except ImportError:
                continue
            continue
        for source in _SOURCES:
            module = importlib.import_module(source)
            if hasattr(module, name) and name in getattr(module, "__all__", vars(module)):
                found[name] = getattr(module, name)
                break
    return found
