"""CWE-770: Allocation of resources without limits or throttling (https://cwe.mitre.org/data/definitions/770.html)

What: the outside decides how much memory or time the program spends, and nothing sets a limit.

Why: one sender who goes on sending, or who asks for a million rows, stops the service for everybody.

The sensitive operation:
- a new entry, with data from outside, in a container of the module that starts empty and is named for what comes and
  goes, not for records that are to be kept: cache[key] = data, log.append(message), queue.put(task),
  rooms[name].append(text); in a fragment, a container that it leaves undefined;
- what a peer sends, put behind what it sent before: buffer += connection.recv(4096), or self.buffer += data in
  data_received() of a protocol;
- a thread for every connection that is accepted, or for every request;
- self.cache[key] = value in an object, @lru_cache(maxsize=None) on what a view calls with the client's words;
- a number that a web request names as a size or a count: range(n), bytes(n), [0] * n, query.limit(n), "LIMIT ?";
- an upload, a body, a part of a multipart body or a stream that is read whole, where the program sets no limit for
  bodies; a limit for messages or bodies that a library has and the program takes away: serve(..., max_size=None);
- an archive or a compressed message from outside that is unpacked, or inflated without max_length;
- a length of 32 bits in a message that is allocated or awaited whole: bytearray(n), readexactly(n);
- a picture or an array whose sides are parsed from a text;
- a paginator of REST framework that lets the client choose and has no maximum; the end of a slice of a query set.

The check: a comparison of the size with a limit, on which the operation depends.

Bad:
    def remember(user, data):
        CACHE[user] = data

Good:
    def remember(user, data):
        if len(CACHE) >= 10_000 or len(data) > 1_000:
            raise OverflowError("full")
        CACHE[user] = data

What silences it:
- a comparison of the container's len() or qsize(), or of the text's, with a limit, that decides whether the operation
  is reached; for a number, a comparison of it with a limit, min(n, LIMIT), Query(le=LIMIT) of FastAPI,
  Field(le=LIMIT) of pydantic;
- read(n), MAX_CONTENT_LENGTH, client_max_size; a comparison of file_size, Content-Length, or len() of what was read;
- a container with a limit of its own: deque(maxlen=...), Queue(maxsize=...), lru_cache, cachetools;
- something that is taken out of the container again: pop(), popitem(), popleft(), del, clear(), or get() of a queue;
- a test that the key is there already, so that the entry replaces one.

What does not: a limit on the size of one entry alone, a test that the entry is not there yet, catching MemoryError, a
comparison whose outcome the operation does not depend on.

Sources: https://cheatsheetseries.owasp.org/cheatsheets/Denial_of_Service_Cheat_Sheet.html,
https://docs.python.org/3/library/collections.html#collections.deque, https://docs.python.org/3/library/queue.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.endpoints import is_handler
from real.detector.ir.instructions import Instr
from real.detector.models.catalogue import calls_of, last_names
from real.detector.models.kinds import Role
from real.detector.rule import Rule
from real.detector.rules._amounts import SIZES, repeated, size, sized
from real.detector.rules._bounds import COMPARISONS, is_compared
from real.detector.rules._framing import WATCHED as FRAMES
from real.detector.rules._framing import told_sizes
from real.detector.rules._growing import empty_containers, growing, instance_caches
from real.detector.rules._pagination import slices, unlimited_paginators
from real.detector.rules._received import received
from real.detector.rules._unbounded import WATCHED, pages, read_whole, switched_off


def _check(facts: Facts) -> Iterator[Defect]:
    empty = empty_containers(facts)
    for unit in facts.functions:
        if empty:
            yield from growing(facts, unit, empty)
        yield from received(facts, unit)
        yield from repeated(facts, unit)
    for site, row in facts.tabled(SIZES):
        yield from sized(facts, site, row.arguments)
    for site in facts.calls("search"):  # Elasticsearch and OpenSearch: how many documents
        if site.argument(None, "size") is not None:
            for operand in site.operands((), ("size",)):
                yield from size(facts, site.unit, site.instr, operand, "the page")
    for site, operand in pages(facts):
        yield from size(facts, site.unit, site.instr, operand, "the page")
    for unit, instr, operand in slices(facts):
        if not is_compared(facts, unit, instr, operand):
            yield from size(facts, unit, instr, operand, "the slice")
    yield from unlimited_paginators(facts)
    yield from told_sizes(facts)
    yield from _threads(facts)
    yield from read_whole(facts)
    yield from switched_off(facts)
    yield from _caches(facts)
    yield from instance_caches(facts)


def _threads(facts: Facts) -> Iterator[Defect]:
    """A thread for every connection that is accepted, however many there are."""
    for site in facts.calls(*calls_of(Role.THREAD)):
        accepts = any(s.op == "method" and s.extra[0] == "accept" for s in facts.instructions(site.unit))
        if any(_waits(s) for s in facts.instructions(site.unit)):
            continue
        if accepts and site.unit.has_loop:
            yield Defect(site.instr, "every connection starts one more thread, without limit")
        elif is_handler(facts, site.unit) and facts.is_open(site.unit):
            yield Defect(site.instr, "every request starts one more thread, without limit")


def _caches(facts: Facts) -> Iterator[Defect]:
    """``@lru_cache(maxsize=None)`` on a function that a view calls with what the client sent."""
    for unit in facts.functions:
        if not any(_is_endless(decorator) for decorator in getattr(unit.node, "decorator_list", ())):
            continue
        for caller, call, _ in facts.call_sites(unit):
            passed = call.args[1:]
            if is_handler(facts, caller) and any(facts.is_untrusted(facts.value(caller, arg)) for arg in passed):
                yield Defect(call, f"the cache of {unit.name}() grows with every new request, without limit")
                break


def _is_endless(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = ast.unparse(called).rpartition(".")[2]
    if not isinstance(decorator, ast.Call):
        return name in last_names(Role.KEEPS_ALL)
    sizes = [*decorator.args[:1], *(keyword.value for keyword in decorator.keywords if keyword.arg == "maxsize")]
    return name in last_names(Role.KEEPS_SOME) and any(
        isinstance(size, ast.Constant) and size.value is None for size in sizes
    )


def _waits(step: Instr) -> bool:
    """A semaphore, or a test of how many there are."""
    return (step.op == "method" and step.extra[0] in ("acquire", "active_count", "join")) or (
        step.op == "compare" and step.extra[0] in COMPARISONS
    )


RULE = Rule(
    cwe="CWE-770",
    title="Allocation of resources without limits",
    doc=__doc__ or "",
    fix="compare the size with a limit before the operation and stop if it is reached: `if len(cache) >= LIMIT: raise`",
    what="size",
    numbers_are_harmless=False,
    limits_matter=True,
    check=_check,
    asks_for_checks=True,
    asks=(Role.SIZE, Role.INFLATER, Role.THREAD),
    watches=frozenset({"search", *WATCHED, *FRAMES}),
)
