"""The usual imports of programming contests, name by name: what tests supply, and the type checker too.

Solutions of such tasks were written for judges that put a header of imports before them. A header as text would replace
what a program relies on (``from math import *`` changes ``pow``), so a name is supplied only where a program mentions
it, no builtin bears it, and until the program gives it a meaning of its own. This is the only list of those names: the
sandbox is told where each comes from, the type checker puts the import of each before the program.
"""

from __future__ import annotations

import builtins
import importlib
import re
from collections.abc import Mapping
from functools import cache

_WORD = re.compile(r"[^\W\d]\w*")

MODULES = frozenset(
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
NICKNAMES = {"np": "numpy"}
# Modules whose public names are supplied, as by a star import; the first one that has a name decides.
STARRED = ("typing", "collections", "itertools", "functools", "heapq", "bisect", "math", "operator", "string")


Origin = tuple[str, str]  # a module, and the attribute of it that is meant; empty for the module itself


@cache
def origins() -> Mapping[str, Origin]:
    """Every name that is supplied, and where it comes from."""
    found: dict[str, Origin] = {name: (NICKNAMES.get(name, name), "") for name in (*MODULES, *NICKNAMES)}
    for source in STARRED:
        module = importlib.import_module(source)
        for name in getattr(module, "__all__", vars(module)):
            if not name.startswith("_"):
                found.setdefault(name, (source, name))
    return {name: found[name] for name in sorted(found) if not hasattr(builtins, name)}


def in_text(code: str) -> dict[str, Origin]:
    """The origins of the names that a program's text contains, be it in a comment."""
    return {name: origins()[name] for name in sorted(origins().keys() & set(_WORD.findall(code)))}
