"""CWE-94: Code injection (https://cwe.mitre.org/data/definitions/94.html)

What: outside text becomes part of code that the program then runs: the source of a template, the script that another
interpreter is started with, the file or function body that is loaded as Python. What eval() and exec() run is CWE-95.

Why: a template language is a programming language: `{{ ''.__class__.__mro__ }}` walks to every class of the process.
The same holds for `python -c`.

Bad:
    return render_template_string(f"<h1>Hello {request.args['name']}</h1>")

Good:
    return render_template_string("<h1>Hello {{ name }}</h1>", name=request.args["name"])

Also reported: a record's text that is compiled as a template; a module whose name is chosen outside and then imported,
which runs it; a function that is looked up in globals() by an outside name and called; logging.config.listen() without
verify; a configuration from a request whose keys name what is called; outside text that is written into a file of
Python in a program that imports files or starts the interpreter.

What silences it:
- a constant template, with the data passed as variables;
- jinja2.sandbox.SandboxedEnvironment, which is made for templates of strangers;
- a name looked up in a constant dict of templates or scripts, or tested against a constant allow-list;
- a conversion to a number.

What does not: html.escape() (braces pass), autoescape, removing `{{` once, a test on a path that does not lead to the
template.

Sources: as for CWE-89; the parameters of functions that nothing in the program calls, input(), web requests.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.callsites import CallSite, library_paths
from real.detector.analysis.charsets import Charset
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow
from real.detector.analysis.values import Value
from real.detector.analysis.witness import every
from real.detector.concepts.endpoints import is_view
from real.detector.concepts.text_pieces import ordered_pieces
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, tables
from real.detector.models.kinds import Kind, Role
from real.detector.models.library import names
from real.detector.rule import Rule
from real.detector.rules._code import is_checked_code
from real.detector.rules._namespaces import GLOBALS, chosen_globals
from real.detector.vocabulary import ROW_READERS

# Settings that come over the network, and not from a file of the program's own.
_PARSED = calls_of(Role.JSON_PARSER).keys() | calls_of(Role.PARSER).keys() | {"get_json"}
_OF_FILES = names("open read_text")
_LOADERS = tables((Kind.MODULE, Kind.MODULE_FILE, Kind.MODULE_NAME, Kind.EXEC)).calls.keys() | calls_of(Role.RELOADS)
_PROGRAMS = calls_of(Role.RUNS_PROGRAM)
_STORES = names("objects session query")
_RUNNERS = {  # started with one of these, an interpreter runs its next argument: option -> programs
    "-c": ("python",),
    "-e": ("node", "ruby", "perl"),
    "--eval": ("node",),
    "-r": ("php",),
}


def _check(facts: Facts) -> Iterator[Defect]:
    yield from chosen_globals(facts)
    yield from _open_ports(facts)
    yield from _written_modules(facts)
    yield from _stored_templates(facts)
    for site, _ in facts.tabled(_PROGRAMS):
        for words in _argument_lists(site):
            yield from _scripts(facts, site, words)


def _stored_templates(facts: Facts) -> Iterator[Defect]:
    """``env.from_string(row["body"])``: who may write the text of a record writes code, unless there is a sandbox."""
    for site in facts.calls("from_string", "Template", "render_template_string"):
        engine = RULE.methods["from_string"].when
        is_template = site.path in RULE.calls or (site.name == "from_string" and engine is not None and engine(site))
        if not is_template or any("Sandbox" in path for path in (site.path, *_receivers(site))):
            continue
        for operand in site.operands((0,), ("source", "template_string", "text"))[:1]:
            if not facts.is_untrusted(facts.value(site.unit, operand)) and _is_stored(facts, site.unit, operand):
                yield Defect(site.instr, "the text of a record is compiled as a template")


def _receivers(site: CallSite) -> frozenset[str]:
    return library_paths(site.receiver) if site.receiver is not None else frozenset()


def _is_stored(facts: Facts, unit: Unit, operand: int) -> bool:
    """What a database gave: a column of a row, an attribute of a model's object."""
    reads = facts.reads(unit, operand)
    called = reads.called
    return bool(called & ROW_READERS) or ("get" in called and bool(reads.attributes & _STORES))


def _written_modules(facts: Facts) -> Iterator[Defect]:
    """``Path("rules.py").write_text(text)`` in a program that imports or runs files: what is written becomes code."""
    loads = any(
        facts.library_names(unit, step) & _LOADERS
        or (facts.library_names(unit, step) & _PROGRAMS.keys() and _starts_python(facts, unit, step))
        for unit, step in facts.steps("call", "method")
    )
    for site in facts.calls("write", "write_text", "write_bytes", "writelines") if loads else ():
        text = site.argument(0, "data")
        if text is None or not facts.is_untrusted(text) or site.instr.op != "method":
            continue
        operands = site.operands((0,), ("data",))
        named = {c for c in facts.reads(site.unit, site.instr.args[0]).constants if isinstance(c, str)}
        if not any(name.endswith((".py", ".pyw")) for name in named):
            continue
        if not every(
            facts.reads(site.unit, operand).calls & calls_of(Role.WRITES_LITERAL).keys() for operand in operands
        ):
            yield Defect(site.instr, "untrusted data is written into a file of code that is run", facts.trace(text))


