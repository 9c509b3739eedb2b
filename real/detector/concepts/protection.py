"""Whether what may protect a function would be in sight: only then does a check that is missing say much.

Who may use an endpoint is often said elsewhere: where its address is, where the application is made and its middleware
and hooks with it, where a router is included, in a class that it inherits from.
"""

from __future__ import annotations

from real.detector.analysis.facts import Facts
from real.detector.concepts.endpoints import Endpoint, app_of
from real.detector.concepts.known_endpoints import known_endpoints
from real.detector.concepts.permissions import declared_level
from real.detector.frontend.linking.positions import is_linked
from real.detector.ir.instructions import Unit
from real.detector.models.catalogue import calls_of, rows_of
from real.detector.models.kinds import Role
from real.detector.models.rows import Handler

_APPLICATIONS = frozenset(calls_of(Role.APPLICATION))
# Frameworks in which only a handler's own class can refuse a request.
_ALONE = frozenset(row.api.rpartition(".")[2] for row in rows_of(Handler) if row.is_alone)


def is_in_sight(facts: Facts, unit: Unit) -> bool:
    """Whether a function is an endpoint, or called by one, and nothing that is not seen can refuse a request to it.

    So it is where the application is made in the same file; and where others of the file say for themselves whom they
    let pass, since then each is expected to; but not in a class with a base of another file, which may ask for all.
    """
    endpoints = facts.shared(_endpoints)
    each_says_it = facts.shared(_each_says_it)
    makes_application = facts.shared(makes_own_application)
    seen: set[Unit] = set()
    work = [unit]
    while work:
        current = work.pop()
        if current in seen:
            continue
        seen.add(current)
        endpoint = endpoints.get(current)
        owner = endpoint.owner if endpoint is not None else app_of(facts).classes.get(current)
        if owner is not None and owner.is_partly_seen:
            continue
        if each_says_it and (endpoint is not None or current.kind == "class"):  # a view that the framework writes
            return True
        if endpoint is not None and not endpoint.elsewhere and (makes_application or _is_alone(endpoint)):
            return True
        work += [caller for caller, _, _ in facts.call_sites(current)]
        work += facts.copied_into(current)
    return False


def _is_alone(endpoint: Endpoint) -> bool:
    return endpoint.owner is not None and not _ALONE.isdisjoint(endpoint.owner.bases)


def _endpoints(facts: Facts) -> dict[Unit, Endpoint]:
    return {endpoint.unit: endpoint for endpoint in app_of(facts).endpoints}


def _each_says_it(facts: Facts) -> bool:
    """Whether an endpoint, or a class of endpoints, of the file declares whom it lets pass."""
    if any(who.declares and not is_linked(endpoint.unit.line) for endpoint, who in known_endpoints(facts)):
        return True
    app = app_of(facts)
    return any(not is_linked(unit.line) and declared_level(facts, app, cls)[0] for unit, cls in app.classes.items())


def makes_own_application(facts: Facts) -> bool:
    """Whether the application is made in the program's own file."""
    return any(
        str(name) in _APPLICATIONS
        for unit, instr in facts.steps("import", "call", "method")
        if not is_linked(instr.line)
        for name in ([instr.extra] if instr.op == "import" else facts.library_names(unit, instr))
    )
