"""Plain classes: those whose objects are just what was passed for them, under the names of attributes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from real.detector.frontend.tree_walk import walk

Constant: TypeAlias = "str | bytes | int | float | complex | bool | None"

# With these, reading or storing an attribute is more than that.
_INTERCEPTING = frozenset(
    {"__new__", "__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__post_init__", "__init_subclass__"}
)
_TRANSPARENT = frozenset({"staticmethod", "classmethod"})


@dataclass(frozen=True, slots=True)
class PlainClass:
    """What an object holds when it has been made: a parameter, a constant, or something else that is not followed.

    ``defaults`` are the constant defaults of parameters; ``is_open``: some attribute holds something else, or comes
    from a base class.
    """

    params: tuple[str, ...]
    fields: dict[str, str] = field(default_factory=dict)  # attribute -> parameter
    constants: dict[str, Constant] = field(default_factory=dict)  # attribute -> constant
    defaults: dict[str, Constant] = field(default_factory=dict)
    is_open: bool = False
    methods: frozenset[str] = frozenset()  # what a read of an attribute may give that holds the object

    @property
    def is_strict(self) -> bool:
        """Whether every attribute is a parameter, and every parameter is passed."""
        return not (self.constants or self.defaults or self.is_open)


def plain_classes(statements: list[ast.stmt], binds_once: Callable[[str], bool]) -> dict[str, PlainClass]:
    """The plain classes among the statements of a module that bind their names for good; an heir of one may be one."""
    found: dict[str, PlainClass] = {}
    for node in statements:
        if isinstance(node, ast.ClassDef) and binds_once(node.name):
            made = plain_class(node, found)
            if made is not None:
                found[node.name] = made
    return found


def plain_class(node: ast.ClassDef, known: Mapping[str, PlainClass] = {}) -> PlainClass | None:
    """The class, if it has no properties nor methods that intercept attributes, and no bases but a ``known`` one."""
    base = _base_of(node, known)
    is_record = is_data_class(node)
    if base is None or node.keywords or (node.decorator_list and not is_record):
        return None
    if not all(_is_plain_part(part, is_record) for part in node.body):
        return None
    init = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
    made = _plain_init(init[-1], base) if init else _record(node, base) if is_record else base
    own = {part.name for part in node.body if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef))}
    return made and replace(made, methods=base.methods | own)


def _base_of(node: ast.ClassDef, known: Mapping[str, PlainClass]) -> PlainClass | None:
    if not node.bases:
        return PlainClass(("self",))
    name = node.bases[0].id if len(node.bases) == 1 and isinstance(node.bases[0], ast.Name) else ""
    return PlainClass(("self",)) if name == "object" else known.get(name)


def _is_plain_part(node: ast.stmt, is_record: bool) -> bool:
    """Whether a statement of a class body leaves it alone what reading and storing attributes does."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return node.name not in _INTERCEPTING and _is_transparent(node)
    if not isinstance(node, (ast.Pass, ast.Expr, ast.AnnAssign, ast.Assign)):
        return False
    return is_record or not any(isinstance(part, ast.Call) for part in walk(node))  # it may make a descriptor


def is_data_class(node: ast.ClassDef) -> bool:
    """Whether ``@dataclass`` is the one decorator, and its fields are the parameters of the constructor, in order."""
    if len(node.decorator_list) != 1:
        return False
    decorator = node.decorator_list[0]
    if isinstance(decorator, ast.Call):
        if decorator.args or any(keyword.arg in (None, "init", "kw_only") for keyword in decorator.keywords):
            return False
        decorator = decorator.func
    return (isinstance(decorator, ast.Name) and decorator.id == "dataclass") or (
        isinstance(decorator, ast.Attribute) and decorator.attr == "dataclass"
    )


