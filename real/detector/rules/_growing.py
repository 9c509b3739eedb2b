"""Containers that grow with what comes in and are never emptied: of a module, and of an object (CWE-770)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.operations import ADDING, REMOVING, Operation
from real.detector.analysis.slices import Reads
from real.detector.analysis.values import NUM, Value
from real.detector.ir.definitions import definition, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.vocabulary import TRAFFIC_WORDS, words

# Calls that make a container without a limit; the arguments of a row set none.
_UNLIMITED = {path: len(row.arguments) for path, row in calls_of(Role.CONTAINER).items()}
# What measures a container or a text.
MEASURES = names("builtins.len qsize sys.getsizeof __len__ __sizeof__")
# What takes something out again.
_TAKING = REMOVING | {"get_nowait"}
_SURELY_ADDING = frozenset({"append", "appendleft", "put", "put_nowait"})
_QUEUES = frozenset(f"{path}()" for path in calls_of(Role.QUEUE))
# Those words of traffic that an object keeps for the answers of others; what else it keeps may be what it is for.
_KEPT = names("cache cached caches")
# Where frameworks have the address of a client: Flask, Django, aiohttp, tornado, http.server.
_ADDRESSES = names("remote_addr REMOTE_ADDR remote remote_ip client_address")
_PARTS = frozenset({"sub", "attr"})
_PART_METHODS = frozenset({"get", "setdefault"})
_SMALLER, _LARGER = ("Lt", "LtE"), ("Gt", "GtE")
_MAX_STEPS = 50


def empty_containers(facts: Facts) -> frozenset[str]:
    """The module's variables that only ever hold containers which start empty, have no limit, and are never emptied."""
    module = facts.units[0]
    found: dict[str, bool] = {}
    # What a call does that the module's code has in its place is the function's doing, which is looked at by itself.
    called = [range(unit.line, getattr(unit.node, "end_lineno", 0) + 1) for unit in facts.functions if unit.inlined]
    filled = {
        root(module, step.args[0])
        for step in facts.instructions(module, "setsub", "add", "merge")
        if not any(step.line in lines for lines in called)
    }
    for step in facts.instructions(module, "setcell"):
        name = str(step.extra[1])
        made = root(module, step.args[0])
        empty = made not in filled and _starts_empty(facts, module, made)
        found[name] = found.get(name, True) and empty
    for unit, step in facts.function_steps("builtin", "cell"):
        if str(step.extra[1]) not in found:
            elsewhere = step.op == "builtin" or module.number in step.extra[0]
            found[str(step.extra[1])] = elsewhere and not facts.value(unit, step.dst).objs  # a fragment
    for unit in facts.units if any(found.values()) else ():
        for step in facts.instructions(unit):
            for name in _emptied(facts, unit, step) if unit is not module else ():
                found[name] = False
    return frozenset(name for name, holds in found.items() if holds)


def instance_caches(facts: Facts) -> Iterator[Defect]:
    """``self.cache[key] = value`` where no method takes anything out again or looks at the size."""
    for start in facts.functions:
        if start.name != "__init__" or start.parent is None or start.parent.kind != "class":
            continue
        methods = [unit for unit in facts.functions if unit.parent is start.parent]
        for step in facts.instructions(start, "setattr"):
            if not words(str(step.extra)) & _KEPT:
                continue
            if _starts_empty(facts, start, root(start, step.args[1])):
                uses = [found for unit in methods for found in _attribute_uses(facts, unit, str(step.extra))]
                grown = [found for found in uses if found is not None]
                if grown and len(grown) == len(uses):
                    yield Defect(grown[0], f"`{step.extra}` grows with every new key, without limit")


def _attribute_uses(facts: Facts, unit: Unit, name: str) -> Iterator[Instr | None]:
    """The stores under an untrusted key into an attribute of self; ``None`` for what keeps it small."""
    for step in facts.instructions(unit):
        held = definition(unit, step.args[0]) if step.args and isinstance(step.args[0], int) else None
        on_it = held is not None and held.op == "attr" and held.extra == name
        replaced = step.op == "setattr" and step.extra == name and unit.name != "__init__"
        emptied = on_it and (step.op == "delsub" or (step.op == "method" and step.extra[0] in REMOVING))
        if replaced or emptied or _measures(facts, unit, step, name):
            yield None
        elif (
            on_it
            and step.op == "setsub"
            and facts.is_untrusted(facts.value(unit, step.args[1]))
            and (not _remembers(facts, unit, step.args[2]))
        ):
            yield step


