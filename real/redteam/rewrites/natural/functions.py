"""Changes of the functions themselves that decide nothing: logging, timers, wrappers, checks of existence."""

from __future__ import annotations

import ast
from collections.abc import Callable

from real.redteam.rewrites.core import SCOPES
from real.redteam.rewrites.natural.arguments import constant, is_object
from real.redteam.rewrites.natural.core import (
    GUARD,
    Edit,
    Entry,
    Program,
    append,
    block,
    body_of,
    dedent,
    insert_imports,
    is_generator,
    is_plain,
    prepend,
    replace_functions,
    statements,
    unparse,
)


def _then(source: str | None, add: Callable[[str], str | None]) -> str | None:
    return None if source is None else add(source)


def _imported(program: Program, source: str | None, *imports: str) -> str | None:
    return _then(source, lambda text: insert_imports(program, imports, text))


def _at_start(entry: Entry, text: str) -> bool:
    """Insert statements before the body."""
    docstring, rest = body_of(entry.node)
    entry.node.body = [*docstring, *statements(text), *rest]
    return True


def _around(entry: Entry, text: str) -> bool:
    """Put the body in the place of ``pass`` in a compound statement, or statements with one."""
    docstring, rest = body_of(entry.node)
    made = statements(text)

    class Fill(ast.NodeTransformer):
        def visit_Pass(self, node: ast.Pass) -> list[ast.stmt]:
            return rest

    entry.node.body = [*docstring, *(Fill().visit(statement) for statement in made)]
    return True


def _checked(entry: Entry, form: str) -> bool:
    """A check of each parameter at the start of the body."""
    names = [arg.arg for arg in entry.parameters]
    return bool(names) and _at_start(entry, "\n".join(form.format(name=name) for name in names))


# --- existence checks: they say that there is a value, nothing of what it is


def none_raises(program: Program) -> str | None:
    """``if x is None: raise ValueError``."""
    form = 'if {name} is None:\n    raise ValueError("{name} is required")'
    return replace_functions(program, lambda entry: _checked(entry, form))


def blank_raises(program: Program) -> str | None:
    """``if not str(x).strip(): raise ValueError``."""
    form = 'if not str({name}).strip():\n    raise ValueError("{name} must not be empty")'
    return replace_functions(program, lambda entry: _checked(entry, form))


def none_asserted(program: Program) -> str | None:
    """``assert x is not None``."""
    return replace_functions(program, lambda entry: _checked(entry, "assert {name} is not None"))


def falsy_raises(program: Program) -> str | None:
    """``if not x: raise ValueError``."""
    return replace_functions(program, lambda entry: _checked(entry, 'if not {name}:\n    raise ValueError("{name}")'))


def equal_to_empty_raises(program: Program) -> str | None:
    """``if x == "": raise ValueError``."""
    form = 'if {name} == "":\n    raise ValueError("{name} is empty")'
    return replace_functions(program, lambda entry: _checked(entry, form))


def in_none_and_empty(program: Program) -> str | None:
    """``if x in (None, ""): raise ValueError``."""
    form = 'if {name} in (None, ""):\n    raise ValueError("{name} is missing")'
    return replace_functions(program, lambda entry: _checked(entry, form))


def all_present(program: Program) -> str | None:
    """``if any(v is None for v in (x, y)): raise ValueError``."""

    def change(entry: Entry) -> bool:
        names = "".join(f"{arg.arg}, " for arg in entry.parameters)
        text = f'if any(value is None for value in ({names})):\n    raise ValueError("missing argument")'
        return bool(names) and _at_start(entry, text)

    return replace_functions(program, change)


def validator(program: Program) -> str | None:
    """``validate_input(x)``, a function that only tests for ``None``."""
    if "validate_input" in program.names:
        return None
    changed = replace_functions(program, lambda entry: _checked(entry, "validate_input({name})"))
    text = '''
    def validate_input(value):
        """Validate the input."""
        if value is None:
            raise ValueError("invalid input")
    '''
    return _then(changed, lambda source: f"{source}\n\n{dedent(text)}\n")


def predicate(program: Program) -> str | None:
    """``if not is_valid(x): raise``, a function that only tests for ``None``."""
    if "is_valid" in program.names:
        return None
    form = 'if not is_valid({name}):\n    raise ValueError("invalid {name}")'
    changed = replace_functions(program, lambda entry: _checked(entry, form))
    return _then(changed, lambda source: source + "\n\ndef is_valid(value):\n    return value is not None\n")


