"""Repairs by MyPy error code: each changes the program in place and says whether it did.

A repair is a guess. What it leads to is kept only if MyPy is silent and every test still passes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from real.datasets.annotate.program import Program, expression
from real.datasets.annotate.rename import rename_from
from real.datasets.annotate.scopes import Function, own_nodes, parameters
from real.types import Finding

Repair: TypeAlias = Callable[[Program, Finding], bool]

_QUOTED = re.compile(r'"([^"]*)"')
_GOT = re.compile(r'(?:expression has type|got|has incompatible type) "([^"]*)"')
_WANTED = re.compile(r'(?:variable has type|expected|target has type) "([^"]*)"')
_NUMBERS = ("bool", "int", "float", "complex")
_PLAIN = re.compile(r"[\w\[\], |.]+")
_CASTABLE = ("int", "float", "str", "bool")


def declare_needed(program: Program, finding: Finding) -> bool:
    """ "Need type annotation for x": the type that x was seen with."""
    statement, match = program.statement(finding.line), _QUOTED.search(finding.message)
    if statement is None or match is None:
        return False
    wanted = match[1]
    for variable in _bound(statement):
        if variable.rpartition(".")[2] == wanted or variable == wanted:
            return _split_tuple(program, statement) or _declare_observed(program, statement, variable)
    return False


def _bound(statement: ast.stmt) -> list[str]:
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign | ast.For):
        targets = [statement.target]
    found = [n for target in targets for n in ast.walk(target) if isinstance(n, ast.Name | ast.Attribute)]
    return [ast.unparse(n) for n in found if isinstance(n.ctx, ast.Store)]


def _split_tuple(program: Program, statement: ast.stmt) -> bool:
    """``a, b = [], {}`` and ``a = b = 0`` as single assignments, where their order cannot matter."""
    if not isinstance(statement, ast.Assign):
        return False
    target = statement.targets[0]
    if len(statement.targets) > 1:
        if not all(isinstance(t, ast.Name) for t in statement.targets):
            return False
        first = statement.targets[0]
        assert isinstance(first, ast.Name)
        new: list[ast.stmt] = [ast.Assign([first], statement.value)]
        new += [ast.Assign([t], ast.Name(first.id, ast.Load())) for t in statement.targets[1:]]
    elif isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
        pairs = list(zip(target.elts, statement.value.elts, strict=False))
        bound = {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
        read = {n.id for n in ast.walk(statement.value) if isinstance(n, ast.Name)}
        if (
            len(target.elts) != len(statement.value.elts)
            or bound & read
            or not all(isinstance(t, ast.Name | ast.Attribute) for t in target.elts)
        ):
            return False
        new = [ast.Assign([t], value) for t, value in pairs]
    else:
        return False
    program.replace(statement, [ast.copy_location(node, statement) for node in new])
    return True


def _declare_observed(program: Program, place: ast.AST, variable: str) -> bool:
    if "." in variable:
        owner, _, attribute = variable.partition(".")
        cls = next((n for n in program.ancestors(place) if isinstance(n, ast.ClassDef)), None)
        shape = program.seen.get(f"{cls.name}:attribute:{attribute}") if cls is not None and owner == "self" else None
        if shape is None:
            return False
        return program.declare(place, variable, program.renderer.render(shape).replace("?", program.filler))
    observed = program.observed(place, variable)
    return bool(observed) and program.declare(place, variable, observed)


def widen_number(program: Program, finding: Finding) -> bool:
    """An int that becomes a float is declared a float where it is first bound."""
    got, wanted = _types(finding)
    statement = program.statement(finding.line)
    if statement is None or got not in _NUMBERS or wanted not in _NUMBERS:
        return False
    wide = max(got, wanted, key=_NUMBERS.index)
    return any(program.declare(statement, v, wide) for v in _bound(statement))


def rename(program: Program, finding: Finding) -> bool:
    """A variable that gets another type gets another name."""
    statement = program.statement(finding.line)
    if statement is None:
        return False
    got, _ = _types(finding)
    head = re.match(r"\w+", got)
    suffix = {"str": "text", "int": "number"}.get(head[0].lower(), head[0].lower()) if head else "value"
    return any(rename_from(program, statement, v, suffix) for v in _bound(statement) if "." not in v)


def declare_union(program: Program, finding: Finding) -> bool:
    """A variable with two types is declared with both."""
    got, wanted = _types(finding)
    statement = program.statement(finding.line)
    if statement is None or not _usable(got) or not _usable(wanted):
        return False
    union = _union(wanted, got)
    return any(program.declare(statement, v, union) for v in _bound(statement))


def declare_mentioned(program: Program, finding: Finding) -> bool:
    """Containers that a failing statement touches are declared with the types they were seen with."""
    statement = program.statement(finding.line)
    if statement is None:
        return False
    done = False
    for node in list(_expressions(statement)):
        if isinstance(node, ast.Name) and program.parameter(statement, node.id) is None:
            observed = program.observed(statement, node.id)
            if "[" in observed or "|" in observed:
                done |= program.declare(statement, node.id, observed)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            done |= _declare_observed(program, statement, ast.unparse(node))
    return done


def declare_expected(program: Program, finding: Finding) -> bool:
    """A returned or passed variable is declared with the type that is expected of it."""
    statement = program.statement(finding.line)
    _, wanted = _types(finding)
    if statement is None or not _usable(wanted):
        return False
    names = [n for n in _expressions(statement) if isinstance(n, ast.Name) and n.id in finding.message]
    if isinstance(statement, ast.Return) and isinstance(statement.value, ast.Name):
        names = [statement.value]
    return any(program.declare(statement, n.id, wanted) for n in names if program.parameter(statement, n.id) is None)


def _expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement without those of the statements in it."""
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt):
            yield child
            yield from ast.walk(child)


