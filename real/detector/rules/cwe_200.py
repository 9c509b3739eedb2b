"""CWE-200: Exposure of sensitive information (https://cwe.mitre.org/data/definitions/200.html)

What: the program hands out more of what it knows than is meant: any attribute of an object that a format string names,
the whole of a record, of the configuration or of the environment, or the inner state that a traceback shows.

Why: "{user.password_hash}" is a format string like any other, and "{user.__init__.__globals__}" leads from one object
to the module's secrets. A record given out as it is has fields that nobody thought of, a traceback shows paths,
statements and values.

The sensitive operation:
- template.format(user=user), format_map(vars(user)): a template from outside and an object of the program, or all
  fields of one;
- a view that returns vars(user) or user.__dict__, os.environ, app.config, what traceback.format_exc() returns, the text
  of any exception (`except Exception as error: return str(error)`), or a whole record with a field named for a secret;
- a line of a log with a password or key in it as it is; names are the evidence here, as in CWE-532.

The check: something that says which attributes may be seen.

Bad:
    return template.format(order=ORDERS[number])

Good:
    return template.format(number=order.number, total=order.total)

Good, where users write templates of their own:
    class Visible:
        def __init__(self, order):
            self._order = order

        def __getattr__(self, name):
            if name not in {"number", "total"}:
                raise AttributeError(name)
            return getattr(self._order, name)

    return template.format(order=Visible(order))

What silences it:
- a template of the program's own, or one chosen from its own by name;
- arguments that are texts and numbers taken from the object, not the object;
- an object whose class defines __getattr__(), __getattribute__() or __getitem__() with a way that raises an exception,
  or what is reached through such an object;
- string.Template, or a formatter of the program's own that overrides get_field();
- a test of the template that leaves no "." and "[";
- a named key of the environment or configuration: os.environ["LANG"].

What does not: a test that the record exists, a try around format(), a copy of the object, a class whose __getattr__()
refuses nothing.

Sources: https://docs.python.org/3/library/string.html#format-string-syntax,
https://lucumr.pocoo.org/2016/12/29/careful-with-str-format/, https://cwe.mitre.org/data/definitions/209.html
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.callsites import CallSite, shape_of
from real.detector.charsets import Charset
from real.detector.facts import Facts
from real.detector.flows import Defect
from real.detector.ir import Instr, Unit
from real.detector.library import names
from real.detector.rule import Rule
from real.detector.rules._authorization import words
from real.detector.rules._definitions import definition, ends_in_exception, root
from real.detector.rules._web import is_view
from real.detector.slices import Reads
from real.detector.values import NUM, STR, Obj, Value

# Methods by which a class decides what of its objects is seen.
_GATES = frozenset({"__getattr__", "__getattribute__", "__getitem__", "__format__"})
# Calls that show the inner state of the program as text.
_TRACEBACKS = names(
    """traceback.format_exc traceback.format_exception traceback.format_tb traceback.format_stack
    traceback.TracebackException().format cgitb.html"""
)
# Things that a view must not return whole.
_WHOLE = {
    "os.environ": "the environment",
    "os.environb": "the environment",
    "flask.Flask().config": "the settings",
    "flask.current_app.config": "the settings",
}
_LOGGERS = ("print", "debug", "info", "warning", "error", "critical", "exception", "log")
_SECRETS = names("password passwd passphrase pwd secret secrets ssn cvv credentials")
_SECRET_PAIRS = [names(pair) for pair in ("api key", "private key", "access token", "credit card", "card number")]
_NO_SECRETS = names("hint policy strength length field label reset changed expired attempts id url name file path")
_STORES = frozenset({"add", "setsub", "merge", "member"})
# Methods of models, sessions and containers that return one record.
_LOOK_UPS = frozenset({"get", "first", "one", "get_or_404", "first_or_404"})
_MAX_FIELDS = 2


def _check(facts: Facts) -> Iterator[Defect]:
    for site in facts.calls("format", "format_map"):
        yield from _formatted(facts, site)
    for site in facts.calls(*_LOGGERS):
        yield from _logged(facts, site)
    for unit in facts.functions:
        if facts.is_exported(unit) and is_view(facts, unit):
            yield from _returned(facts, unit)


# --- templates from outside -------------------------------------------------------------------------------------------


def _formatted(facts: Facts, site: CallSite) -> Iterator[Defect]:
    unbound = site.path in ("builtins.str.format", "builtins.str.format_map")
    template = site.args.at(0) if unbound else site.receiver
    if (site.path and not unbound) or template is None or not facts.is_untrusted(template):
        return
    operands = [operand for operand in site.instr.args[1 + unbound :] if isinstance(operand, int)]
    for index, operand in enumerate(operands):
        if _is_gated(facts, site.unit, operand):
            continue
        whole = site.name == "format_map" or _is_spread(site.instr, index + unbound)
        if _shows_object(facts, site.unit, operand) or (whole and _is_record(facts, site.unit, operand)):
            message = "a template from outside names the attributes that it shows"
            yield Defect(site.instr, message, facts.trace(template))
            return


def _is_spread(instr: Instr, index: int) -> bool:
    """Whether an argument of a call is passed with two stars."""
    shape = shape_of(instr)
    position = index - len(shape.starred) if shape is not None else -1
    return shape is not None and 0 <= position < len(shape.keywords) and shape.keywords[position] is None


def _shows_object(facts: Facts, unit: Unit, operand: int) -> bool:
    """An object of the program, or something that it looked up and of which nothing is known."""
    value = facts.value(unit, operand)
    if any(obj.kind in ("instance", "class", "function", "bound", "namespace") for obj in _within(value)):
        return True
    return not value.objs and not facts.is_untrusted(value) and _is_looked_up(facts, unit, operand, value)


def _within(value: Value) -> Iterator[Obj]:
    """The objects that a value may be, and those that these hold."""
    for obj in value.objs:
        yield obj
        if obj.kind in ("dict", "list", "tuple", "set"):
            for held in (*obj.fields.values(), obj.elements):
                yield from held.objs


def _is_looked_up(facts: Facts, unit: Unit, operand: int, value: Value) -> bool:
    """A record from something that the program leaves undefined: a model, a session, a container, a class."""
    if value.consts or value.kind & (STR | NUM):
        return False
    made = definition(unit, operand)
    if made is None:
        return False
    if made.op == "method":
        return made.extra[0] in _LOOK_UPS
    if made.op == "call":
        callee = definition(unit, made.args[0])
        return callee is not None and callee.op == "builtin" and str(callee.extra[1])[:1].isupper()
    if made.op not in ("sub", "iterate"):
        return False
    holder = definition(unit, made.args[0])
    return holder is not None and holder.op == "builtin"


def _is_record(facts: Facts, unit: Unit, operand: int) -> bool:
    """All fields of something: vars(user), user.__dict__, or a record that was looked up."""
    made = facts.definitions(unit, operand)
    if any(step.op == "attr" and step.extra == "__dict__" for step in made):
        return True
    if any(facts.library_names(unit, step) & {"builtins.vars"} for step in made):
        return True
    value = facts.value(unit, operand)
    held = [obj for obj in value.objs if obj.kind == "dict"]
    built = any(step.op == "build" for step in made)
    return bool(held) and not built and any(len(obj.fields) > _MAX_FIELDS for obj in held)


def _is_gated(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether an object, or the one that it was reached through, decides which attributes may be seen."""
    values = [facts.value(unit, operand), *(facts.value(unit, step.dst) for step in facts.definitions(unit, operand))]
    return any(
        obj.kind == "instance" and obj.unit is not None and _has_gate(facts, obj.unit)
        for value in values
        for obj in value.objs
    )


