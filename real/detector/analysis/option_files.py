"""``configparser``: a parser holds sections, and a section holds options, each apart from the others.

A section is a dict in a field of the parser. Where a name is not known, or a file was read, the parser holds one joined
content, as other objects of libraries do. Interpolation may put any option of a section into another.
"""

from __future__ import annotations

from real.detector.analysis.callsites import Args
from real.detector.analysis.heap import Heap
from real.detector.analysis.values import BOTTOM, NUMBER, Obj, Value, join, of_const, of_obj, ordered

_PARSERS = frozenset({f"configparser.{name}()" for name in ("ConfigParser", "RawConfigParser", "SafeConfigParser")})
_INTERPOLATED = ("%(", "${")


def is_option_file(obj: Obj) -> bool:
    """Whether an object of a library is a parser of option files."""
    return obj.name in _PARSERS


def option_method(heap: Heap, parser: Obj, name: str, args: Args) -> Value | None:
    """A method of a parser with known names; ``None``: it is like any other method."""
    section, option = _text(args.at(0)), _text(args.at(1))
    if name == "add_section" and section is not None:
        return NUMBER
    if name == "set" and len(args.pos) == 3 and section is not None and option is not None:
        options = heap.obj((parser, "section", section), "dict")
        heap.put(options, option.lower(), args.pos[2])
        heap.put(parser, section, of_obj(options))
        return NUMBER
    if name == "read_dict" and len(args.pos) == 1:
        return NUMBER if _take_sections(heap, parser, args.pos[0]) else None
    if name == "get" and section is not None and option is not None and not {"vars", "raw"} & args.named.keys():
        found = _option(heap, parser, section, option)
        return found if found is None else join(found, args.named.get("fallback", BOTTOM))
    return None


def sections(heap: Heap, parser: Obj, names: list[str]) -> Value | None:
    """``parser[name]``, where the sections are known and no option is put into another."""
    heap.touch(parser)
    if parser.elements is not BOTTOM or not names:
        return None
    result = BOTTOM
    for name in names:
        section = parser.fields.get(name, BOTTOM)
        heap.deep(section)  # what is in it matters
        if not section.objs or any(obj.kind != "dict" or _refers(obj) for obj in section.objs):
            return None
        result = join(result, section)
    return result


def _take_sections(heap: Heap, parser: Obj, value: Value) -> bool:
    if not value.objs or value.mask:
        return False
    for obj in ordered(value.objs):
        heap.touch(obj)
        if obj.kind != "dict" or obj.elements is not BOTTOM or obj.keys is not BOTTOM:
            return False
        for name, section in obj.fields.items():
            heap.put(parser, name, section)
    return True


def _option(heap: Heap, parser: Obj, section: str, option: str) -> Value | None:
    heap.touch(parser)
    holders = ordered(parser.fields.get(section, BOTTOM).objs)
    if parser.elements is not BOTTOM or not holders:
        return None
    result = BOTTOM
    for holder in holders:
        heap.touch(holder)
        key = option if option in holder.fields else option.lower()
        if holder.kind != "dict" or key not in holder.fields:
            return None
        item = heap.item(holder, of_const(key))
        result = join(result, join(item, heap.contents(holder)) if _is_interpolated(item) else item)
    return result


def _refers(section: Obj) -> bool:
    """Whether an option of a section may take in others."""
    return any(_is_interpolated(value) for value in section.fields.values())


def _is_interpolated(value: Value) -> bool:
    return any(mark in str(const) for const in value.consts or () for mark in _INTERPOLATED)


def _text(value: Value) -> str | None:
    const = next(iter(value.consts)) if value.consts is not None and len(value.consts) == 1 else None
    return const if isinstance(const, str) else None