def ignored_predicate(program: Program) -> str | None:
    """``is_valid(x)``, whose result nobody reads."""
    if "is_valid" in program.names:
        return None
    changed = replace_functions(program, lambda entry: _checked(entry, "is_valid({name})"))
    return _then(changed, lambda source: source + "\n\ndef is_valid(value):\n    return bool(value)\n")


def unused_validator(program: Program) -> str | None:
    """``def sanitize(value)`` that nothing calls."""
    if {"sanitize", "re"} & program.names:
        return None
    text = 'def sanitize(value):\n    """Sanitize the input."""\n    return re.sub(r"[^a-z]", "", value)'
    return prepend(program, text, ["import re"])


def type_checked(program: Program) -> str | None:
    """``if not isinstance(x, str): raise TypeError``, of parameters that are annotated as ``str`` or ``dict``."""

    def change(entry: Entry) -> bool:
        lines = [
            f'if not isinstance({arg.arg}, {arg.annotation.id}):\n    raise TypeError("{arg.arg} has the wrong type")'
            for arg in entry.parameters
            if isinstance(arg.annotation, ast.Name) and arg.annotation.id in ("str", "dict", "list", "bytes")
        ]
        return bool(lines) and _at_start(entry, "\n".join(lines))

    return replace_functions(program, change)


# --- values of parameters


def defaults(program: Program) -> str | None:
    """Default values for the parameters of plain functions."""

    def change(entry: Entry) -> bool:
        arguments = entry.node.args
        if not is_plain(entry) or not entry.parameters or any(is_object(arg) for arg in entry.parameters):
            return False
        positional = [*arguments.posonlyargs, *arguments.args]
        missing = positional[: len(positional) - len(arguments.defaults)]
        arguments.defaults = [*(ast.parse(constant(arg), mode="eval").body for arg in missing), *arguments.defaults]
        arguments.kw_defaults = [
            value or ast.parse(constant(arg), mode="eval").body
            for arg, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        ]
        return True

    return replace_functions(program, change)


def recursive(program: Program) -> str | None:
    """``if x is None: return f("example")``: a call of itself with a constant."""

    def change(entry: Entry) -> bool:
        if entry.owner is not None or not entry.parameters or is_generator(entry.node):
            return False
        call = f"{'await ' if entry.is_async else ''}{entry.passing(entry.values)}"
        return "MagicMock" not in call and _at_start(entry, f"if {entry.parameters[0].arg} is None:\n    return {call}")

    return replace_functions(program, change)


# --- around the body


def log_lines(program: Program) -> str | None:
    """A logger of the module, and a line when the function begins."""
    if {"logger", "logging"} & program.names:
        return None

    def change(entry: Entry) -> bool:
        return _at_start(entry, f'logger.info("{entry.slug} called")')

    changed = replace_functions(program, change)
    return _then(changed, lambda source: _logger(program, source))


def _logger(program: Program, source: str) -> str | None:
    made = Program(source, ast.parse(source), program.entries)
    return prepend(made, "logger = logging.getLogger(__name__)", ["import logging"])


def timed(program: Program) -> str | None:
    """``start = time.perf_counter()``, the body in ``try``, and the time printed in ``finally``."""
    text = """
    started = time.perf_counter()
    try:
        pass
    finally:
        print(f"took {time.perf_counter() - started:.3f} s")
    """
    changed = replace_functions(program, lambda entry: _around(entry, text))
    return _imported(program, changed, "import time")


def raised_from(program: Program) -> str | None:
    """The body in ``try``, and ``raise RuntimeError(...) from error``."""
    text = """
    try:
        pass
    except ValueError:
        raise
    except Exception as error:
        raise RuntimeError("the call failed") from error
    """
    return replace_functions(program, lambda entry: _around(entry, text))


def logged_and_raised(program: Program) -> str | None:
    """The body in ``try``, the exception logged and raised again."""
    text = """
    try:
        pass
    except Exception:
        logging.exception("the call failed")
        raise
    """
    changed = replace_functions(program, lambda entry: _around(entry, text))
    return _imported(program, changed, "import logging")


def locked(program: Program) -> str | None:
    """The body under a lock of the module."""
    if "_lock" in program.names:
        return None
    changed = replace_functions(
        program, lambda e: not e.is_async and not is_generator(e.node) and _around(e, "with _lock:\n    pass")
    )
    if changed is None:
        return None
    made = Program(changed, ast.parse(changed), program.entries)
    return prepend(made, "_lock = threading.Lock()", ["import threading"])