def widen_result(program: Program, finding: Finding) -> bool:
    """The result type takes in what is returned too."""
    got, wanted = _types(finding)
    statement = program.statement(finding.line)
    function = program.function(statement) if statement is not None else None
    if function is None or not _usable(got):
        return False
    if got in _NUMBERS and wanted in _NUMBERS:
        union = max(got, wanted, key=_NUMBERS.index)
    else:
        union = _union(ast.unparse(function.returns) if function.returns else wanted, got)
    function.returns = expression(union)
    return True


def take_result(program: Program, finding: Finding) -> bool:
    """The result type becomes what MyPy says is returned."""
    got, _ = _types(finding)
    statement = program.statement(finding.line)
    function = program.function(statement) if statement is not None else None
    if function is None or not _usable(got):
        return False
    function.returns = expression(got)
    return function.returns is not None


def convert_result(program: Program, finding: Finding) -> bool:
    """What MyPy knows nothing of, and was seen as a plain value, is converted to that: ``return int(a ** b)``."""
    statement = program.statement(finding.line)
    function = program.function(statement) if statement is not None else None
    if not isinstance(statement, ast.Return) or statement.value is None or function is None:
        return False
    declared = ast.unparse(function.returns) if function.returns is not None else ""
    seen = set(program.seen.get(f"{program.names[function]}:return", {}))
    if declared not in _CASTABLE or seen - ({"int", "float"} if declared == "float" else {declared}):
        return False
    statement.value = ast.Call(ast.Name(declared, ast.Load()), [statement.value], [])
    return True


def convert_assigned(program: Program, finding: Finding) -> bool:
    """The same for a number assigned: ``x = int(a / b)`` where only whole numbers were seen."""
    statement = program.statement(finding.line)
    got, wanted = _types(finding)
    if not isinstance(statement, ast.Assign) or got not in ("float", "object", "int | float"):
        return False
    if wanted != "int" or len(statement.targets) != 1 or not isinstance(statement.targets[0], ast.Name):
        return False
    if program.observed(statement, statement.targets[0].id) != "int":
        return False
    statement.value = ast.Call(ast.Name("int", ast.Load()), [statement.value], [])
    return True


def return_none(program: Program, finding: Finding) -> bool:
    """A function whose end can be reached returns ``None`` there, and says so."""
    function = program.statement(finding.line)
    if not isinstance(function, ast.FunctionDef) or function.returns is None:
        return False
    text = ast.unparse(function.returns)
    if "None" not in text:
        function.returns = expression(f"{text} | None")
    _append(function, ast.Return(ast.Constant(None)))
    return True


def raise_at_end(program: Program, finding: Finding) -> bool:
    """A function whose end no test reached raises there."""
    function = program.statement(finding.line)
    if not isinstance(function, ast.FunctionDef) or "None" in program.seen.get(f"{program.names[function]}:return", {}):
        return False
    _append(function, ast.parse("raise ValueError('no result for these arguments')").body[0])
    return True


def _append(function: ast.FunctionDef, statement: ast.stmt) -> None:
    function.body.append(ast.fix_missing_locations(ast.copy_location(statement, function.body[-1])))


def last_branch(program: Program, finding: Finding) -> bool:
    """An ``elif`` at the end that covers every case left is an ``else``."""
    function = program.statement(finding.line)
    if not isinstance(function, ast.FunctionDef) or not isinstance(function.body[-1], ast.If):
        return False
    branch = function.body[-1]
    if not branch.orelse:
        return False
    while len(branch.orelse) == 1 and isinstance(below := branch.orelse[0], ast.If):
        if not below.orelse:
            branch.orelse = below.body
            return True
        branch = below
    return False


