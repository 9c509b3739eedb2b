"""What makes outside text safe to evaluate as Python: tests of its characters or of its syntax tree."""

from __future__ import annotations

from real.detector.analysis.atoms import Atom
from real.detector.analysis.charsets import Charset
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.analysis.values import Obj, Value
from real.detector.analysis.witness import every
from real.detector.concepts.characters import every_character_is_harmless
from real.detector.concepts.literals import is_one_literal, is_written_as_literals
from real.detector.concepts.loops import is_element_tested, root_of
from real.detector.concepts.quoting import CODE, stays_inside
from real.detector.ir.instructions import Unit
from real.detector.models.kinds import Kind

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
# How a text is read and handed on as a whole.
_WHOLE = frozenset({"param", "cell", "builtin", "import", "assign", "copy", "pi", "pathload", "const", "attr", "sub"})
_READINGS = frozenset({"strip", "get", "get_json", "get_argument"})
_CALL = "ast.Call"  # a deny-list must have it


def is_checked_code(facts: Facts, flow: Flow) -> bool:
    """Whether the code is evaluated only after a test of all its characters or of all nodes of its syntax tree,
    or as literals."""
    return (
        every_character_is_harmless(facts, flow, ARITHMETIC)
        or _is_tree_checked(facts, flow)
        or _is_tree_visited(facts, flow)
        or (_is_python(facts, flow) and every(_is_data(facts, flow, operand) for operand in flow.operands))
    )


def _is_python(facts: Facts, flow: Flow) -> bool:
    """Whether Python reads the code, which takes a literal for nothing but data."""
    is_builtin = bool(facts.library_names(flow.unit, flow.instr) & {"builtins.eval", "builtins.exec"})
    return is_builtin or flow.verb in (Kind.EVAL.value, Kind.EXEC.value)


def _is_data(facts: Facts, flow: Flow, operand: int) -> bool:
    """Whether what comes from outside is a literal of the code: the whole of it, or a part in quotes or by repr()."""
    unit, at = flow.unit, flow.instr
    return (
        is_one_literal(facts, unit, at, operand)
        or is_written_as_literals(facts, unit, operand)
        or stays_inside(facts, unit, at, operand, CODE)
    )


def _is_tree_visited(facts: Facts, flow: Flow) -> bool:
    """``Checker().visit(tree)`` before, whose ``generic_visit()`` fails at every node that it does not list."""
    wanted = facts.origins(flow.unit, flow.operands)
    for step in facts.before(flow.unit, flow.instr):
        if step.op != "method" or step.extra[0] != "visit" or len(step.args) != 2:
            continue
        classes = {
            made
            for obj in facts.value(flow.unit, step.args[0]).objs
            for held in (obj.fields.get("__class__"),)
            for made in ([inner.unit for inner in held.objs] if held is not None else [])
        }
        visited = facts.reads(flow.unit, step.args[1]).origins
        covers = bool(wanted) and every(any(one.covers(origin) for one in visited) for origin in wanted)
        covers = covers and _is_whole(facts, flow.unit, step.args[1])
        if covers and classes and every(made is not None and _lists_nodes(facts, made) for made in classes):
            return True
    return False


def _is_whole(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a tree is that of a whole text, and not of a part of it."""
    return every(
        step.op in _WHOLE
        or (step.op == "method" and (step.extra[0] in _READINGS or "ast.parse" in facts.library_names(unit, step)))
        or (step.op == "call" and bool(facts.library_names(unit, step) & {"ast.parse", "builtins.input"}))
        for step in facts.definitions(unit, operand)
    )


def _lists_nodes(facts: Facts, owner: Unit) -> bool:
    methods = {unit.name: unit for unit in facts.functions if unit.parent is owner}
    if "generic_visit" not in methods or any(name.startswith("visit") for name in methods):
        return False
    unit = methods["generic_visit"]
    return any(
        atom.sense is True
        and atom.necessary
        and "builtins.isinstance" in facts.library_names(unit, atom.instr)
        and bool(kinds := _classes(facts.value(unit, atom.instr.args[2]), set()))
        and not kinds & _REACHING
        for step in facts.instructions(unit, "method")
        if step.extra[0] == "generic_visit"
        for atom in facts.controlling_tests(unit, step)
        if atom.unit is unit and len(atom.instr.args) == 3
    )


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