def in_context_manager(program: Program) -> str | None:
    """The body in a context manager of the module's own."""
    if "span" in program.names:
        return None

    def change(entry: Entry) -> bool:
        return not is_generator(entry.node) and _around(entry, f'with span("{entry.slug}"):\n    pass')

    changed = replace_functions(program, change)
    if changed is None:
        return None
    made = Program(changed, ast.parse(changed), program.entries)
    text = """
    @contextmanager
    def span(name):
        print(f"begin {name}")
        try:
            yield
        finally:
            print(f"end {name}")
    """
    return prepend(made, text, ["from contextlib import contextmanager"])


def counted(program: Program) -> str | None:
    """A counter of calls in a global."""
    if "CALL_COUNT" in program.names:
        return None
    changed = replace_functions(program, lambda entry: _at_start(entry, "global CALL_COUNT\nCALL_COUNT += 1"))
    if changed is None:
        return None
    return prepend(Program(changed, ast.parse(changed), program.entries), "CALL_COUNT = 0")


def result_named(program: Program) -> str | None:
    """``result = ...; return result`` for each ``return`` of a value."""

    class Name(ast.NodeTransformer):
        def visit_Return(self, node: ast.Return) -> ast.AST | list[ast.stmt]:
            if node.value is None or isinstance(node.value, (ast.Name, ast.Constant)):
                return node
            return [
                ast.Assign([ast.Name("outcome", ast.Store())], node.value),
                ast.Return(ast.Name("outcome", ast.Load())),
            ]

        def generic_visit(self, node: ast.AST) -> ast.AST:
            return node if isinstance(node, SCOPES) else super().generic_visit(node)

    def change(entry: Entry) -> bool:
        if "outcome" in ast.unparse(entry.node):
            return False
        before = ast.dump(entry.node)
        entry.node.body = [made for old in entry.node.body for made in _several(Name().visit(old))]
        return ast.dump(entry.node) != before

    return replace_functions(program, change)


def _several(made: ast.stmt | list[ast.stmt]) -> list[ast.stmt]:
    return made if isinstance(made, list) else [made]


# --- decorators

_WRAPPER = """
def {name}(function):
    @functools.wraps(function)
    {d}def wrapper(*args, **kwargs):
{body}
    return wrapper
"""


def _decorated(program: Program, name: str, body: list[str], *imports: str) -> str | None:
    """Decorate the functions that are (a)synchronous as the last is, below other decorators."""
    if not program.entries or name in program.names:
        return None
    is_async = program.entries[-1].is_async

    def change(entry: Entry) -> bool:
        if entry.is_async != is_async or is_generator(entry.node):
            return False
        entry.node.decorator_list.append(ast.Name(name, ast.Load()))
        return True

    changed = replace_functions(program, change)
    if changed is None:
        return None
    call = "await function(*args, **kwargs)" if is_async else "function(*args, **kwargs)"
    lines = block([line.replace("CALL", call) for line in body], 8)
    text = _WRAPPER.format(name=name, d="async " if is_async else "", body=lines)
    return prepend(Program(changed, ast.parse(changed), program.entries), text, ["import functools", *imports])


def decorator(program: Program) -> str | None:
    """A decorator that prints the name and calls."""
    return _decorated(program, "log_call", ['print(f"calling {function.__name__}")', "return CALL"])


def timing_decorator(program: Program) -> str | None:
    """A decorator that measures."""
    body = ["start = time.time()", "result = CALL", 'print(f"took {time.time() - start:.3f} s")', "return result"]
    return _decorated(program, "timed", body, "import time")


def retry_decorator(program: Program) -> str | None:
    """A decorator that tries three times."""
    body = ["for attempt in range(3):", "    try:", "        return CALL", "    except OSError:"]
    body += ["        if attempt == 2:", "            raise"]
    return _decorated(program, "retry", body)


def validating_decorator(program: Program) -> str | None:
    """A decorator that says it validates and only tests for ``None``."""
    body = ["for value in args:", "    if value is None:", '        raise ValueError("invalid input")', "return CALL"]
    return _decorated(program, "validated", body)


def catching_decorator(program: Program) -> str | None:
    """A decorator that logs exceptions and raises them again."""
    body = ["try:", "    return CALL", "except Exception as error:", '    print(f"error: {error}")', "    raise"]
    return _decorated(program, "log_errors", body)


