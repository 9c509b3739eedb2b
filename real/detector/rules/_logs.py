"""What programs write to logs and consoles as it is (CWE-532): passwords, keys, addresses that hold them."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.called_names import library_words
from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.endpoints import is_handler
from real.detector.concepts.secrets import (
    Place,
    addresses,
    is_credential_address,
    is_environment,
    is_lookup,
    is_masked,
    is_secret,
    place,
    secret_fields,
    secret_name,
    secrets_inside,
)
from real.detector.ir.call_shapes import passed_operands
from real.detector.ir.definitions import definition, name_of, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import below, calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import LOG_METHODS
from real.detector.rules._whole_records import taken_away
from real.detector.vocabulary import CREDENTIAL_HEADERS, LOG_WORDS, words

LOGGERS = LOG_METHODS | {"print", "success", "trace"}
_WHOLE = ("__dict__",)
_CONVERSIONS = frozenset({"str", "repr", "dict", "dumps", "pformat", "asdict", "vars", "list", "decode"})


def logged(facts: Facts) -> Iterator[Defect]:
    """Lines of a log, or on the console where it comes from the environment, that show a secret."""
    sites = [site for site in facts.calls(*LOGGERS) if _is_log(facts, site)]
    if not sites:
        return
    inside, connected = secrets_inside(facts), addresses(facts)
    for site in sites:
        found = _shown_in(facts, site, inside, connected)
        if found is not None:
            yield Defect(site.instr, f"{found} is written to the log")


def _is_log(facts: Facts, site: CallSite) -> bool:
    if site.path == "builtins.print" or site.path.startswith(below(Role.LOG)):
        return True
    if site.path or site.instr.op != "method" or site.name in ("print", "success", "trace"):
        return False
    made = definition(site.unit, site.instr.args[0])
    if made is None:
        return False
    return bool(words(name_of(made)) & LOG_WORDS) and not facts.called(site.instr)


def _shown_in(facts: Facts, site: CallSite, inside: dict[Place, str], connected: dict[Place, str]) -> str | None:
    console = site.path == "builtins.print" and not is_handler(facts, site.unit)  # a server's output is its log
    for operand in site.instr.args[1:]:
        for step in text_of(facts, site.unit, operand):
            if is_masked(facts, site.unit, step):
                continue
            named = secret_name(facts, site.unit, step) or _called_secret(site.unit, step)
            secret = named or _announced(facts, site, step)
            if secret is not None and (not console or _is_setting(facts, site.unit, step)):
                return f"`{secret}`"
            where = place(facts, site.unit, step.dst)
            if where in connected or _is_address(facts, site.unit, step):
                return "an address that holds a password"
            if _is_whole_environment(facts, site.unit, step):
                return "the whole environment"
            if console:
                continue
            if _is_headers(facts, site.unit, step):
                return "every header of a request, also those by which the client proves who it is,"
            fields = {inside[where]} if where in inside else _fields(facts, site.unit, step)
            if fields:
                return f"`{min(fields)}` with all the rest"
    return None


def _is_headers(facts: Facts, unit: Unit, step: Instr) -> bool:
    """``request.headers`` as a whole, or the headers of a session into which the program puts a credential."""
    if step.op != "attr" or step.extra != "headers":
        return False
    holder = definition(unit, step.args[0])
    if holder is None:
        return False
    if name_of(holder) in ("request", "req"):
        return True
    where = place(facts, unit, step.dst)
    return where is not None and any(
        store.op == "setsub"
        and any(str(key).lower() in CREDENTIAL_HEADERS for key in facts.constants(inner, store.args[1]))
        and (place(facts, inner, store.args[0]) or ((), ()))[1] == where[1]
        for inner, store in facts.steps()
    )


def shown_in_repr(facts: Facts) -> Iterator[Defect]:
    """``def __repr__(self): return f"{self.user}:{self.password}"``: what every log and traceback shows."""
    for unit in facts.functions:
        if unit.name not in ("__repr__", "__str__") or not unit.is_method:
            continue
        for step in facts.instructions(unit):
            for part in text_of(facts, unit, step.args[0]) if step.op == "return" else ():
                secret = secret_name(facts, unit, part) if part.op == "attr" else None
                if secret is not None:
                    yield Defect(step, f"{unit.name}() shows `{secret}` wherever the object is printed or logged")
                    break


def _called_secret(unit: Unit, step: Instr) -> str | None:
    """The name of the variable in which the program keeps a secret that a call has made."""
    if step.op not in ("call", "method"):
        return None
    kept = (
        str(other.var or other.extra)
        for block in unit.blocks
        for other in block.instrs
        if other.op == "assign" and root(unit, other.args[0]) == step.dst
    )
    return next((name for name in kept if is_secret(name)), None)


def _announced(facts: Facts, site: CallSite, step: Instr) -> str | None:
    """What the line itself calls a secret, where the value is one that nobody can guess."""
    made = facts.library_names(site.unit, step) & calls_of(Role.RANDOM).keys()
    if not made:
        return None
    operands = site.instr.args[1:]
    texts = {text for arg in operands for text in facts.reads(site.unit, arg).constants if isinstance(text, str)}
    return min(made) if any(is_secret(text) for text in texts) else None


def _fields(facts: Facts, unit: Unit, step: Instr) -> set[str]:
    """The secrets of what is shown with all its fields: a data class, a model of pydantic, a dict."""
    found: set[str] = set()
    for obj in facts.value(unit, step.dst).objs:
        if obj.kind == "instance" and obj.unit is not None and _shows_fields(facts, obj.unit):
            found |= secret_fields(facts, obj.unit)
        elif obj.kind == "dict" and step.op == "param":
            found |= {str(key) for key, held in obj.fields.items() if _is_credential(str(key)) and held.consts is None}
    stores = (store for store in facts.instructions(unit, "setsub") if _puts_into(unit, store, step.dst))
    keys = (definition(unit, store.args[1]) for store in stores)
    found |= {
        str(key.extra) for key in keys if key is not None and key.op == "const" and _is_credential(str(key.extra))
    }
    return found - taken_away(facts, unit) - _masked(facts, unit) if found else found


def _is_credential(key: str) -> bool:
    return is_secret(key) or key.lower() in CREDENTIAL_HEADERS


def _masked(facts: Facts, unit: Unit) -> set[str]:
    """The keys that a function overwrites with a text of its own: ``shown["password"] = "***"``."""
    return {
        str(key)
        for step in facts.instructions(unit, "setsub", "member")
        if facts.constants(unit, step.args[-1])
        for key in facts.constants(unit, step.args[1])
    }


def _shows_fields(facts: Facts, owner: Unit) -> bool:
    declared = facts.declarations(owner).last_words
    return bool(declared & {"dataclass", "BaseModel", "NamedTuple", "define", "attrs"}) and not any(
        unit.parent is owner and unit.name in ("__repr__", "__str__") for unit in facts.functions
    )


def _is_address(facts: Facts, unit: Unit, step: Instr) -> bool:
    """``os.environ["DATABASE_URL"]``, also where a parameter is given it."""
    if step.op == "param":
        passed = [
            (caller, operand)
            for caller, call, bound in facts.call_sites(unit)
            for operand in passed_operands(call, unit, bound).get(str(step.extra), [])
        ]
        return any(_is_read_address(facts, caller, definition(caller, operand)) for caller, operand in passed)
    return _is_read_address(facts, unit, step)


def _is_read_address(facts: Facts, unit: Unit, step: Instr | None) -> bool:
    if step is None or (step.op != "sub" and not is_lookup(facts, unit, step)):
        return False
    keys = [key for key in facts.constants(unit, step.args[1]) if isinstance(key, str)]
    return any(is_credential_address(key) for key in keys) and (
        is_environment(facts.reads(unit, step.dst)) or "config" in facts.reads(unit, step.dst).words
    )


def _is_whole_environment(facts: Facts, unit: Unit, step: Instr) -> bool:
    names = {obj.name for obj in facts.value(unit, step.dst).objs if obj.kind == "api"}
    where = place(facts, unit, step.dst) if step.op == "attr" else None
    if where is not None:
        names.add(".".join(map(str, (where[0], *where[1]))))
    return not names.isdisjoint(calls_of(Role.ENVIRONMENT))


def text_of(facts: Facts, unit: Unit, operand: int) -> list[Instr]:
    """What a text is put together from, calls other than conversions not followed."""
    found: list[Instr] = []
    work = [root(unit, operand)]
    for current in work:  # grows while it is walked
        made = unit.defs[current]
        if made is None or made in found:
            continue
        found.append(made)
        following: list[int] = []
        if made.op in ("fstring", "binop", "build"):
            stored = (step.args[-1] for step in facts.instructions(unit) if _puts_into(unit, step, current))
            following = [*made.args, *(stored if made.op == "build" else ())]
        elif _is_conversion(facts, unit, made):
            following = made.args if _is_own_text(made) else made.args[1:]
        elif made.op == "attr" and made.extra in _WHOLE:
            following = made.args
        work += [root(unit, arg) for arg in following]
    return found


def _puts_into(unit: Unit, step: Instr, container: int) -> bool:
    return step.op in ("member", "setsub") and root(unit, step.args[0]) == container


def _is_conversion(facts: Facts, unit: Unit, made: Instr) -> bool:
    return _is_own_text(made) or (
        made.op in ("call", "method") and bool(library_words(facts, unit, made) & _CONVERSIONS)
    )


def _is_own_text(made: Instr) -> bool:
    """A method that makes a text or a copy of its object."""
    return made.op == "method" and made.extra[0] in (
        "format",
        "decode",
        "join",
        "copy",
        "to_dict",
        "model_dump",
        "dict",
    )


def _is_setting(facts: Facts, unit: Unit, step: Instr) -> bool:
    """Whether a value is read from the environment, here or at the top level of the module."""
    if is_environment(facts.reads(unit, step.dst)):
        return True
    module = facts.units[0]
    return step.op in ("cell", "builtin") and any(
        store.op == "setcell" and store.extra[1] == step.extra[1] and is_environment(facts.reads(module, store.args[0]))
        for store in facts.instructions(module)
    )