def widen_parameter(program: Program, finding: Finding) -> bool:
    """A parameter of the program's own function takes in what is passed to it."""
    match = re.match(r'Argument (\S+) to "(\w+)"', finding.message)
    got, _ = _types(finding)
    if match is None or not _usable(got):
        return False
    function = _by_name(program, match[2])
    if function is None:
        return False
    own = [a for a in parameters(function) if a.arg not in ("self", "cls")]
    place = match[1].strip('"')
    chosen = next((a for a in own if a.arg == place), None)
    if chosen is None and place.isdigit() and int(place) <= len(own):
        chosen = own[int(place) - 1]
    if chosen is None or chosen.annotation is None:
        return False
    chosen.annotation = expression(_union(ast.unparse(chosen.annotation), got))
    return chosen.annotation is not None


def _by_name(program: Program, name: str) -> Function | None:
    return next((f for f, qualified in program.names.items() if qualified.rpartition(".")[2] == name), None)


class _KeyGet(ast.NodeTransformer):
    done = False

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        value = node.value
        if node.arg == "key" and isinstance(value, ast.Attribute) and value.attr == "get":
            node.value = ast.Attribute(value.value, "__getitem__", ast.Load())
            self.done = True
        return node


def key_get(program: Program, finding: Finding) -> bool:
    """``max(d, key=d.get)`` may give None for a missing key, which cannot be ordered: ``d.__getitem__`` does not."""
    statement = program.statement(finding.line)
    if statement is None:
        return False
    visitor = _KeyGet()
    visitor.visit(statement)
    return visitor.done