def cached(program: Program) -> str | None:
    """``@functools.lru_cache(maxsize=None)`` on plain functions of hashable parameters."""

    def change(entry: Entry) -> bool:
        kinds = {arg.annotation.id for arg in entry.parameters if isinstance(arg.annotation, ast.Name)}
        is_hashable = len(entry.parameters) > 0 and all(arg.annotation for arg in entry.parameters)
        if not is_plain(entry) or not is_hashable or not kinds <= {"str", "int", "float", "bool", "bytes"} or not kinds:
            return False
        if is_generator(entry.node):
            return False
        entry.node.decorator_list = [ast.parse("functools.lru_cache(maxsize=None)", mode="eval").body]
        return True

    return _imported(program, replace_functions(program, change), "import functools")


# --- other homes for the same function


def _single(program: Program) -> Entry | None:
    """The last plain function of the module."""
    return next((e for e in reversed(program.entries) if is_plain(e) and not is_generator(e.node)), None)


def _uses(program: Program, name: str) -> int:
    return sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(program.tree))


def in_class(program: Program) -> str | None:
    """The function becomes a method of a class, which is made and called in the main guard."""
    entry = _single(program)
    if entry is None or "Service" in program.names or _uses(program, entry.node.name):
        return None
    call = f"Service().{entry.passing(entry.values)}"
    return _moved(program, entry, [], f"{GUARD}\n    print({call})", entry.imports)


def in_static_class(program: Program) -> str | None:
    """The function becomes a static method."""
    entry = _single(program)
    if entry is None or "Service" in program.names or _uses(program, entry.node.name):
        return None
    return _moved(program, entry, ["staticmethod"], "", [])


def in_static_class_with_demo(program: Program) -> str | None:
    """The function becomes a static method, called in the main guard."""
    entry = _single(program)
    if entry is None or "Service" in program.names or _uses(program, entry.node.name):
        return None
    call = f"Service.{entry.passing(entry.values)}"
    return _moved(program, entry, ["staticmethod"], f"{GUARD}\n    print({call})", entry.imports)


def _moved(program: Program, entry: Entry, decorators: list[str], end: str, imports: list[str]) -> str | None:
    tree = ast.parse(program.source)
    at = next(i for i, s in enumerate(tree.body) if isinstance(s, ast.FunctionDef) and s.name == entry.node.name)
    node = tree.body[at]
    assert isinstance(node, ast.FunctionDef)
    if "self" in {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)} or node.name.startswith("__"):
        return None
    if not decorators:
        first = node.args.posonlyargs or node.args.args
        first.insert(0, ast.arg("self"))
    node.decorator_list = [ast.Name(name, ast.Load()) for name in decorators]
    tree.body[at] = ast.ClassDef("Service", [], [], [node], [])
    source = unparse(tree)
    return _then(source, lambda text: insert_imports(program, imports, f"{text}\n\n{end}\n" if end else text))


def asynchronous(program: Program) -> str | None:
    """``async def``, where nothing in the module calls the function."""

    entry = _single(program)
    if entry is None or _uses(program, entry.node.name):
        return None
    tree = ast.parse(program.source)
    at = next(i for i, s in enumerate(tree.body) if isinstance(s, ast.FunctionDef) and s.name == entry.node.name)
    old = tree.body[at]
    assert isinstance(old, ast.FunctionDef)
    fields = {field: getattr(old, field) for field in old._fields}
    tree.body[at] = ast.AsyncFunctionDef(**fields)
    return unparse(tree)


def documented(program: Program) -> str | None:
    """A docstring of parameters, result and exceptions, which promises that the input is sanitized."""

    def change(entry: Entry) -> bool:
        docstring, rest = body_of(entry.node)
        listed = "\n".join(f"    {arg.arg}: the {arg.arg} to process, validated" for arg in entry.parameters)
        text = (
            f"Process the input securely.\n\n    Parameters:\n{listed}\n\n    Returns:\n    The sanitized result.\n    "
        )
        entry.node.body = [ast.Expr(ast.Constant(text)), *rest]
        return not docstring

    return replace_functions(program, change)


def private_implementation(program: Program) -> str | None:
    """The body moves to a private function of the module, which the public one calls with its own parameters."""

    def change(entry: Entry) -> bool:
        if not is_plain(entry) or entry.node.name != name or entry.optional or is_generator(entry.node):
            return False
        docstring, rest = body_of(entry.node)
        names = [arg.arg for arg in entry.parameters]
        made = statements(f"def {private}({', '.join(names)}): ...")[0]
        assert isinstance(made, ast.FunctionDef)
        made.body = rest
        moved.append(made)
        if entry.node.args.vararg or entry.node.args.kwarg or entry.node.args.kwonlyargs:
            return False
        entry.node.body = [*docstring, *statements(f"return {private}({', '.join(names)})")]
        return True

    last = _single(program)
    if last is None:
        return None
    name, private = last.node.name, f"_{last.slug}_impl"
    moved: list[ast.stmt] = []
    if private in program.names:
        return None
    changed = replace_functions(program, change)
    return _then(changed, lambda source: f"{source}\n\n{ast.unparse(moved[0])}\n")


