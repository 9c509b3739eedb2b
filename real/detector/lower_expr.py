"""Lowering of expressions: AST -> three-address instructions in basic blocks."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from real.detector.cfg import GraphBuilder, connect
from real.detector.ir import Block, CallShape, Operand, Params, Unit
from real.detector.limits import UnanalyzableError
from real.detector.scopes import Comprehension, Scope

if TYPE_CHECKING:
    from real.detector.lower import ProgramLowerer

FunctionNode: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"

# Calls that end the path; they raise SystemExit, so handlers are still reached.
EXITS = frozenset({"sys.exit", "os._exit", "os.abort", "exit", "quit", "flask.abort", "werkzeug.exceptions.abort"})
# A conversion with one of these format types raises ValueError for text: only a number gets through.
NUMERIC_FORMATS = frozenset("bdoxXneEfFgG%")
NAMESPACES = frozenset({"locals", "vars", "globals"})


class ExprLowerer(GraphBuilder):
    """Lowers the expressions of one unit.

    A local variable is returned as its name and renamed by SSA construction; everything else as a value number.
    """

    def __init__(self, program: ProgramLowerer, unit: Unit, scope: Scope) -> None:
        super().__init__(unit)
        self.program = program
        self.table = program.table
        self.scope = scope
        self.entry = self.block
        self.continue_in(self.new_block())
        self.entry_vars: set[str] = set()  # free variables and guarded paths that the entry block defines
        self.renames: list[dict[str, str]] = []  # comprehension variables, innermost last
        self.flags: dict[str, list[str]] = {}  # `ok = x in ALLOWED`: testing ok tests x
        self.fresh = itertools.count()

    # --- names -------------------------------------------------------------------------------------------------------

    def local_var(self, name: str) -> str | None:
        """The SSA variable that ``name`` is here, or ``None`` if it must be read from memory at each use."""
        for renames in reversed(self.renames):
            if name in renames:
                return renames[name]
        scope = self.scope
        if name in scope.bound:
            return None if name in scope.rebound else name
        owners = scope.free.get(name, ())
        if any(name in owner.rebound for owner in owners):
            return None
        if name not in self.entry_vars:
            self.entry_vars.add(name)
            self._at_entry(name, "cell" if owners else "builtin", (self._cell_owners(owners), name))
        return name

    def _at_entry(self, var: str, op: str, extra: object) -> None:
        block = self.block
        catchers, self.catchers = self.catchers, []
        self.block = self.entry
        self.assign(var, op, [], extra, self.unit.line)
        self.block, self.catchers = block, catchers

    def _cell_owners(self, owners: Sequence[Scope]) -> tuple[int, ...]:
        return tuple(self.program.scope_number(owner) for owner in owners)

    def expr_Name(self, node: ast.Name) -> Operand:
        var = self.local_var(node.id)
        if var is None:
            scope = self.scope
            owners = (scope,) if node.id in scope.bound else scope.free[node.id]
            return self.emit("cell", [], (self._cell_owners(owners), node.id), node.lineno)
        return self.pin(var) if self.scope.walrus else var

    def pin(self, operand: Operand) -> int:
        """The operand's value now, even if the variable is assigned before the value is used."""
        return operand if isinstance(operand, int) else self.emit("copy", [operand], None, 0)

    def store_name(self, name: str, value: Operand, node: ast.AST, note: bool = True) -> None:
        """Bind ``name`` in the current scope, as SSA variable, shared cell and class member, whichever apply."""
        line = getattr(node, "lineno", 0)
        for renames in reversed(self.renames):
            if name in renames:
                self.assign(renames[name], "assign", [value], name if note else None, line)
                if name in self.scope.shared:
                    self.emit("setcell", [value], (self._cell_owners([self.scope]), name), line)
                return
        scope = self.scope
        owners = [scope] if name in scope.bound else list(scope.free.get(name, ()))[-1:]
        if name in scope.bound and name not in scope.rebound:
            self.assign(name, "assign", [value], name if note else None, line)
            value = name
        if any(name in owner.shared or name in owner.rebound for owner in owners):
            self.emit("setcell", [value], (self._cell_owners(owners), name), line)
        if self.unit.kind == "class":
            self.emit("setmember", [value], name, line)

    def store(self, target: ast.expr, value: Operand) -> None:
        """Assign ``value`` to any assignment target."""
        if isinstance(target, ast.Name):
            self.forget_paths_of(target.id)
            self.store_name(target.id, value, target)
        elif isinstance(target, ast.Attribute):
            base = self.expr(target.value)
            self.emit("setattr", [base, value], target.attr, target.lineno)
            self.forget_paths(f".{target.attr}")
        elif isinstance(target, ast.Subscript):
            base = self.expr(target.value)
            self.emit("setsub", [base, self.expr(target.slice), value], None, target.lineno)
            self.forget_paths("]")
        elif isinstance(target, (ast.Tuple, ast.List)):
            value = self.pin(value)
            starred = next((i for i, item in enumerate(target.elts) if isinstance(item, ast.Starred)), None)
            for index, item in enumerate(target.elts):
                inner = item.value if isinstance(item, ast.Starred) else item
                where = index if starred is None or index < starred else None
                part = self.emit("unpack", [value], (where, isinstance(item, ast.Starred)), target.lineno)
                self.store(inner, part)
        elif isinstance(target, ast.Starred):
            self.store(target.value, value)

    # --- guarded access paths: what a test proves about `self.x` or `row["x"]` ---------------------------------------

    def path_of(self, node: ast.expr) -> str | None:
        """``self.x`` and ``row["x"]`` as a pseudo-variable, if nothing but visible stores can change what it holds."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            writers = self.table.attribute_writers.get(node.attr, set())
            hidden = any(scope is not self.scope and getattr(scope.node, "name", "") != "__init__" for scope in writers)
            suffix = f".{node.attr}"
        elif (
            isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and isinstance(node.slice, ast.Constant)
        ):
            hidden = bool(self.table.subscript_writers - {self.scope}) or "update" in self.table.names_loaded
            suffix = f"[{node.slice.value!r}]"
        else:
            return None
        base = self.local_var(node.value.id)
        if hidden or base is None or self.table.writes_by_name:
            return None
        return f"{base}{suffix}"

    def guarded_path(self, path: str) -> None:
        """From now on, loads of ``path`` see what tests proved about it."""
        if path not in self.entry_vars:
            self.entry_vars.add(path)
            self._at_entry(path, "unproven", None)

    def forget_paths(self, suffix: str) -> None:
        """A store through any base: paths that end in ``suffix`` are unproven again."""
        for path in sorted(self.entry_vars):
            if path.endswith(suffix) and ("." in path or "[" in path):
                self.assign(path, "unproven", [], None, 0)

    def forget_paths_of(self, base: str) -> None:
        """The base variable itself is assigned."""
        for path in sorted(self.entry_vars):
            if path.startswith((f"{base}.", f"{base}[")):
                self.assign(path, "unproven", [], None, 0)

    def _load_path(self, node: ast.expr, value: int) -> int:
        path = self.path_of(node) if self.entry_vars else None
        if path is None or path not in self.entry_vars:
            return value
        return self.emit("pathload", [value, path], None, node.lineno)

    # --- dispatch ----------------------------------------------------------------------------------------------------

    def expr(self, node: ast.expr) -> Operand:
        """Lower one expression; returns its operand."""
        return _EXPRESSIONS[type(node)](self, node)

    def const(self, value: object, node: ast.AST | None = None) -> int:
        """A constant."""
        return self.emit("const", [], value, getattr(node, "lineno", 0))

    def expr_Constant(self, node: ast.Constant) -> Operand:
        return self.emit("const", [], node.value, node.lineno)

    def expr_Attribute(self, node: ast.Attribute) -> Operand:
        value = self.emit("attr", [self.expr(node.value)], node.attr, node.lineno, node.col_offset)
        return self._load_path(node, value)

    def expr_Subscript(self, node: ast.Subscript) -> Operand:
        base = self.expr(node.value)
        if isinstance(node.slice, ast.Slice):
            return self.emit("slice", [base], None, node.lineno)
        value = self.emit("sub", [base, self.expr(node.slice)], None, node.lineno, node.col_offset)
        return self._load_path(node, value)

    def expr_Slice(self, node: ast.Slice) -> Operand:
        for part in (node.lower, node.upper, node.step):
            if part is not None:
                self.expr(part)
        return self.const(None, node)

    def expr_BinOp(self, node: ast.BinOp) -> Operand:
        chain = [node]  # long concatenations nest to the left: walk them without recursion
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        value = self.expr(chain[-1].left)
        for link in reversed(chain):
            right = self.expr(link.right)
            value = self.emit("binop", [value, right], type(link.op).__name__, link.lineno, link.col_offset)
        return value

    def expr_UnaryOp(self, node: ast.UnaryOp) -> Operand:
        return self.emit("unary", [self.expr(node.operand)], type(node.op).__name__, node.lineno)

    def expr_Compare(self, node: ast.Compare) -> Operand:
        operands = [self.expr(operand) for operand in (node.left, *node.comparators)]
        return self.emit("compare", operands, tuple(type(op).__name__ for op in node.ops), node.lineno)

    def expr_BoolOp(self, node: ast.BoolOp) -> Operand:
        result = f"?{next(self.fresh)}"
        after = self.new_block()
        for index, part in enumerate(node.values):
            value = self.expr(part)
            self.assign(result, "assign", [value], None, node.lineno)
            if index < len(node.values) - 1:
                rest, stop = self.new_block(), self.new_block()
                senses = (rest, stop) if isinstance(node.op, ast.And) else (stop, rest)
                self.branch(result, *senses, self.candidates(part))
                self.start(stop)
                connect(stop, after)
                self.start(rest)
        self.continue_in(after)
        return self.pin(result)

    def expr_IfExp(self, node: ast.IfExp) -> Operand:
        result = f"?{next(self.fresh)}"
        then, other, after = self.new_block(), self.new_block(), self.new_block()
        self.condition(node.test, then, other)
        for block, branch in ((then, node.body), (other, node.orelse)):
            self.start(block)
            self.assign(result, "assign", [self.expr(branch)], None, node.lineno)
            connect(self.block, after)
        self.start(after)
        return self.pin(result)

    def expr_NamedExpr(self, node: ast.NamedExpr) -> Operand:
        value = self.pin(self.expr(node.value))
        self.store(node.target, value)
        return self.expr(node.target)

    def _sequence(self, kind: str, items: Sequence[ast.expr], line: int) -> int:
        starred = tuple(isinstance(item, ast.Starred) for item in items)
        operands = [self.expr(item.value if isinstance(item, ast.Starred) else item) for item in items]
        return self.emit("build", operands, (kind, starred if any(starred) else None), line)

    def expr_List(self, node: ast.List) -> Operand:
        return self._sequence("list", node.elts, node.lineno)

    def expr_Tuple(self, node: ast.Tuple) -> Operand:
        return self._sequence("tuple", node.elts, node.lineno)

    def expr_Set(self, node: ast.Set) -> Operand:
        return self._sequence("set", node.elts, node.lineno)

    def expr_Starred(self, node: ast.Starred) -> Operand:
        return self.expr(node.value)

    def expr_Dict(self, node: ast.Dict) -> Operand:
        container = self.emit("build", [], ("dict", None), node.lineno)
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                self.emit("merge", [container, self.expr(value)], None, node.lineno)
            else:
                pinned = self.expr(key)
                self.emit("setsub", [container, pinned, self.expr(value)], None, value.lineno)
        return container

    def expr_JoinedStr(self, node: ast.JoinedStr) -> Operand:
        pieces: list[str | None] = []
        operands: list[Operand] = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                pieces.append(str(part.value))
            elif isinstance(part, ast.FormattedValue):
                pieces.append(None)
                operands.append(self._formatted(part))
        return self.emit("fstring", operands, tuple(pieces), node.lineno, node.col_offset)

    def _formatted(self, node: ast.FormattedValue) -> Operand:
        value = self.expr(node.value)
        spec = node.format_spec
        if not isinstance(spec, ast.JoinedStr) or not spec.values:
            return value
        last = spec.values[-1]
        if isinstance(last, ast.Constant) and str(last.value)[-1:] in NUMERIC_FORMATS and node.conversion == -1:
            return self.emit("numeric", [value], None, node.lineno)
        parts = [self._formatted(part) for part in spec.values if isinstance(part, ast.FormattedValue)]
        return self.emit("fstring", [value, *parts], (None,) * (1 + len(parts)), node.lineno)

    def expr_FormattedValue(self, node: ast.FormattedValue) -> Operand:
        return self._formatted(node)

    def expr_Await(self, node: ast.Await) -> Operand:
        return self.emit("await", [self.expr(node.value)], None, node.lineno)

    def expr_Yield(self, node: ast.Yield) -> Operand:
        self.unit.is_generator = True
        value = self.expr(node.value) if node.value else self.const(None, node)
        return self.emit("yield", [value], False, node.lineno)

    def expr_YieldFrom(self, node: ast.YieldFrom) -> Operand:
        self.unit.is_generator = True
        return self.emit("yield", [self.expr(node.value)], True, node.lineno)

    # --- functions ---------------------------------------------------------------------------------------------------

    def expr_Lambda(self, node: ast.Lambda) -> Operand:
        return self.function(node, "<lambda>")

    def function(self, node: FunctionNode, name: str) -> int:
        """The function object: defaults are evaluated now, the body is a unit of its own."""
        arguments = node.args
        positional = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)]
        names: list[str] = positional[len(positional) - len(arguments.defaults) :]
        operands = [self.expr(default) for default in arguments.defaults]
        for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if default is not None:
                names.append(arg.arg)
                operands.append(self.expr(default))
        params = Params(
            tuple(positional),
            tuple(arg.arg for arg in arguments.kwonlyargs),
            arguments.vararg.arg if arguments.vararg else None,
            arguments.kwarg.arg if arguments.kwarg else None,
        )
        unit = self.program.unit_for(node, name, "function", self.unit, params)
        return self.emit("function", operands, (unit, tuple(names)), node.lineno)

    # --- calls -------------------------------------------------------------------------------------------------------

    def expr_Call(self, node: ast.Call) -> Operand:
        func = node.func
        if isinstance(func, ast.Name) and self.table.is_builtin(func.id):
            special = self._special_call(func.id, node)
            if special is not None:
                return special
        head = self.expr(func.value) if isinstance(func, ast.Attribute) else self.expr(func)
        operands = [head]
        starred = []
        for arg in node.args:
            starred.append(isinstance(arg, ast.Starred))
            operands.append(self.expr(arg.value if isinstance(arg, ast.Starred) else arg))
        for keyword in node.keywords:
            operands.append(self.expr(keyword.value))
        shape = CallShape(tuple(starred), tuple(keyword.arg for keyword in node.keywords))
        if isinstance(func, ast.Attribute):
            result = self.emit("method", operands, (func.attr, shape), node.lineno, node.col_offset)
        else:
            result = self.emit("call", operands, shape, node.lineno, node.col_offset)
        if self._never_returns(func):
            self.raise_to_handlers()
        return result

    def _special_call(self, name: str, node: ast.Call) -> Operand | None:
        if name in NAMESPACES and not node.args:
            names = sorted(self.scope.bound if name != "globals" else self.table.module.bound)
            container = self.emit("build", [], ("namespace", None), node.lineno)
            for local in names:
                value = self.expr(ast.Name(local, ast.Load(), lineno=node.lineno, col_offset=0))
                self.emit("member", [container, value], local, node.lineno)
            return container
        if name == "super" and not node.args and self.unit.is_method:
            return self.emit("super", [], self.unit.parent, node.lineno)
        if name == "eval" and len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
            return self._eval_constant(node.args[0])
        return None

    def _eval_constant(self, source: ast.Constant) -> Operand:
        try:
            tree = ast.parse(str(source.value).strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return self.const(None, source)
        for inner in ast.walk(tree):
            if isinstance(
                inner, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.NamedExpr)
            ):
                raise UnanalyzableError(f"dynamic code: eval() of a string that defines names (line {source.lineno})")
            if isinstance(inner, ast.Name) and inner.id not in self.scope.bound:
                self.scope.free.setdefault(inner.id, ())
                if not self.table.is_builtin(inner.id):
                    raise UnanalyzableError(f"dynamic code: eval() of a string (line {source.lineno})")
            if hasattr(inner, "lineno"):
                inner.lineno = source.lineno
        return self.expr(tree.body)

    def _never_returns(self, func: ast.expr) -> bool:
        """A library exit, or a function of the program that always ends in one or in a ``raise``."""
        if self.static_name(func) in EXITS:
            return True
        node = self.table.functions.get(func.id) if isinstance(func, ast.Name) else None
        if node is None or any(isinstance(inner, (ast.Return, ast.Yield, ast.YieldFrom)) for inner in ast.walk(node)):
            return False
        last = node.body[-1]
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
            return self.static_name(last.value.func) in EXITS
        return isinstance(last, ast.Raise)

    def static_name(self, node: ast.expr) -> str | None:
        """The dotted library name that ``node`` certainly is: an import or builtin that the program never shadows."""
        if isinstance(node, ast.Name):
            if node.id in self.table.imports:
                return self.table.imports[node.id]
            return node.id if self.table.is_builtin(node.id) and not self.table.has_star_import else None
        if isinstance(node, ast.Attribute) and node.attr not in self.table.attribute_writers:
            base = self.static_name(node.value)
            return f"{base}.{node.attr}" if base and not self.table.writes_by_name else None
        return None

    # --- comprehensions ----------------------------------------------------------------------------------------------

    def expr_comprehension(self, node: Comprehension) -> Operand:
        kind = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict", ast.GeneratorExp: "generator"}[
            type(node)
        ]
        container = self.emit("build", [], (kind, None), node.lineno)
        depth = len(self.renames)
        loops: list[tuple[Block, Block]] = []
        for generator in node.generators:
            iterable = self.pin(self.expr(generator.iter))
            number = next(self.fresh)
            names = [target.id for target in ast.walk(generator.target) if isinstance(target, ast.Name)]
            self.renames.append({name: f"{name}#{number}" for name in names})
            header, done = self.loop_over(iterable, generator.target)
            loops.append((header, done))
            for test in generator.ifs:
                passed = self.new_block()
                self.condition(test, passed, header)
                self.start(passed)
        if isinstance(node, ast.DictComp):
            key = self.pin(self.expr(node.key))
            self.emit("setsub", [container, key, self.expr(node.value)], None, node.lineno)
        else:
            self.emit("add", [container, self.expr(node.elt)], None, node.lineno)
        connect(self.block, loops[-1][0])
        for (_, done), (outer_header, _) in zip(loops[:0:-1], loops[-2::-1], strict=True):
            connect(done, outer_header)
        self.start(loops[0][1])
        del self.renames[depth:]
        return container

    def loop_over(self, iterable: int, target: ast.expr) -> tuple[Block, Block]:
        """Open a loop that binds ``target`` to each element and emit into its body; returns (header, exit)."""
        header, body, done = self.new_block(), self.new_block(), self.new_block()
        self.continue_in(header)
        element = self.emit("iterate", [iterable], None, target.lineno)
        connect(header, body)
        connect(header, done)
        self.start(body)
        self.store(target, element)
        return header, done

    # --- conditions: short-circuit evaluation, with pi instructions on the guarded edges -----------------------------

    def condition(self, test: ast.expr, then: Block, other: Block) -> None:
        """Branch to ``then`` or ``other``; the current block ends."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            self.condition(test.operand, other, then)
        elif isinstance(test, ast.BoolOp):
            for part in test.values[:-1]:
                rest = self.new_block()
                if isinstance(test.op, ast.And):
                    self.condition(part, rest, other)
                else:
                    self.condition(part, then, rest)
                self.start(rest)
            self.condition(test.values[-1], then, other)
        elif isinstance(test, ast.Constant):
            connect(self.block, then if test.value else other)
        else:
            candidates = self.candidates(test)
            self.branch(self.expr(test), then, other, candidates)

    def branch(self, value: Operand, then: Block, other: Block, candidates: list[str]) -> None:
        """End the current block with a two-way branch on ``value``, which may be a test of the candidate variables."""
        if not candidates:
            connect(self.block, then)
            connect(self.block, other)
            return
        value = self.pin(value)
        tested = self.block
        for target, sense in ((then, True), (other, False)):
            edge = self.new_block()
            connect(tested, edge)
            self.start(edge)
            for var in candidates:
                self.assign(var, "pi", [var, value], sense, 0)
            connect(self.block, target)

    def candidates(self, test: ast.expr) -> list[str]:
        """The SSA variables that ``test`` may say something about."""
        found: list[str] = []
        if isinstance(test, ast.Compare):
            self._subject(test.left, found)
            if isinstance(test.ops[0], (ast.Eq, ast.NotEq)):
                self._subject(test.comparators[0], found)
        elif isinstance(test, ast.Call):
            if isinstance(test.func, ast.Attribute):
                self._subject(test.func.value, found)
            for arg in test.args:
                self._subject(arg, found)
        elif isinstance(test, ast.UnaryOp):
            return self.candidates(test.operand)
        elif isinstance(test, ast.Name):
            return self.flags.get(test.id, [])
        elif isinstance(test, ast.NamedExpr):
            return self.candidates(test.value)
        return found

    def _subject(self, node: ast.expr, found: list[str]) -> None:
        if isinstance(node, ast.NamedExpr):
            node = node.target
        if isinstance(node, ast.Name):
            var = self.local_var(node.id)
            if var is not None and var not in found:
                found.append(var)
            return
        path = self.path_of(node)
        if path is not None:
            self.guarded_path(path)
            if path not in found:
                found.append(path)
        elif isinstance(node, ast.Call):
            found += [var for var in self.candidates(node) if var not in found]


_EXPRESSIONS: dict[type[ast.expr], Callable[[ExprLowerer, Any], Operand]] = {
    getattr(ast, name.removeprefix("expr_")): method
    for name, method in vars(ExprLowerer).items()
    if name.startswith("expr_") and hasattr(ast, name.removeprefix("expr_"))
}
_EXPRESSIONS.update(
    dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), ExprLowerer.expr_comprehension)
)
