"""Functions that let something depend on who asks, beyond that somebody does."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.called_names import named_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.operations import ADDING, REMOVING
from real.detector.analysis.witness import every
from real.detector.concepts.identity import asks_for_presence
from real.detector.concepts.look_ups import looks_up
from real.detector.concepts.principals import Principal
from real.detector.concepts.request_parts import told
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import last_names
from real.detector.models.kinds import Role
from real.detector.models.library import BUILTINS, LOG_METHODS, RENDERERS
from real.detector.vocabulary import PRIVILEGES, words

# Attributes that say what somebody may do; whose something is says nothing until it is compared.
_RIGHTS = PRIVILEGES - {"owner", "owners"}


def decides(
    facts: Facts, unit: Unit, who: Principal | None = None, around: Unit | None = None, until: Instr | None = None
) -> bool:
    """Whether a function lets something depend on who asks, beyond that somebody does.

    A decorator ``around`` an endpoint decides by the arguments that the endpoint has. What can only be reached when
    ``until`` is done decides too late.
    """
    decisions = _decisions(facts, who or Principal(unit), around)
    return any(until is None or until not in facts.before(unit, decision) for decision in decisions)


def _decisions(facts: Facts, who: Principal, around: Unit | None) -> Iterator[Instr]:
    """The comparisons, calls and attributes by which a function decides."""
    unit = who.unit
    for instr in facts.instructions(unit):
        if instr.op == "compare":
            if around is not None and _asks_for_others(facts, unit, instr, around):
                continue
            said = any(_is_principal(facts, who, arg) for arg in instr.args) and not asks_for_presence(
                facts, unit, instr
            )
            if (said or _mentions_privilege(facts, unit, instr)) and not facts.is_idle(unit, instr):
                yield instr
        elif instr.op in ("call", "method"):
            if _calls_check(facts, who, instr):
                yield instr
        elif instr.op == "attr":
            named = words(str(instr.extra)) & _RIGHTS and not str(instr.extra)[:1].isupper()
            if named and not facts.is_idle(unit, instr) and not _is_changed(unit, instr):
                yield instr
        elif instr.op == "sub" and who.is_principal(facts, instr.args[1]):
            yield instr


def _is_principal(facts: Facts, who: Principal, operand: int) -> bool:
    """Whether a value says who asks, and the client cannot give another: ``args.get("user", current_user.id)``."""
    return who.is_principal(facts, operand) and told(facts, who.unit, operand) is None


def _is_changed(unit: Unit, attribute: Instr) -> bool:
    """``user.roles.append(role)``: what somebody may do is given or taken here, and nothing is asked."""
    users = [step for block in unit.blocks for step in block.instrs if attribute.dst in step.args]
    return bool(users) and every(
        step.op == "method" and step.args[0] == attribute.dst and step.extra[0] in ADDING | REMOVING for step in users
    )


def decides_or_asks(facts: Facts, unit: Unit, who: Principal, until: Instr | None = None) -> bool:
    """Whether a function decides before something is done, or one that it calls."""
    helpers = {
        callee
        for instr in facts.instructions(unit)
        if until is None or until not in facts.before(unit, instr)
        for callee in facts.run_by(unit, instr)
    }
    return decides(facts, unit, who, until=until) or any(decides(facts, helper) for helper in helpers)


def _asks_for_others(facts: Facts, unit: Unit, compare: Instr, around: Unit) -> bool:
    """``kwargs["account_id"]`` where the decorated function calls that argument otherwise: it is never there."""
    for operand in compare.args:
        reads = facts.reads(unit, operand)
        is_keyword = unit.params.kwarg in reads.params and bool(reads.keys)
        if is_keyword and reads.keys.isdisjoint(around.params.names) and around.params.kwarg is None:
            return True
    return False


def _calls_check(facts: Facts, who: Principal, instr: Instr) -> bool:
    """A call whose name asks for a permission, or that is told who asks and does more than look that person up."""
    unit = who.unit
    own = facts.called(instr)
    if own and not any(not facts.does_nothing(callee) for callee in facts.run_by(unit, instr)):
        return False
    called = named_words(facts, unit, instr) | {callee.name for callee in own}
    if "compare_digest" in called:
        return True  # a key that is shared with a machine
    if any(words(name) & PRIVILEGES and not name[:1].isupper() for name in called):
        return True
    passed = _leaves(unit, instr.args[1:])
    if not any(_is_principal(facts, who, arg) for arg in passed) or called & _TELLING:
        return False
    if looks_up(called):
        return any(who.is_client(facts, arg) for arg in passed)
    return True


def _leaves(unit: Unit, operands: list[int]) -> list[int]:
    found: list[int] = []
    for operand in operands:
        made = unit.defs[operand]
        while made is not None and made.op in ("assign", "copy", "pi"):
            made = unit.defs[made.args[0]]
        if made is not None and made.op == "build":
            found += made.args
        else:
            found.append(operand)
    return found


# Calls that tell or convert who asks: nothing is decided there.
_TELLING = (
    LOG_METHODS
    | BUILTINS
    | RENDERERS
    | {"append", "decode", "update"}
    | last_names(Role.JSON_PARSER, Role.RESPONSE, Role.SHORTCUT)
)


def _mentions_privilege(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """``claims.get("role") != "admin"``, and not whether there is such a role: ``role is None``."""
    if instr.extra[0] in ("Is", "IsNot"):
        return False
    reads = facts.reads(unit, instr.dst)
    asked = {*reads.names, *(key for key in (*reads.keys, *reads.constants) if isinstance(key, str) and " " not in key)}
    return any(words(name) & _RIGHTS for name in asked)
