"""What CWE-770 reads and unpacks whole: uploads, bodies, streams of a peer, archives."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.declared_types import parameter
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.endpoints import is_handler
from real.detector.ir.call_shapes import named_operands
from real.detector.ir.definitions import definition, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names, settings_of
from real.detector.models.kinds import Role
from real.detector.rules._bounds import is_bounded, is_measured

_MESSAGE_LIMITS = calls_of(Role.MESSAGE_LIMIT)
_LIMITS = settings_of(Role.BODY_LIMIT)
_STREAMS = frozenset({"rfile", "stream", "content"})
_UPLOADS = frozenset({"files", "FILES"})
_INFLATERS = frozenset(calls_of(Role.INFLATER))
_ARCHIVES = tuple(calls_of(Role.ARCHIVE))
_UNPACKERS = ("extractall", "extract", "read", "readlines")
_SERVERS = ("start_server", "start_unix_server")
_CHUNKS = ("recv", "read", "receive")  # as methods of sockets, streams and WebSockets begin that read a part
_PARTS = ("iter_", "aiter_", "stream")  # as methods of requests, httpx, aiohttp and Starlette begin that give all parts
_PLACE = re.compile(r"\?|%s|\$\d+")
_LIMIT = re.compile(r"(?i)\b(?:limit|top|fetch first)\s*$")
_NAMED_LIMIT = re.compile(r"(?i)\blimit\s+(?::(\w+)|%\((\w+)\)s|@(\w+))")
WATCHED = last_names(Role.MESSAGE_LIMIT, Role.INFLATER, Role.ARCHIVE, Role.ARCHIVE_MEMBER)
WATCHED |= {"body", "execute", "extract", "extractall", *_SERVERS}


def read_whole(facts: Facts) -> Iterator[Defect]:
    """``request.files["file"].read()``, ``await upload.read()``, ``await reader.read()`` without a limit."""
    if not _limits_bodies(facts):
        for site in facts.calls("read", "readlines"):
            yield from _read(facts, site)
    for site in facts.calls(*_INFLATERS):
        value = site.argument(0, "data")
        if value is None or not facts.is_untrusted(value):
            continue
        if not is_measured(facts, site.unit, site.instr):
            yield Defect(site.instr, "a small message may unpack to any size", facts.trace(value))
    yield from _unpacked(facts)


def switched_off(facts: Facts) -> Iterator[Defect]:
    """``websockets.serve(handler, max_size=None)``: a limit that the library has, taken away."""
    for site, row in facts.tabled(_MESSAGE_LIMITS):
        name = row.arguments[0].names[0]
        given = site.argument(None, name)
        if given is not None and given.consts and not any(given.consts) and not facts.is_untrusted(given):
            yield Defect(site.instr, f"`{name}` takes away the limit of what a peer may send at once")


def _limits_bodies(facts: Facts) -> bool:
    """Whether the program sets a limit for all bodies."""
    for unit, step in facts.steps():
        if step.op == "const" and isinstance(step.extra, str) and step.extra in _LIMITS:
            return True
        if step.op in ("setattr", "setcell", "assign") and str(step.var or step.extra) in _LIMITS:
            return True
        if any(name in _LIMITS and not _is_none(facts, unit, operand) for name, operand in named_operands(step)):
            return True
    return False


def _is_none(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether an argument says that there is no limit."""
    constants = facts.constants(unit, operand)
    return bool(constants) and not any(constants)


def _read(facts: Facts, site: CallSite) -> Iterator[Defect]:
    unit, instr = site.unit, site.instr
    if instr.op != "method" or not _reads_from_client(facts, unit, instr):
        return
    size = site.argument(0, "size")
    if size is not None and size.consts != frozenset((-1,)):
        operands = site.operands((0,), ("size", "n"))
        if not facts.is_untrusted(size) or is_bounded(facts, unit, operands[0]):
            return
        keys = {str(key).lower() for key in facts.reads(unit, operands[0]).keys}
        if "content-length" not in keys:
            return
    if not is_measured(facts, unit, instr):
        yield Defect(instr, "the client decides how much is read into memory")