def narrow(program: Program, finding: Finding) -> bool:
    """What is None by its type, and never was, is asserted not to be."""
    statement = program.statement(finding.line)
    if statement is None or "None" not in finding.message:
        return False
    scope = program.scope(statement)
    for node in _expressions(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            annotated = program.parameter(statement, node.id) or program.declaration(statement, node.id)
            note = getattr(annotated, "annotation", None)
            seen = program.seen.get(f"{scope}:local:{node.id}", {})
            if (note is not None and "None" in ast.unparse(note)) or "None" in seen:
                check = ast.parse(f"assert {node.id} is not None").body[0]
                program.replace(statement, [check, statement])
                return True
    return False


def drop_dead(program: Program, finding: Finding) -> bool:
    """Code that the types rule out is removed, with the condition that leads to it."""
    statement = program.statement(finding.line)
    if statement is None or "operand" in finding.message:
        return False
    above, block = program.parent[statement], program.block(statement)
    if isinstance(above, ast.If) and block[0] is statement:
        program.replace(above, above.orelse if block is above.body else above.body)
        return True
    if isinstance(above, ast.Try) and block[0] is statement:
        return False
    del block[block.index(statement) + 1 :]
    program.replace(statement, [])
    return True


class _DeadOperand(ast.NodeTransformer):
    done = False

    def __init__(self, line: int, operator: type[ast.boolop]) -> None:
        self._line, self._operator = line, operator

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        if not self.done and isinstance(node.op, self._operator) and node.lineno == self._line:
            self.done = True
            node.values.pop()
            return node if len(node.values) > 1 else node.values[0]
        return node


def drop_operand(program: Program, finding: Finding) -> bool:
    """``a or b`` whose ``b`` the types rule out is ``a``."""
    match = re.match(r'Right operand of "(and|or)" is never evaluated', finding.message)
    statement = program.statement(finding.line)
    if match is None or statement is None:
        return False
    visitor = _DeadOperand(finding.line, ast.And if match[1] == "and" else ast.Or)
    visitor.visit(statement)
    return visitor.done


def fill_generic(program: Program, finding: Finding) -> bool:
    """``List`` without its items: the type that was seen."""
    statement = program.statement(finding.line)
    done = False
    if isinstance(statement, ast.FunctionDef):
        name = program.names[statement]
        for parameter in parameters(statement):
            shape = program.seen.get(f"{name}:param:{parameter.arg}")
            if shape and parameter.annotation is not None:
                parameter.annotation = expression(program.renderer.render(shape).replace("?", program.filler))
                done = True
        shape = program.seen.get(f"{name}:return")
        if shape and statement.returns is not None:
            statement.returns = expression(program.renderer.render(shape).replace("?", program.filler))
            done = True
    elif isinstance(statement, ast.AnnAssign):
        done = _declare_observed(program, statement, ast.unparse(statement.target))
    return done


def retype_signature(program: Program, finding: Finding) -> bool:
    """The annotations that the solution brought give way to the types that were seen."""
    statement = program.statement(finding.line)
    function = statement if isinstance(statement, ast.FunctionDef) else None
    if function is None and statement is not None:
        found = program.function(statement)
        function = found if isinstance(found, ast.FunctionDef) else None
    if function is None:
        return False
    before = ast.unparse(function.args), ast.unparse(function.returns) if function.returns else ""
    fill_generic(program, Finding("", function.lineno, ""))
    return before != (ast.unparse(function.args), ast.unparse(function.returns) if function.returns else "")


def drop_function(program: Program, finding: Finding) -> bool:
    """A function that nothing calls is removed."""
    statement = program.statement(finding.line)
    function = statement if isinstance(statement, ast.FunctionDef) else None
    if function is None and statement is not None:
        found = program.function(statement)
        function = found if isinstance(found, ast.FunctionDef) else None
    if function is None or f"{program.names[function]}:return" in program.seen:
        return False
    uses = [n for n in ast.walk(program.tree) if isinstance(n, ast.Name | ast.Attribute)]
    if any((n.id if isinstance(n, ast.Name) else n.attr) == function.name for n in uses):
        return False
    program.replace(function, [])
    return True


def split_tuple(program: Program, finding: Finding) -> bool:
    """Assignments at once become single ones."""
    statement = program.statement(finding.line)
    return statement is not None and _split_tuple(program, statement)


def observed_loops(program: Program, finding: Finding) -> bool:
    """Everything that a function binds in a tuple or a container is declared as it was seen."""
    statement = program.statement(finding.line)
    scope = program.function(statement) if statement is not None else None
    if scope is None:
        return False
    done = False
    for variable in {n.id for n in own_nodes(scope) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}:
        first = program.declaration(next(iter(scope.body)), variable)
        observed = program.observed(scope.body[0], variable)
        if isinstance(first, ast.Assign) and ("[" in observed or "|" in observed or observed == "float"):
            done |= program.declare(scope.body[0], variable, observed)
    return done


def _types(finding: Finding) -> tuple[str, str]:
    got, wanted = _GOT.search(finding.message), _WANTED.search(finding.message)
    return got[1] if got else "", wanted[1] if wanted else ""


def _usable(text: str) -> bool:
    return bool(text) and _PLAIN.fullmatch(text) is not None and "Any" not in text and "Never" not in text


def _union(first: str, second: str) -> str:
    parts = [part for text in (first, second) for part in _members(text)]
    kept = list(dict.fromkeys(parts))
    numbers = [n for n in _NUMBERS if n in kept]
    kept = [part for part in kept if part not in numbers[:-1]]
    return " | ".join(sorted(kept, key=lambda part: part == "None"))


def _members(text: str) -> list[str]:
    node = expression(text)
    found: list[str] = []
    pending = [node] if node is not None else []
    while pending:
        part = pending.pop(0)
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.BitOr):
            pending[:0] = [part.left, part.right]
        else:
            found.append(ast.unparse(part))
    return found


REPAIRS: dict[str, tuple[Repair, ...]] = {
    "mypy:var-annotated": (declare_needed, declare_mentioned),
    "mypy:assignment": (widen_number, rename, declare_mentioned, declare_union, convert_assigned, split_tuple),
    "mypy:return-value": (widen_result, declare_mentioned, declare_expected, take_result, convert_result,
                          retype_signature),
    "mypy:no-any-return": (convert_result,),
    "mypy:return": (return_none, last_branch, raise_at_end),
    "mypy:arg-type": (key_get, declare_mentioned, narrow, widen_parameter, declare_expected, observed_loops,
                      retype_signature),
    "mypy:call-overload": (key_get, declare_mentioned, narrow, observed_loops, retype_signature),
    "mypy:type-var": (key_get, declare_mentioned),
    "mypy:operator": (narrow, declare_mentioned, observed_loops, retype_signature),
    "mypy:union-attr": (narrow, declare_mentioned),
    "mypy:index": (narrow, declare_mentioned, observed_loops),
    "mypy:unreachable": (drop_operand, drop_dead),
    "dead:after-jump": (drop_dead,),
    "mypy:type-arg": (fill_generic,),
    "mypy:no-untyped-def": (drop_function, fill_generic),
    "mypy:list-item": (declare_mentioned, observed_loops),
    "mypy:dict-item": (declare_mentioned, observed_loops),
    "mypy:attr-defined": (declare_mentioned, narrow, retype_signature),
    "mypy:misc": (declare_mentioned, retype_signature),
    "mypy:has-type": (observed_loops,),
}  # fmt: skip
FALLBACK: tuple[Repair, ...] = (drop_function, declare_mentioned, observed_loops)
