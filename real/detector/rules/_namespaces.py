"""Functions that outside data choose among all names of a module (CWE-470, as CWE-94): ``globals()[name](*args)``.

A namespace holds everything that was imported or defined: ``eval``, ``os``, functions for nobody outside. A dict that
the program wrote lists what may be called; so does a constant beginning of the name, as in ``globals()["do_" + name]``.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.callsites import library_paths
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.text_pieces import ordered_pieces
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import modules_of
from real.detector.models.kinds import Role
from real.detector.models.library import names

GLOBALS = names("globals locals vars getattr")
_NAMESPACES = frozenset({"builtins.globals", "builtins.locals", "builtins.vars"})
_LOOKUPS = names("get pop __getitem__ setdefault")
# Modules of which any function does harm, and the tables of all modules.
_MODULES = modules_of(Role.ANY_HARM) | {"sys.modules"}
_STARTERS = names("submit map apply apply_async run_in_executor call_soon Thread Timer Process partial to_thread")


def chosen_globals(facts: Facts) -> Iterator[Defect]:
    """Calls of what was looked up by an outside name."""
    for unit, step in facts.steps("call", "method"):
        started = {name.rpartition(".")[2] for name in facts.library_names(unit, step)} & _STARTERS
        for operand in step.args if started else step.args[:1] if step.op == "call" else ():
            key = _key(facts, unit, operand)
            if key is not None and _is_free(facts, unit, step, key):
                trace = facts.trace(facts.value(unit, key))
                yield Defect(step, "untrusted data choose which function of the module is called", trace)
                break


def _key(facts: Facts, unit: Unit, operand: int) -> int | None:
    """The name by which a function was looked up in a namespace."""
    made = definition(unit, operand)
    if made is None or len(made.args) < 2:
        return None
    if made.op == "sub" and _is_namespace(facts, unit, made.args[0]):
        return int(made.args[1])
    if made.op == "method" and made.extra[0] in _LOOKUPS and _is_namespace(facts, unit, made.args[0]):
        return int(made.args[1])
    is_getattr = made.op == "call" and "builtins.getattr" in facts.library_names(unit, made)
    if is_getattr and len(made.args) > 2 and _is_module(facts, unit, made.args[1]):
        return int(made.args[2])
    return None


def _is_namespace(facts: Facts, unit: Unit, operand: int) -> bool:
    """``globals()``, ``vars(module)``, ``module.__dict__``, ``__builtins__``."""
    made = definition(unit, operand)
    if made is None:
        return False
    if made.op == "build" and made.extra[0] == "namespace":
        return True  # globals(), locals(), vars() of this module
    if made.op == "call":
        called = facts.library_names(unit, made)
        # vars(thing) are the attributes of an object of the program
        whole = len(made.args) == 1 or _is_module(facts, unit, made.args[1])
        return bool(called & _NAMESPACES) and whole
    if made.op == "attr" and made.extra == "__dict__":
        return _is_module(facts, unit, made.args[0])
    return made.op in ("cell", "builtin") and made.extra[1] == "__builtins__"


def _is_module(facts: Facts, unit: Unit, operand: int) -> bool:
    if library_paths(facts.value(unit, operand)) & _MODULES:
        return True
    made = definition(unit, operand)
    return made is not None and made.op == "sub" and "sys.modules" in library_paths(facts.value(unit, made.args[0]))


def _is_free(facts: Facts, unit: Unit, step: Instr, key: int) -> bool:
    """Whether the whole name comes from outside, and no test compares it."""
    pieces = ordered_pieces(facts, unit, key)
    if not facts.is_untrusted(facts.value(unit, key)) or isinstance(pieces[0], str):
        return False
    return not facts.is_guarded(unit, step, [key], lambda atom, _: _is_choice(atom))


def _is_choice(atom: Atom) -> bool:
    is_listed = atom.op in ("In", "Eq") and atom.sense is not False
    return is_listed or atom.method in ("match", "fullmatch", "startswith")
