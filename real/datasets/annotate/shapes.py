"""Shapes of observed values (see ``tracer``) and the annotations they become."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Shape: TypeAlias = "dict[str, list[Shape]]"

UNKNOWN = "?"  # in an annotation: a part that no value filled; ``filled`` gives it a type to try
_TOWER = ("bool", "int", "float", "complex")
_NAMES = {"dict": 2, "defaultdict": 2, "OrderedDict": 2, "list": 1, "set": 1, "frozenset": 1, "deque": 1}
_OTHERS = {
    "builtins.map": "Iterator",
    "builtins.filter": "Iterator",
    "builtins.zip": "Iterator",
    "builtins.reversed": "Iterator",
    "builtins.enumerate": "Iterator",
    "builtins.list_iterator": "Iterator",
    "builtins.str_iterator": "Iterator",
    "builtins.tuple_iterator": "Iterator",
    "builtins.range_iterator": "Iterator",
    "builtins.dict_keys": "KeysView",
    "builtins.dict_values": "ValuesView",
    "datetime.datetime": "datetime",
    "datetime.date": "date",
    "datetime.timedelta": "timedelta",
    "decimal.Decimal": "Decimal",
    "fractions.Fraction": "Fraction",
    "re.Pattern": "Pattern",
    "re.Match": "Match",
    "itertools.cycle": "Iterator",
    "itertools.count": "Iterator",
}
_STR_ITEMS = frozenset({"re.Pattern", "re.Match", "builtins.str_iterator"})


def merged(*shapes: Shape) -> Shape:
    """One shape of all that was seen; the arguments are left as they are."""
    result: Shape = {}
    for shape in shapes:
        for head, parts in shape.items():
            known = result.get(head)
            result[head] = [merged(a, b) for a, b in zip(known, parts, strict=True)] if known is not None else parts
    return result


class Renderer:
    """Writes shapes as annotations; ``seen`` are all observations, by which functions and generators are looked up."""

    def __init__(self, seen: Mapping[str, Shape]) -> None:
        self._seen = seen

    def render(self, shape: Shape, depth: int = 0) -> str:
        """The annotation of a shape; ``UNKNOWN`` stands where nothing was seen, or too many kinds of things."""
        if not shape or depth > 8:
            return UNKNOWN
        heads = dict(shape)
        optional = heads.pop("None", None) is not None
        names = [self._number(heads), *self._tuples(heads, depth)]
        names += [self._one(head, parts, depth) for head, parts in sorted(heads.items()) if head not in _TOWER]
        names = [name for name in dict.fromkeys(names) if name]
        if len(names) > 4:
            names = ["object"]
        return " | ".join([*names, *(["None"] if optional else [])])

    def _number(self, heads: Shape) -> str:
        present = [name for name in _TOWER if name in heads]
        return present[-1] if present else ""

    def _tuples(self, heads: Shape, depth: int) -> list[str]:
        found = {head: parts for head, parts in heads.items() if head.startswith("tuple")}
        for head in found:
            del heads[head]
        if not found:
            return []
        if len(found) == 1 and "tuple*" not in found:
            (parts,) = found.values()
            return [f"tuple[{', '.join(self.render(part, depth + 1) for part in parts) or '()'}]"]
        every = merged(*(part for parts in found.values() for part in parts))
        return [f"tuple[{self.render(every, depth + 1)}, ...]"]

    def _one(self, head: str, parts: list[Shape], depth: int) -> str:  # noqa: PLR0911 - one return a kind
        kind, _, name = head.partition(":")
        if kind == "Counter":
            return f"Counter[{self.render(parts[0], depth + 1)}]"
        if kind in _NAMES:
            return f"{kind}[{', '.join(self.render(part, depth + 1) for part in parts)}]"
        if kind == "class":
            return name
        if kind == "function":
            return self.callable(name, depth)
        if kind == "generator":
            items = self._seen.get(f"{name}:yield", {})
            return f"Iterator[{self.render(items, depth + 1)}]"
        if kind == "type":
            return f"type[{name.rpartition('.')[2]}]"
        if kind == "other":
            known = _OTHERS.get(name)
            if known is None:
                return UNKNOWN
            item = "str" if name in _STR_ITEMS else UNKNOWN
            return f"{known}[{item}]" if known in ("Iterator", "Pattern", "Match", "KeysView", "ValuesView") else known
        return kind

    def callable(self, name: str, depth: int = 0) -> str:
        """``Callable[[…], …]`` for a function of the program by its qualified name."""
        prefix = f"{name}:param:"
        parameters = [shape for key, shape in self._seen.items() if key.startswith(prefix)]
        result = self._seen.get(f"{name}:return", {})
        arguments = ", ".join(self.render(shape, depth + 1) for shape in parameters)
        return f"Callable[[{arguments}], {self.render(result, depth + 1)}]"


def filled(annotation: str, filler: str) -> str:
    """An annotation with ``filler`` wherever nothing was seen."""
    return annotation.replace(UNKNOWN, filler)
