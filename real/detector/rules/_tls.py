"""Versions and ciphers of TLS that are broken, whoever is asked for them (RFC 8996 deprecates TLS 1.0 and 1.1).

``connect(host, ssl_version=ssl.PROTOCOL_TLSv1)`` asks for TLS 1.0 whatever the function is: nothing but TLS takes such
a constant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from real.detector.analysis.callsites import library_paths
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.ir.call_shapes import shape_of
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names
from real.detector.models.kinds import Role
from real.detector.models.library import LOG_METHODS, names
from real.detector.vocabulary import words

_BROKEN = frozenset(calls_of(Role.BROKEN_TLS))
# What an old name for "any version" admits, and the lowest that the library has.
_ANY_VERSION = frozenset(calls_of(Role.ANY_TLS))
_LOWEST = frozenset(calls_of(Role.LOWEST_TLS))
_CONTEXTS = frozenset(calls_of(Role.TLS_CONTEXT))
_CIPHERS = last_names(Role.TLS_CIPHERS)
_WEAK_TEXT = re.compile(r"(?i)(?:ssl_?v?[23](?:[._]0)?|tls_?v?1(?:[._][01])?|(?:sslv?|tlsv?)?1[._][01])")
_WEAK_SUITES = re.compile(
    r"(?:^|[:, +])(?:ALL|COMPLEMENTOFALL|aNULL|eNULL|NULL|LOW|EXP|EXPORT|RC4|DES|3DES|MD5|ADH)\b|SECLEVEL=0"
)
_REFUSED = re.compile(r"[!-][\w+-]+")
_CLOSING = frozenset(calls_of(Role.ADMITTING_TLS))
_VERSIONS = names("version protocol protocols method minimum min")
_TLS = names("ssl tls")
# They look at a constant, or keep it in a table, and open no connection.
_LOOKING = LOG_METHODS | names(
    "append add get index count remove discard setdefault isinstance hasattr getattr print str repr int format"
)
TLS_CALLS = _CIPHERS | last_names(Role.TLS_CONTEXT, Role.OLD_TLS)


def tls_settings(facts: Facts) -> Iterator[Defect]:
    """Broken versions and ciphers that are asked for, by any call, setting or attribute."""
    for unit, step in facts.steps():
        broken = None
        if step.op in ("call", "method"):
            broken = _asked(facts, unit, step)
        elif step.op == "setsub":
            broken = _of_setting(facts, unit, step)
        elif step.op in ("setattr", "setmember"):
            broken = _of_attribute(facts, unit, step)
        if broken is not None:
            yield Defect(step, f"{broken} admits protocols that are broken")
        elif _opened_protocols(facts, unit, step):
            yield Defect(step, "the options admit protocols that are broken")
    yield from _old_defaults(facts)
    yield from _ciphers(facts)


def _paths(facts: Facts, unit: Unit, operand: int, more: frozenset[str] = frozenset()) -> str | None:
    paths = library_paths(facts.value(unit, operand))
    return min((path for path in paths if path in _BROKEN or path in more), default=None)


def _asked(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """A version among the arguments of a call of something that is not here."""
    shape = shape_of(step)
    called = facts.library_names(unit, step)
    name = str(step.extra[0]) if step.op == "method" else ""
    is_context = any(path in _CONTEXTS for path in called)
    last = {path.rpartition(".")[2] for path in called} | {name}
    if shape is None or facts.called(step) or last & _LOOKING or any(text.startswith("assert") for text in last):
        return None
    count = len(shape.starred)
    for operand in step.args[1 : 1 + count]:
        found = _paths(facts, unit, operand, _ANY_VERSION if is_context else frozenset())
        if found is not None:
            return found
    for keyword, operand in zip(shape.keywords, step.args[1 + count :], strict=False):
        found = _paths(facts, unit, operand, _ANY_VERSION if is_context else frozenset())
        if found is not None:
            return found
        if keyword is not None and (text := _named_version(facts, unit, keyword, operand)) is not None:
            return text
    return None


def _named_version(facts: Facts, unit: Unit, name: str, operand: int) -> str | None:
    """``min_tls_version="1.0"``, ``tls_versions=["TLSv1"]``."""
    parts = words(name)
    if not (parts & _TLS and parts & _VERSIONS):
        return None
    texts = {text for text in facts.elements(facts.value(unit, operand)) if isinstance(text, str)}
    return min((text for text in texts if _WEAK_TEXT.fullmatch(text)), default=None)


def _of_setting(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """``{"ssl_version": ssl.PROTOCOL_TLSv1}``."""
    keys = [str(key) for key in facts.constants(unit, step.args[1]) if isinstance(key, str)]
    for key in keys:
        if words(key) & _VERSIONS:
            found = _paths(facts, unit, step.args[2]) or _named_version(facts, unit, key, step.args[2])
            if found is not None:
                return found
    return None


def _of_attribute(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """``context.minimum_version = ssl.TLSVersion.TLSv1``, ``ssl_version = ssl.PROTOCOL_TLSv1`` of a class."""
    if not words(str(step.extra)) & _VERSIONS:
        return None
    more = _LOWEST if step.extra == "minimum_version" else frozenset()
    return _paths(facts, unit, step.args[-1], more)


def _opened_protocols(facts: Facts, unit: Unit, step: Instr) -> bool:
    """``context.options &= ~ssl.OP_NO_TLSv1``."""
    if step.op != "setattr" or step.extra != "options":
        return False
    made = facts.definitions(unit, step.args[1])
    return any(part.op == "unary" and part.extra == "Invert" for part in made) and any(
        path in _CLOSING for part in made for path in library_paths(facts.value(unit, part.dst))
    )


def _old_defaults(facts: Facts) -> Iterator[Defect]:
    """A socket that is wrapped for any version; Python 3.12 removed the function for that."""
    for site, row in facts.tabled(calls_of(Role.OLD_TLS)):
        if site.argument(None, row.arguments[0].name) is None:
            yield Defect(site.instr, f"the default of {site.name}() admits protocols that are broken")


def _ciphers(facts: Facts) -> Iterator[Defect]:
    for site in facts.calls(*sorted(_CIPHERS)):
        for text in site.constants(0, "ciphers"):
            shown = text.decode("latin-1") if isinstance(text, bytes) else text
            if isinstance(shown, str) and _WEAK_SUITES.search(_REFUSED.sub("", shown)):
                yield Defect(site.instr, "the list of ciphers admits broken ones")
                break
