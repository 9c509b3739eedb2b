"""Where pickles arrive without being handed to the reader: queues, caches, sockets of other machines, uploaded files,
and libraries that are told to read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.slices import Reads
from real.detector.ir.definitions import root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import below, calls_of, last_names, rows_of, tables
from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Setting

_WRITERS = last_names(Role.COPIES_FILE, Role.SAVED_DOWNLOAD) | {"download_file", "save", "write", "write_bytes"}
# What libraries are told: settings, and the formats among their values that are pickles.
_SETTINGS = {row.name: frozenset(row.values) for row in rows_of(Setting) if row.role is Role.PICKLE_FORMAT}
# Configuration is done by these, which are watched for.
CONFIGURING = last_names(Role.TOLD_FORMATS) | {"update"}


def received(facts: Facts, sites: Iterable[CallSite], is_test: Callable[[Atom, Reads], bool]) -> Iterator[Defect]:
    """``pickle.loads(redis.get("job"))``: data of the constant key of a store that others can write to."""
    for site in sites:
        for operand in site.operands((0,), ("data", "file"))[:1]:
            if facts.is_untrusted(facts.value(site.unit, operand)):
                continue  # a flow
            calls = facts.reads(site.unit, operand).calls
            comes_in = any(call.startswith(below(Role.PEER)) for call in calls) or _was_written(facts, site, operand)
            if comes_in and not facts.is_controlled(site.unit, site.instr, is_test):
                yield Defect(site.instr, "what arrives there decides what is called")


def _was_written(facts: Facts, site: CallSite, operand: int) -> bool:
    """``upload.save(path)``, ``path.write_bytes(upload.read())``: the file holds what came from outside."""
    key = _holder(site.unit, operand)
    for step in facts.before(site.unit, site.instr):
        name = str(step.extra[0]) if step.op == "method" else ""
        if name not in _WRITERS or not any(_holder(site.unit, arg) == key for arg in step.args):
            continue
        others = [arg for arg in step.args if _holder(site.unit, arg) != key]
        if any(facts.is_untrusted(facts.value(site.unit, arg)) for arg in others):
            return True
    return False


def _holder(unit: Unit, operand: int) -> int:
    """A file, its name or its path: the handle that they belong to."""
    operand = root(unit, operand)
    made = unit.defs[operand]
    if made is not None and made.op == "attr" and made.extra == "name":
        return root(unit, made.args[0])
    return operand


def told_to_unpickle(facts: Facts) -> Iterator[Defect]:
    """``accept_content=["pickle"]``, ``SESSION_SERIALIZER = "...PickleSerializer"``, ``recv_pyobj()``."""
    for site, _ in facts.tabled(calls_of(Role.PEER_PICKLE)):
        if not _asks_for_key(facts, site):
            yield Defect(site.instr, "it unpickles whatever a peer sends that needs no key")
    for site in facts.calls(*CONFIGURING):
        for name, bad in _SETTINGS.items():
            value = site.argument(None, name)
            if value is not None and facts.elements(value) & bad:
                yield Defect(site.instr, f"{name} admits pickles")
    for site, row in facts.tabled(calls_of(Role.DESERIALIZER)):
        for argument in row.arguments:
            if site.paths(None, argument.name) & tables((Kind.PICKLE,)).calls.keys():
                yield Defect(site.instr, f"{argument.name} unpickles every message")
    for unit, step in facts.steps():
        name = _set_name(unit, step) if step.op in ("setattr", "setcell") else ""
        if name in _SETTINGS and facts.elements(facts.value(unit, step.args[-1])) & _SETTINGS[name]:
            yield Defect(step, f"{name} admits pickles")


def _set_name(unit: Unit, step: Instr) -> str:
    if step.op == "setattr":
        return str(step.extra)
    return str(step.extra[1]) if step.op == "setcell" and unit.kind == "module" else ""


def _asks_for_key(facts: Facts, site: CallSite) -> bool:
    """Whether what made the connection was given a key that its peers must have."""
    maker = site.path.partition("()")[0]
    row = calls_of(Role.PEER_KEY).get(maker)
    return row is not None and any(
        made.argument(argument.position, argument.name) is not None
        for argument in row.arguments
        for made in facts.calls(maker)
    )