def _has_gate(facts: Facts, owner: Unit, outer: tuple[Unit, ...] = ()) -> bool:
    """Whether a class refuses some attributes, or gives for some of them objects of a class that does."""
    for unit in facts.functions:
        if unit.parent is not owner or unit.name not in _GATES or not unit.returns:
            continue
        if any(ends_in_exception(block) for block in unit.blocks):
            return True
        if any(step.op == "branch" for step in facts.instructions(unit)) and any(
            obj.kind == "instance"
            and obj.unit not in (None, owner, *outer)
            and _has_gate(facts, obj.unit, (*outer, owner))
            for step in facts.instructions(unit)
            if step.op == "call"
            for obj in facts.value(unit, step.dst).objs
            if obj.unit is not None
        ):
            return True
    return False


# --- what logs keep ---------------------------------------------------------------------------------------------------


def _logged(facts: Facts, site: CallSite) -> Iterator[Defect]:
    """A password or a key in a line of a log, or on the console where it comes from the environment."""
    if not site.path.startswith(("logging.", "builtins.print", "flask.Flask().logger.")):
        return
    for operand in [arg for arg in site.instr.args[1:] if isinstance(arg, int)]:
        for step in _text_of(facts, site.unit, operand):
            secret = _secret_name(facts, site.unit, step)
            if secret is not None and (site.path != "builtins.print" or _is_setting(facts, site.unit, step)):
                yield Defect(site.instr, f"`{secret}` is written to the log")
                return


def _text_of(facts: Facts, unit: Unit, operand: int) -> list[Instr]:
    """What a text is put together from, calls other than str() and format() not followed."""
    found: list[Instr] = []
    work = [root(unit, operand)]
    for current in work:  # grows while it is walked
        made = unit.defs[current]
        if made is None or made in found:
            continue
        found.append(made)
        inside: list[int] = []
        if made.op in ("fstring", "binop", "build"):
            inside = made.args
        elif _is_conversion(facts, unit, made):
            inside = made.args[1:]
        work += [root(unit, arg) for arg in inside if isinstance(arg, int)]
    return found


def _is_conversion(facts: Facts, unit: Unit, made: Instr) -> bool:
    if made.op == "method":
        return bool(made.extra[0] == "format")
    return made.op == "call" and bool(facts.library_names(unit, made) & {"builtins.str", "builtins.repr"})