def _remembers(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a recursive function puts down its results: what is stored is made of what it returned to itself."""
    return any(
        step.op in ("call", "method") and unit in facts.called(step) for step in facts.definitions(unit, operand)
    )


def _measures(facts: Facts, unit: Unit, step: Instr, name: str) -> bool:
    if step.op not in ("call", "method") or not facts.library_names(unit, step) & MEASURES:
        return False
    return any(name in facts.reads(unit, arg).attributes for arg in step.args[1:])


def _starts_empty(facts: Facts, unit: Unit, operand: int) -> bool:
    made = unit.defs[operand]
    if made is None:
        return False
    if made.op == "build":
        return not made.args and made.extra[0] in ("list", "dict", "set")
    limits = [_UNLIMITED[name] for name in facts.library_names(unit, made) if name in _UNLIMITED]
    return bool(limits) and len(made.args) - 1 <= max(limits)


def _emptied(facts: Facts, unit: Unit, step: Instr) -> Iterator[str]:
    """The module's variable from which an instruction takes something out, or which it replaces."""
    if step.op == "setcell":
        yield str(step.extra[1])
    elif step.op == "delsub" or (step.op == "method" and _takes(facts, unit, step)):
        yield from _container(unit, step.args[0])


def _takes(facts: Facts, unit: Unit, method: Instr) -> bool:
    name = method.extra[0]
    return name in _TAKING or (name == "get" and _is_queue(facts.value(unit, method.args[0])))


def _is_queue(value: Value) -> bool:
    return any(obj.name in _QUEUES for obj in value.objs)


def _container(unit: Unit, operand: int) -> list[str]:
    """The global variable that a container is, or is a part of."""
    for _ in range(_MAX_STEPS):
        operand = root(unit, operand)
        made = unit.defs[operand]
        if made is None:
            break
        if made.op in ("cell", "builtin"):
            return [str(made.extra[1])]
        if made.op not in _PARTS and not (made.op == "method" and made.extra[0] in _PART_METHODS):
            break
        operand = made.args[0]
    return []


def growing(facts: Facts, unit: Unit, empty: frozenset[str]) -> Iterator[Defect]:
    for operation in facts.operations(unit):
        container = empty.intersection(_container(unit, operation.base))
        if not container or operation.kind != "store":
            continue
        follows = any(words(name) & TRAFFIC_WORDS for name in container)
        if not (follows and _adds(facts, operation)) and not _is_by_address(facts, operation):
            continue
        if operation.value is not None and _remembers(facts, unit, operation.value):
            continue
        if not facts.is_controlled(unit, operation.instr, _limit_of(facts, container)):
            stored = facts.value(unit, operation.value if operation.value is not None else operation.base)
            message = f"`{min(container)}` grows with every call, without limit"
            yield Defect(operation.instr, message, facts.trace(stored))
            return


def _adds(facts: Facts, operation: Operation) -> bool:
    """Whether a store makes a new entry of data from outside."""
    unit = operation.unit
    if operation.value is None or not _comes_from_outside(facts, unit, operation.value):
        return False
    if _is_empty(facts, unit, root(unit, operation.value)):
        return False  # what is put into it later counts
    direct = definition(unit, operation.base)
    if operation.name in ADDING - {"update", "setdefault"}:
        # `session.add(row)` and `client.put(key, value)` of an undefined name are no containers of the module
        unknown = direct is not None and direct.op == "builtin"
        return not unknown or (operation.name in _SURELY_ADDING and len(operation.instr.args) == 2)
    return (
        direct is not None
        and direct.op in ("cell", "builtin")
        and operation.key is not None
        and _is_outside_text(facts, facts.value(unit, operation.key))
    )


def _is_by_address(facts: Facts, operation: Operation) -> bool:
    """``hits[request.remote_addr] = ...``: an entry for each address that asks, whatever is put down there."""
    keys = [operation.base] if operation.key is None else [operation.key, operation.base]
    for reads in (facts.reads(operation.unit, key) for key in keys):
        if {"client", "host"} <= reads.attributes or _ADDRESSES & (reads.attributes | reads.keys):
            return True
    return False


def _comes_from_outside(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a value is made from data from outside, also where its own size has been tested."""
    value = facts.value(unit, operand)
    if value.kind == NUM:
        return False
    if facts.is_untrusted(value):
        return True
    origins = facts.reads(unit, operand).origins
    return any(_is_outside_text(facts, facts.value(unit, origin.instr.dst)) for origin in origins)


def _is_empty(facts: Facts, unit: Unit, operand: int) -> bool:
    """A container that the function makes without an element."""
    stores = (step for step in facts.instructions(unit, "setsub", "add", "merge"))
    return _starts_empty(facts, unit, operand) and not any(root(unit, step.args[0]) == operand for step in stores)


def _is_outside_text(facts: Facts, value: Value) -> bool:
    """Data from outside of which the sender decides how large it is: no number."""
    return facts.is_untrusted(value) and value.kind != NUM


def _limit_of(facts: Facts, container: frozenset[str]) -> Callable[[Atom, Reads], bool]:
    """The test that the container is below a limit, or that the entry replaces one."""

    def is_limit(atom: Atom, reads: Reads) -> bool:
        if not container & reads.names:
            return False
        if atom.op == "In":
            return bool(container & facts.reads(atom.unit, atom.operands[1]).names) and atom.necessary
        if atom.op == "call":
            return atom.sense is False and atom.method == "full"
        return _is_below(facts, atom)

    return is_limit


def _is_below(facts: Facts, atom: Atom) -> bool:
    """A measure is compared with a limit that the program sets, and is the smaller one."""
    if atom.op not in (*_SMALLER, *_LARGER, "Eq", "NotEq") or len(atom.operands) != 2:
        return False
    left, right = atom.operands
    small, large = (right, left) if atom.op in _LARGER else (left, right)
    return bool(facts.reads(atom.unit, small).calls & MEASURES) and not facts.is_untrusted(
        facts.value(atom.unit, large)
    )