def _reads_from_client(facts: Facts, unit: Unit, instr: Instr) -> bool:
    receiver = instr.args[0]
    reads = facts.reads(unit, receiver)
    made = definition(unit, receiver)
    if reads.attributes & _UPLOADS and "request" in {name.rpartition(".")[2] for name in (*reads.names, *reads.params)}:
        return True
    if made is None:
        return False
    if made.op == "method" and made.extra[0] == "next":
        return _is_multipart(unit, made.args[0])
    if made.op == "param":
        annotation, _ = parameter(unit, str(made.extra))
        if annotation is not None and "UploadFile" in ast.unparse(annotation):
            return True
        return _is_stream_of_server(facts, unit, str(made.extra))
    return made.op == "attr" and made.extra in _STREAMS and facts.is_untrusted(facts.value(unit, receiver))


def _is_multipart(unit: Unit, operand: int) -> bool:
    """``await request.multipart()``: a body that is read part by part, which no limit for bodies is about."""
    made = definition(unit, operand)
    return made is not None and made.op == "method" and made.extra[0] == "multipart"


def _is_stream_of_server(facts: Facts, unit: Unit, name: str) -> bool:
    """Whether a parameter is the reader that asyncio gives to the handler of a connection."""
    if unit.params.positional[unit.is_method :][:1] != (name,):
        return False
    for site in facts.calls(*_SERVERS):
        value = site.argument(0, "client_connected_cb")
        for obj in value.objs if value is not None else ():
            held = obj.fields.get("function") if obj.kind == "bound" else None
            if unit in (obj.unit, *(inner.unit for inner in (held.objs if held is not None else ()))):
                return True
    return False


def _unpacked(facts: Facts) -> Iterator[Defect]:
    """``ZipFile(upload).extractall(folder)``: forty kilobytes can unpack to gigabytes."""
    for site in facts.calls(*_UNPACKERS):
        opener = next((path for path in _ARCHIVES if site.path == f"{path}().{site.name}"), None)
        if opener is None or site.receiver is None or not facts.is_untrusted(site.receiver):
            continue
        if site.name == "read" and opener in calls_of(Role.COMPRESSED) and site.argument(0, "size") is not None:
            continue
        if not is_measured(facts, site.unit, site.instr):
            yield Defect(site.instr, "a small archive may unpack to any size", facts.trace(site.receiver))


def is_chunk(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a value is a part of what a peer sends: ``sock.recv()``, ``await reader.read(n)``, ``iter_chunked()``."""
    made = definition(unit, operand)
    if made is None:
        return False
    if made.op == "iterate":
        source = definition(unit, made.args[0])
        return source is not None and source.op == "method" and source.extra[0].startswith(_PARTS)
    if made.op != "method" or not made.extra[0].startswith(_CHUNKS):
        return False
    return made.extra[0] != "read" or _reads_from_client(facts, unit, made)


def pages(facts: Facts) -> Iterator[tuple[CallSite, int]]:
    """The operands that statements take as the number of rows: ``execute("... LIMIT ?", (n,))``."""
    for site in facts.calls("execute"):
        passed = site.operands((1,), ("parameters", "params", "args"))
        texts = [text for text in site.constants(0, "sql") if isinstance(text, str)]
        if site.argument(1, "parameters") is None or not texts or not is_handler(facts, site.unit):
            continue
        made = definition(site.unit, passed[0])
        if made is None or made.op != "build":
            continue
        for text in texts:
            if made.extra[0] in ("tuple", "list"):
                index = _limit_index(text)
                if index is not None and index < len(made.args):
                    yield site, made.args[index]
            else:
                named = _NAMED_LIMIT.search(text)
                wanted = next(filter(None, named.groups()), None) if named else None
                for step in facts.instructions(site.unit, "member"):
                    if root(site.unit, step.args[0]) == made.dst and step.extra == wanted:
                        yield site, step.args[1]


def _limit_index(statement: str) -> int | None:
    """Which placeholder of a statement is the number of rows."""
    for index, found in enumerate(_PLACE.finditer(statement)):
        if _LIMIT.search(statement[: found.start()]):
            return index
    return None
