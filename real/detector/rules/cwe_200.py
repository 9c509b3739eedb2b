"""CWE-200: Exposure of sensitive information (https://cwe.mitre.org/data/definitions/200.html)

What: the program hands out more of what it knows than is meant: any attribute of an object that a format string names,
the whole of a record, of the configuration or of the environment, or the inner state that a traceback shows.

Why: "{user.password_hash}" is a format string like any other, and "{user.__init__.__globals__}" leads from one object
to the module's secrets. A record given out as it is has fields that nobody thought of, a traceback shows paths,
statements and values.

The sensitive operation:
- template.format(user=user), format_map(vars(user)): a template from outside and an object of the program, or all
  fields of one;
- a whole record, or a field that is named for a secret, in what a view of FastAPI returns, in a response_model, in a
  serializer of Django REST framework, in what to_dict() or model_to_dict() makes of it; a model of another file counts
  where its name stands for a person;
- a login or a reset that answers whether there is such an account;
- credentials that follow a redirect to another host;
- a response (what a view returns, a response or error object of a framework, what a request handler writes) that shows
  vars(user) or user.__dict__, os.environ, app.config, a traceback, the text of any exception or of one of a database,
  of files or of commands, where the server keeps its files, a column, field or record named for a secret, every column
  of a table of persons;
- a line of a log with a password or key in it as it is, with the whole of what the program reads one from, with an
  address that it connects to a database with; names are the evidence here, as in CWE-532;
- __repr__() and __str__() with a secret, the headers of a request in a log;
- debug mode where others can connect, DEBUG = True in settings, a file with a secret that every user may read.

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
- a response_model, a return type or a list of fields without secrets, exclude={"password"}, write_only, a key that is
  removed from the record;
- one text for a wrong name and a wrong password;
- a comparison of hosts that decides about the credentials of the next request;
- a named key of the environment or configuration: os.environ["LANG"].

What does not: a test that the record exists, a try around format(), a copy of the object, a class whose __getattr__()
refuses nothing.

Sources: https://docs.python.org/3/library/string.html#format-string-syntax,
https://lucumr.pocoo.org/2016/12/29/careful-with-str-format/, https://cwe.mitre.org/data/definitions/209.html
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.charsets import Charset
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.responses import WATCHED, sent
from real.detector.concepts.secrets import is_secret
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, settings_of
from real.detector.models.kinds import Role
from real.detector.rule import Rule
from real.detector.rules._declared_answers import MARSHALS, declared_answers
from real.detector.rules._enumeration import told_accounts
from real.detector.rules._exposures import answered
from real.detector.rules._format_strings import formatted
from real.detector.rules._logs import LOGGERS, logged, shown_in_repr
from real.detector.rules._redirects import credentials_abroad
from real.detector.vocabulary import words

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_OTHERS_MAY_READ = 0o044
# Applications with settings of their own, and the mappings that hold them.
_CONFIGURATIONS = frozenset(calls_of(Role.CONFIGURATION))
_APPLICATIONS = frozenset(path.removesuffix(".config") for path in _CONFIGURATIONS)
# Beside these, DEBUG is a setting of the whole site.
_SETTINGS = settings_of(Role.SITE_SETTING)


def _check(facts: Facts) -> Iterator[Defect]:
    for site in facts.calls("format", "format_map"):
        yield from formatted(facts, site)
    yield from logged(facts)
    told: set[Instr] = set()
    for answer in sent(facts):
        yield from answered(facts, answer, told)
    yield from declared_answers(facts)
    yield from told_accounts(facts)
    yield from credentials_abroad(facts)
    yield from shown_in_repr(facts)
    yield from _debugging(facts)
    yield from _readable_files(facts)


# --- settings and files -----------------------------------------------------------------------------------------------


def _debugging(facts: Facts) -> Iterator[Defect]:
    """Debug mode for others than the programmer: errors are answered with a traceback, or with a console."""
    for site, row in facts.tabled(calls_of(Role.DEBUG)):
        *host, shown = (site.constants(argument.position, argument.name) for argument in row.arguments)
        if True in shown and not host:
            yield Defect(site.instr, "debug mode answers errors with a traceback")
        elif True in shown and host[0] and not host[0] & _LOOPBACK:
            yield Defect(site.instr, "debug mode shows the inside to everybody who can connect")
    yield from _configured(facts)
    module = facts.units[0]
    settings = {str(step.extra[1]): step for step in facts.instructions(module, "setcell")}
    local = {str(step.var or step.extra): step for step in facts.instructions(module, "assign")}
    known = {**local, **settings}
    debug = known.get("DEBUG")
    if debug is not None and facts.constants(module, debug.args[0]) == {True} and _SETTINGS & known.keys():
        yield Defect(debug, "DEBUG = True in the settings answers errors with a traceback")


def _configured(facts: Facts) -> Iterator[Defect]:
    """``app.config["DEBUG"] = True``, ``app.debug = True`` in a program that does not itself run the application."""
    if any(row.arguments[1:] for _, row in facts.tabled(calls_of(Role.DEBUG))):
        return
    for unit, step in facts.steps():
        is_set = step.op == "setattr" and step.extra == "debug"
        owners = _APPLICATIONS
        if step.op == "setsub" and "DEBUG" in facts.constants(unit, step.args[1]):
            is_set, owners = True, _CONFIGURATIONS
        if is_set and facts.constants(unit, step.args[-1]) == {True} and _is_object(facts, unit, step.args[0], owners):
            yield Defect(step, "debug mode answers errors with a traceback")


def _is_object(facts: Facts, unit: Unit, operand: int, paths: frozenset[str]) -> bool:
    return any(obj.kind == "api" and obj.name in paths for obj in facts.value(unit, operand).objs)


def _readable_files(facts: Facts) -> Iterator[Defect]:
    """``os.chmod("private.key", 0o644)``."""
    for site in facts.calls("chmod"):
        row = calls_of(Role.FILE_MODE).get(site.path)  # otherwise the method of a path
        position = row.arguments[0].position if row is not None else 0
        modes = [mode for mode in site.constants(position, "mode") if isinstance(mode, int)]
        if not any(mode & _OTHERS_MAY_READ for mode in modes):
            continue
        operands = site.instr.args
        reads = [facts.reads(site.unit, operand) for operand in operands]
        told = {word for read in reads for word in (*read.words, *(str(c) for c in read.constants))}
        if any(is_secret(word) or words(word) & {"key", "pem", "keyfile", "token"} for word in told):
            yield Defect(site.instr, "every user of the machine may read the secret in this file")


RULE = Rule(
    cwe="CWE-200",
    title="Exposure of sensitive information",
    doc=__doc__ or "",
    fix="pass the values that may be seen, not the object: template.format(name=user.name); return chosen fields only",
    harmless=Charset(dangerous=".["),
    check=_check,
    asks_for_checks=True,
    asks=(Role.DEBUG,),
    watches=frozenset({"format", "format_map", "chmod", *LOGGERS, *MARSHALS, *WATCHED}),
)