def _starts_python(facts: Facts, unit: Unit, step: Instr) -> bool:
    """Whether a process is started with an interpreter of Python."""
    for operand in step.args[1:]:
        reads = facts.reads(unit, operand)
        if "executable" in reads.attributes or any(
            isinstance(const, str) and const.rpartition("/")[2].startswith("python") for const in reads.constants
        ):
            return True
    return False


def _open_ports(facts: Facts) -> Iterator[Defect]:
    """``logging.config.listen(port)`` evaluates parts of what is sent there, unless ``verify`` refuses it."""
    for site, row in facts.tabled(calls_of(Role.PEER_CODE)):
        verify = site.argument(row.arguments[0].position, row.arguments[0].name)
        if verify is None or verify.consts == frozenset((None,)):
            yield Defect(site.instr, "whoever reaches the port sends a configuration, which is evaluated")


def _is_free(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether the name begins with outside data: in a package of the program there are only its own modules."""
    first = ordered_pieces(facts, unit, operand)[:1]
    return bool(first) and not isinstance(first[0], str) and facts.is_untrusted(facts.value(unit, first[0]))


def _is_below(facts: Facts, atom: Atom) -> bool:
    """``name.startswith("plugins.")``: the same of a name that comes from outside as a whole."""
    if atom.method != "startswith" or atom.sense is not True or len(atom.instr.args) < 2:
        return False
    value = facts.value(atom.unit, atom.instr.args[1])
    packages = facts.elements(value) if value.objs else value.consts or frozenset()
    return bool(packages) and every(isinstance(name, str) and name.endswith(".") for name in packages)


def _is_guarded(facts: Facts, flow: Flow) -> bool:
    """Code that was looked at before; a module of a package of the program; settings of the program's own."""
    if flow.verb == Kind.MODULE_NAME.value:
        free = [operand for operand in flow.operands if _is_free(facts, flow.unit, operand)]
        return not free or facts.is_guarded(flow.unit, flow.instr, free, lambda atom, _: _is_below(facts, atom))
    if flow.verb == Kind.CALLED_NAMES.value:
        return every(_is_own_setting(facts, flow.unit, operand) for operand in flow.operands)
    return is_checked_code(facts, flow)


def _is_own_setting(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a configuration comes as a parameter or from a file, and not from a request or out of a message."""
    if not isinstance(facts.entry(facts.value(unit, operand)), Unit) or is_view(facts, unit):
        return False
    called = facts.reads(unit, operand).calls
    return not called & _PARSED or bool({call.rpartition(".")[2] for call in called} & _OF_FILES)


def _argument_lists(site: CallSite) -> Iterator[list[Value]]:
    """The words of the command line that a call may be given, as far as they are known one by one."""
    if site.name == "create_subprocess_exec":
        yield site.args.pos
    value = site.argument(1 if site.name.startswith("exec") else 0, "args")
    for obj in value.objs if value is not None else ():
        if obj.kind in ("list", "tuple"):
            count = sum(1 for key in obj.fields if isinstance(key, int))
            yield [obj.fields[index] for index in range(count) if index in obj.fields]


def _scripts(facts: Facts, site: CallSite, words: list[Value]) -> Iterator[Defect]:
    if len(words) < 3 or not facts.is_untrusted(words[2]):
        return
    for option in sorted(const for const in words[1].consts or () if isinstance(const, str)):
        if any(_is_program(words[0], name) for name in _RUNNERS.get(option, ())):
            yield Defect(site.instr, f"untrusted data is the script of {option}", facts.trace(words[2]))


def _is_program(value: Value, name: str) -> bool:
    if name == "python" and "sys.executable" in library_paths(value):
        return True
    return any(isinstance(const, str) and const.rpartition("/")[2].startswith(name) for const in value.consts or ())


RULE = Rule(
    cwe="CWE-94",
    title="Code injection",
    doc=__doc__ or "",
    fix="keep the template or script constant and pass the data as a variable or argument",
    what="source",
    # Names and numbers cannot open a tag of any template language, nor an expression of Python.
    harmless=Charset("_ .,:;!?-", letters=True),
    kinds=(
        *(Kind.TEMPLATE, Kind.MODULE, Kind.MODULE_FILE, Kind.CODE_OBJECT, Kind.PYTHON_CELL),
        *(Kind.MODULE_NAME, Kind.CALLED_NAMES),
        *(Kind.JAVASCRIPT, Kind.LUA),
    ),
    guard=_is_guarded,
    check=_check,
    asks=(Role.RUNS_PROGRAM, Role.PEER_CODE),
    watches=frozenset(
        {"from_string", "Template", "render_template_string", *GLOBALS}
        | {"write", "write_text", "write_bytes", "writelines"}
    ),
    yields_to=frozenset({"CWE-95"}),
)
