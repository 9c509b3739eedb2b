"""Which functions are public by their names, as PEP 8 has it."""

from __future__ import annotations

from real.detector.ir.instructions import Unit


def is_public_name(name: str) -> bool:
    """Whether a name is meant for others: no leading underscore, or a special method."""
    return not name.startswith(("_", "<")) or (name.startswith("__") and name.endswith("__"))


def is_public(unit: Unit) -> bool:
    """Whether a function is a public one of the module, or a public method of a public class of it."""
    inner, outer = unit, unit.parent
    while outer is not None and outer.kind == "class" and is_public_name(inner.name):
        inner, outer = outer, outer.parent
    return is_public_name(inner.name) and outer is not None and outer.kind == "module"