def _secret_name(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """The name of a secret that an instruction reads as it is."""
    names: set[str] = set()
    if step.op in ("param", "attr"):
        names = {str(step.extra)}
    elif step.op in ("cell", "builtin"):
        names = {str(step.extra[1])}
    elif step.op == "sub" or (step.op in ("method", "call") and _is_lookup(facts, unit, step)):
        names = {str(key) for key in facts.constants(unit, step.args[1]) if isinstance(key, str)}
    return next((name for name in sorted(names) if is_secret(name)), None)


def _is_lookup(facts: Facts, unit: Unit, step: Instr) -> bool:
    if len(step.args) < 2:
        return False
    if step.op == "method" and step.extra[0] == "get":
        return True
    return bool(facts.library_names(unit, step) & {"os.getenv", "os.environ.get"})


def _is_setting(facts: Facts, unit: Unit, step: Instr) -> bool:
    """Whether a value is read from the environment, here or at the top level of the module."""
    if _is_environment(facts.reads(unit, step.dst)):
        return True
    module = facts.units[0]
    return step.op in ("cell", "builtin") and any(
        store.op == "setcell"
        and store.extra[1] == step.extra[1]
        and _is_environment(facts.reads(module, store.args[0]))
        for store in facts.instructions(module)
    )


def _is_environment(reads: Reads) -> bool:
    return bool({"environ", "os.environ", "os.getenv"} & (reads.attributes | reads.names | reads.calls))


def is_secret(name: str) -> bool:
    """Whether a name says that its value is a password, a key or a number by which somebody is let in."""
    parts = words(name)
    return (bool(parts & _SECRETS) and not parts & _NO_SECRETS) or any(pair <= parts for pair in _SECRET_PAIRS)


# --- what views return ------------------------------------------------------------------------------------------------


def _returned(facts: Facts, unit: Unit) -> Iterator[Defect]:
    for instr in facts.instructions(unit):
        if instr.op == "return":
            found = {what for step in _shown(facts, unit, instr.args[0]) if (what := _exposed(facts, unit, step))}
            if found:
                yield Defect(instr, f"the response shows {min(found)}")


def _shown(facts: Facts, unit: Unit, operand: int) -> list[Instr]:
    """The instructions that make a returned value or a part of it, not what these take a single field from."""
    found: list[Instr] = []
    seen: set[int] = set()
    work = [operand]
    while work:
        current = work.pop()
        made = unit.defs[current]
        if made is None or current in seen:
            continue
        seen.add(current)
        found.append(made)
        if made.op in ("assign", "copy", "pi", "await"):
            work += made.args[:1]
        elif made.op == "pathload":
            work += made.args[1:]
        elif made.op in ("phi", "build", "fstring", "binop"):
            work += made.args
            stores = (step for step in facts.instructions(unit) if step.op in _STORES and step.args[0] == current)
            work += [step.args[-1] for step in stores]
        elif made.op == "call" or (made.op == "method" and facts.library_names(unit, made)):
            work += made.args[1:]
    return found


def _exposed(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """What an instruction makes that no response may have whole."""
    called = facts.library_names(unit, step)
    if called & _TRACEBACKS:
        return "the traceback"
    if "builtins.vars" in called or (step.op == "attr" and step.extra == "__dict__"):
        return "every field of a record"
    if step.op == "caught" and _is_broad(facts, unit, step):
        return "what went wrong inside, whatever it was"
    if step.op == "attr" and is_secret(str(step.extra)):
        return f"`{step.extra}`"
    return _part_of_whole(facts, unit, step)


def _part_of_whole(facts: Facts, unit: Unit, step: Instr) -> str | None:
    """A record with a secret among its fields, the environment, or the settings."""
    if step.op in ("sub", "method"):
        held = [obj for obj in facts.value(unit, step.dst).objs if obj.kind == "dict"]
        secrets = {str(key) for obj in held for key in obj.fields if isinstance(key, str) and is_secret(key)}
        if secrets:
            return f"`{min(secrets)}` with the rest of the record"
    if step.op == "attr":
        owners = {obj.name for obj in facts.value(unit, step.args[0]).objs if obj.kind == "api"}
        return next(
            (_WHOLE[path] for path in sorted(f"{owner}.{step.extra}" for owner in owners) if path in _WHOLE), None
        )
    return None


def _is_broad(facts: Facts, unit: Unit, step: Instr) -> bool:
    """Whether a handler catches every exception, so that its text may be about anything."""
    block = next(block for block in unit.blocks if step in block.instrs)
    kinds = [instr for instr in block.instrs if instr.op == "handler"]
    return any(facts.reads(unit, kind.args[0]).names & {"Exception", "BaseException"} for kind in kinds)


RULE = Rule(
    cwe="CWE-200",
    title="Exposure of sensitive information",
    doc=__doc__ or "",
    fix="pass the values that may be seen, not the object: template.format(name=user.name); return chosen fields only",
    harmless=Charset(dangerous=".["),
    check=_check,
    watches=frozenset({"format", "format_map", *_LOGGERS}),
)