def _is_transparent(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether what the class holds under the name is the function, and not what a decorator makes of it."""
    return all(isinstance(decorator, ast.Name) and decorator.id in _TRANSPARENT for decorator in node.decorator_list)


def _record(node: ast.ClassDef, base: PlainClass) -> PlainClass | None:
    """The fields of a dataclass, in order, those of its base first."""
    params, fields, defaults = list(base.params), dict(base.fields), dict(base.defaults)
    is_open = base.is_open
    for statement in node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        if any(isinstance(part, ast.Name) and part.id in ("ClassVar", "InitVar") for part in walk(statement)):
            return None
        name = statement.target.id
        if name not in params:
            params.append(name)
        fields[name] = name
        if isinstance(statement.value, ast.Constant) and statement.value.value is not ...:
            defaults[name] = statement.value.value
        elif statement.value is not None:  # field(default_factory=list): whatever it makes, where nothing is passed
            is_open = True
    return PlainClass(tuple(params), fields, base.constants, defaults, is_open)


def _plain_init(node: ast.FunctionDef, base: PlainClass) -> PlainClass | None:
    """What an ``__init__`` stores that does nothing else, but call the one of the ``base``."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or not positional:
        return None
    defaults: dict[str, Constant] = {}
    for arg, default in zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True):
        if not isinstance(default, ast.Constant) or default.value is ...:
            return None
        defaults[arg.arg] = default.value
    stores = _Stores(positional[0].arg, tuple(arg.arg for arg in positional[1:]))
    if not all(stores.note(statement, base) for statement in node.body):
        return None
    return PlainClass((stores.this, *stores.names), stores.fields, stores.constants, defaults, stores.is_open)


class _Stores:
    """What an ``__init__`` with these parameters puts into ``this``, statement by statement."""

    def __init__(self, this: str, names: tuple[str, ...]) -> None:
        self.this = this
        self.names = names
        self.fields: dict[str, str] = {}
        self.constants: dict[str, Constant] = {}
        self.is_open = False

    def note(self, node: ast.stmt, base: PlainClass) -> bool:
        """Note what a statement stores; whether it does nothing else."""
        if isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            return True
        if isinstance(node, ast.Expr):
            if not _calls_base(node.value, self.this):
                return False
            self.is_open = self.is_open or base.is_open
            for attribute, value in _of_base(node.value, base):
                self._keep(attribute, value)
            return True
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            return self._assign(node.targets[0], node.value)
        return isinstance(node, ast.AnnAssign) and node.value is not None and self._assign(node.target, node.value)

    def _assign(self, target: ast.expr, value: ast.expr) -> bool:
        is_own = (
            isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == self.this
        )
        if not isinstance(target, ast.Attribute) or not is_own or _gives_away(value, self.this):
            return False
        self._keep(target.attr, value)
        return True

    def _keep(self, attribute: str, value: ast.expr | None) -> None:
        self.fields.pop(attribute, None)
        self.constants.pop(attribute, None)
        if isinstance(value, ast.Name) and value.id in self.names:
            self.fields[attribute] = value.id
        elif isinstance(value, ast.Constant) and value.value is not ...:
            self.constants[attribute] = value.value
        else:
            self.is_open = True


def _calls_base(node: ast.expr, this: str) -> bool:
    """``super().__init__(...)`` and ``Base.__init__(self, ...)``."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "__init__":
        return False
    holder = node.func.value
    if isinstance(holder, ast.Call) and isinstance(holder.func, ast.Name) and holder.func.id == "super":
        rest = node.args
    elif isinstance(holder, ast.Name) and node.args and isinstance(node.args[0], ast.Name) and node.args[0].id == this:
        rest = node.args[1:]
    else:
        return False
    passed = [*rest, *(keyword.value for keyword in node.keywords)]
    return not any(isinstance(value, ast.Starred) or _gives_away(value, this) for value in passed)


def _of_base(node: ast.expr, base: PlainClass) -> Iterator[tuple[str, ast.expr | None]]:
    """What the attributes of a base class are when its ``__init__`` was called: an expression, or something else."""
    assert isinstance(node, ast.Call)
    is_super = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call)
    passed: dict[str, ast.expr] = {name: ast.Constant(value) for name, value in base.defaults.items()}
    passed |= dict(zip(base.params[1:] if is_super else base.params, node.args, strict=False))
    passed |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg is not None}
    for attribute, param in base.fields.items():
        yield attribute, passed.get(param)
    for attribute, constant in base.constants.items():
        yield attribute, ast.Constant(constant)


def _gives_away(node: ast.expr, this: str) -> bool:
    """Whether an expression does more with the object than read its attributes."""
    read = {id(part.value) for part in walk(node) if isinstance(part, ast.Attribute)}
    return any(isinstance(part, ast.Name) and part.id == this and id(part) not in read for part in walk(node))
