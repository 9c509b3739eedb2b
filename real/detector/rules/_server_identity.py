"""Servers that are taken for what they say they are: certificates, names and host keys that are not verified (CWE-347).

``verify=False``, ``ssl.CERT_NONE``, ``check_hostname = False``, ``set_missing_host_key_policy(AutoAddPolicy())``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from real.detector.analysis.callsites import library_paths
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.values import Value
from real.detector.analysis.witness import every
from real.detector.ir.call_shapes import named_operands
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names
from real.detector.models.kinds import Role

_OFF = frozenset({False, None, "CERT_NONE"})  # 0 is False


def untrusted_servers(facts: Facts) -> Iterator[Defect]:
    """Connections to servers whose certificate is not verified."""
    for site, row in (*facts.tabled(calls_of(Role.SERVER_CHECK)), *facts.tabled(calls_of(Role.NO_VERIFICATION))):
        off = [site.constants(None, name) for argument in row.arguments for name in argument.names]
        if row.role is Role.NO_VERIFICATION or any(values and values <= _OFF - {None} for values in off):
            yield Defect(site.instr, "the certificate of the server is not verified")
    for unit, step in facts.steps("setattr"):
        if _is_check(facts, unit, step, Role.SERVER_CHECK) and _is_off(facts.value(unit, step.args[1])):
            if _serves(facts, unit, step.args[0]):
                continue
            yield Defect(step, "the certificate of the server is not verified")
        elif step.extra in last_names(Role.NO_VERIFICATION):
            yield Defect(step, "the certificates of all servers are accepted")


def _is_check(facts: Facts, unit: Unit, step: Instr, role: Role) -> bool:
    """Whether an attribute is set that says whether servers are verified, on an object of the library that has it."""
    owners = {path.partition(".")[0] for path in library_paths(facts.value(unit, step.args[0]))}
    return any(
        api.rpartition(".")[2] == step.extra and (not owners or api.partition(".")[0] in owners)
        for api in calls_of(role)
    )


def _serves(facts: Facts, unit: Unit, context: int) -> bool:
    """Whether a context is made for servers, or wraps sockets as one: what it does not verify is who asks."""
    made = facts.definitions(unit, context)
    if any(_is_clients(facts, unit, step, made) for step in facts.instructions(unit, "call", "method")):
        return False
    return any(
        library_paths(facts.value(unit, arg)) & calls_of(Role.SERVES).keys() for step in made for arg in step.args[1:]
    ) or any(
        site.unit is unit
        and definition(unit, site.instr.args[0]) in made
        and any(site.constants(None, argument.name or "") == {True} for argument in row.arguments)
        for site, row in facts.tabled(calls_of(Role.SERVES))
    )


def _is_clients(facts: Facts, unit: Unit, step: Instr, made: Collection[Instr]) -> bool:
    """Whether a call uses a context as clients do: for a host that it names, or to open something at an address."""
    named = dict(named_operands(step))
    if "server_hostname" in named and step.op == "method" and definition(unit, step.args[0]) in made:
        return True
    return "context" in named and definition(unit, named["context"]) in made


def _is_off(value: Value) -> bool:
    return value.consts == frozenset((False,)) or bool(library_paths(value) & calls_of(Role.NO_VERIFICATION).keys())


def unknown_hosts(facts: Facts, *, proves: bool) -> Iterator[Defect]:
    """Host keys that nobody asks for, and names in certificates that are not compared."""
    for site, row in facts.tabled(calls_of(Role.HOST_KEY_CHECK)):
        (argument,) = row.arguments
        value = site.argument(argument.position, argument.name)
        chosen = library_paths(value) if value is not None else frozenset()
        any_key = last_names(Role.ANY_HOST_KEY)
        is_any = any(path.removesuffix("()").rpartition(".")[2] in any_key for path in chosen)
        if is_any or site.constants(argument.position, argument.name) == {None}:
            yield Defect(site.instr, "whatever key the server shows is taken for its own")
    for unit in facts.units:
        stores = list(facts.instructions(unit, "setattr"))
        unchecked = [
            step
            for step in stores
            if _is_check(facts, unit, step, Role.HOSTNAME_CHECK)
            and library_paths(facts.value(unit, step.args[0]))
            and facts.constants(unit, step.args[1]) == {False}
        ]
        modes = last_names(Role.SERVER_CHECK)
        if unchecked and not proves and every(step.extra not in modes for step in stores):
            yield Defect(unchecked[0], "a certificate of any other host is accepted, too")
