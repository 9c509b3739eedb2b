"""What makes outside text safe to evaluate as Python: tests of its characters or of its syntax tree."""

from __future__ import annotations

from real.detector.atoms import Atom
from real.detector.charsets import Charset
from real.detector.facts import Facts
from real.detector.flows import Flow
from real.detector.rules._characters import every_character_is_harmless
from real.detector.rules._loops import is_element_tested, root_of
from real.detector.values import Obj, Value

# Numbers, operators, parentheses and blanks: no name, no attribute of a name, no text can be written with these.
ARITHMETIC = Charset("+-*/%().,<>=!&|^~", letters=False, blanks=True)

# Nodes through which an expression reaches code: an allow-list of nodes must not have one of them.
_REACHING = frozenset(
    {
        "ast.Call",  # runs anything that it can name
        "ast.Attribute",  # (1).__class__.__base__ leads to every class
        "ast.AST",  # the base of all nodes
        "ast.expr",  # the base of all expressions
        "ast.stmt",  # the base of all statements
        "ast.Import",
        "ast.ImportFrom",
    }
)
_CALL = "ast.Call"  # a deny-list must have it


def is_checked_code(facts: Facts, flow: Flow) -> bool:
    """Whether the code is evaluated only after a test of all its characters or of all nodes of its syntax tree."""
    return every_character_is_harmless(facts, flow, ARITHMETIC) or _is_tree_checked(facts, flow)


def _is_tree_checked(facts: Facts, flow: Flow) -> bool:
    return any(_tests_nodes(facts, flow, atom) for atom in facts.controlling_tests(flow.unit, flow.instr))


def _tests_nodes(facts: Facts, flow: Flow, atom: Atom) -> bool:
    """``isinstance(node, ALLOWED)`` or ``not isinstance(node, DENIED)`` for every node that ``ast.walk`` gives."""
    unit, call = atom.unit, atom.instr
    if atom.sense is None or len(call.args) != 3 or "builtins.isinstance" not in facts.library_names(unit, call):
        return False
    if "ast.walk" not in facts.reads(unit, call.args[1]).calls:
        return False
    if not is_element_tested(facts, flow, atom, root_of(unit, call.args[1])):
        return False
    kinds = _classes(facts.value(unit, call.args[2]), set())
    if atom.sense:
        return bool(kinds) and not kinds & _REACHING
    return _CALL in kinds


def _classes(value: Value, seen: set[Obj]) -> set[str]:
    """The library classes among a value and what its tuples hold."""
    found = set()
    for obj in value.objs - seen:
        seen.add(obj)
        if obj.kind == "api":
            found.add(obj.name)
        else:
            for inner in (*obj.fields.values(), obj.elements):
                found |= _classes(inner, seen)
    return found