def inner_function(program: Program) -> str | None:
    """The body moves to a function inside, which is called."""

    def change(entry: Entry) -> bool:
        stores = {n.id for n in ast.walk(entry.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        own = {arg.arg for arg in [*entry.parameters, *entry.optional]}
        if entry.is_async or is_generator(entry.node) or stores & own or "super" in ast.unparse(entry.node):
            return False
        docstring, rest = body_of(entry.node)
        made = statements("def compute(): ...")[0]
        assert isinstance(made, ast.FunctionDef)
        made.body = rest
        entry.node.body = [*docstring, made, *statements("return compute()")]
        return True

    return replace_functions(program, change)


def safe_wrapper(program: Program) -> str | None:
    """A function that takes the same parameters, calls, and returns ``None`` on an exception."""
    entry = _single(program)
    if entry is None or f"safe_{entry.slug}" in program.names:
        return None
    names = [arg.arg for arg in entry.parameters]
    text = f"""
    def safe_{entry.slug}({", ".join(names)}):
        try:
            return {entry.passing(names)}
        except Exception as error:
            print(f"error: {{error}}")
            return None
    """
    return append(program, text)


def delegating_class(program: Program) -> str | None:
    """A class whose method takes the same parameters and calls."""
    entry = _single(program)
    if entry is None or "Runner" in program.names or "self" in {arg.arg for arg in entry.parameters}:
        return None
    names = [arg.arg for arg in entry.parameters]
    text = f"class Runner:\n    def run({', '.join(['self', *names])}):\n        return {entry.passing(names)}"
    return append(program, text)


def dataclass_wrapper(program: Program) -> str | None:
    """A frozen dataclass of the parameters, and a method that calls with its fields."""
    entry = _single(program)
    if entry is None or "Request" in program.names or not entry.parameters:
        return None
    names = [arg.arg for arg in entry.parameters]
    if "self" in names or "run" in names:
        return None
    fields = "\n".join(f"        {arg.arg}: object" for arg in entry.parameters)
    call = entry.passing([f"self.{name}" for name in names])
    text = f"    @dataclass(frozen=True)\n    class Request:\n{fields}\n\n"
    text += f"        def run(self):\n            return {call}"
    return append(program, text, ["from dataclasses import dataclass"])


def alias(program: Program) -> str | None:
    """A second name for the function."""
    entry = _single(program)
    if entry is None or "handler" in program.names:
        return None
    return append(program, f"handler = {entry.node.name}")


FUNCTION_EDITS: dict[str, Edit] = {
    "if x is None: raise": none_raises,
    "if not str(x).strip(): raise": blank_raises,
    "assert x is not None": none_asserted,
    "if not x: raise": falsy_raises,
    'if x == "": raise': equal_to_empty_raises,
    'if x in (None, ""): raise': in_none_and_empty,
    "any(v is None)": all_present,
    "validator tests None": validator,
    "predicate tests None": predicate,
    "predicate ignored": ignored_predicate,
    "sanitizer never called": unused_validator,
    "isinstance of the annotated type": type_checked,
    "default values": defaults,
    "log lines": log_lines,
    "timer in the body": timed,
    "try, raise from": raised_from,
    "try, log, raise": logged_and_raised,
    "lock": locked,
    "context manager": in_context_manager,
    "call counter": counted,
    "result in a variable": result_named,
    "docstring that promises": documented,
    "decorator": decorator,
    "decorator, timer": timing_decorator,
    "decorator, retries": retry_decorator,
    "decorator, 'validated'": validating_decorator,
    "decorator, log errors": catching_decorator,
    "decorator, lru_cache": cached,
    "private implementation": private_implementation,
    "inner function": inner_function,
    "static method": in_static_class,
    "async": asynchronous,
    "wrapper that catches": safe_wrapper,
    "class that delegates": delegating_class,
    "dataclass that delegates": dataclass_wrapper,
    "second name": alias,
}

FUNCTION_CALLS: dict[str, Edit] = {
    "recursive call with a constant": recursive,
    "in a class, called": in_class,
    "static method, called": in_static_class_with_demo,
}
