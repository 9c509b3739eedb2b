"""What a model says of a library: typed rows, one sentence each.

An ``api`` is a qualified name as the analysis sees it: ``requests.get``; ``()`` stands for what a call returns, so
``requests.Session().get`` is the method of an object. ``**`` stands for any way there: ``**.execute`` is the method
of anything that is no object of the program's own, ``asyncpg.**.fetch`` of anything that comes from asyncpg. Rows
with ``**`` say in ``of`` which classes of the library have the method, so that the row can be looked up there.

The functions below (``sinks``, ``calls``, …) take names with braces: ``requests.{get,post}`` is two.

Anchors: the stubs of Pysa (``def redirect(location: TaintSink[Redirect])``), CodeQL's models as data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from real.detector.models.kinds import Kind, Replaces, Role, SourceKind, Syntax
from real.detector.models.when import Arg, When


def arg(position: int | None, *names: str) -> Arg:
    """An argument by its position (from 0, without ``self``; ``None``: by keyword only) and its names."""
    return Arg(position, names)


@dataclass(frozen=True, slots=True)
class Source:
    """``api`` is or returns outside data; ``note`` is the sentence that begins the trace."""

    api: str
    kind: SourceKind
    note: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class Sink:
    """``api`` reads these arguments as the kind says.

    ``when`` restricts it to calls whose other arguments are dangerous; ``returns_stored`` says that the result is
    stored data, whatever went in (rows of a database). ``until`` is the release that no longer has the name.
    """

    api: str
    arguments: tuple[Arg, ...]
    kind: Kind
    when: When | None = None
    returns_stored: bool = False
    until: str = ""
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sanitizer:
    """The result of ``api`` holds nothing that is special to the readers of these kinds, or the call fails."""

    api: str
    kinds: tuple[Kind, ...]
    until: str = ""
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Builder:
    """Objects of this module bind or quote the data they are given: sinks of these kinds may take them."""

    api: str
    kinds: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class Returns:
    """What a call returns, where the library does not annotate it: the name of a class."""

    api: str
    type: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call, a class or an attribute that rules ask for by its role.

    ``arguments`` are those that the question is about, ``shown`` is what a message calls the algorithm, ``least`` the
    smallest value that is enough.
    """

    api: str
    role: Role
    arguments: tuple[Arg, ...] = ()
    shown: str = ""
    least: int = 0
    until: str = ""
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Module:
    """Whatever lies below ``api``, a module or what a call returns, has the role: ``logging`` writes to a log."""

    api: str
    role: Role


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework that calls functions of the program; ``api`` is its module.

    ``html``: text that a view returns is sent as HTML. ``typed``: what annotations of parameters say is enforced.
    ``elsewhere``: the addresses of views are in another file, so that nothing in a view's own says that it is one.
    ``web``: it is a web framework of its own, not a part of one. ``quotes``: it percent-encodes an address that a
    browser is sent to, so that a backslash or a tab in it is none.
    """

    api: str
    html: bool = False
    typed: bool = False
    elsewhere: bool = False
    web: bool = True
    quotes: bool = False


@dataclass(frozen=True, slots=True)
class Handler:
    """A class (or what takes objects of such classes) that answers requests by methods: name -> verb of HTTP.

    Without ``actions`` any method may be one, where a decorator says so. ``ending`` is how the names of such classes
    end, by which subclasses of subclasses in other files are known. ``is_alone``: nothing outside the class can
    refuse a request (no middleware, no hooks).
    """

    api: str
    actions: tuple[tuple[str, str], ...]
    ending: str
    is_alone: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """``api`` fills a template with values, ``maker`` is called with its text (``source``).

    Without a maker the text is the first argument of ``api``. ``escapes`` is what the engine does unless it is told,
    ``switch`` the argument that tells it, ``set_on`` the calls that take that argument. ``aliases`` are makers that
    are reached by an item of a mapping (``engines["django"]``), so that no look-up finds them.
    """

    api: str
    maker: str = ""
    source: str = "source"
    syntax: Syntax = Syntax.JINJA
    escapes: bool = True
    switch: str = ""
    set_on: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """A name in the settings of an application that a rule asks for by its role: nothing that can be looked up.

    ``values`` are those that matter, where not all of them do.
    """

    name: str
    role: Role
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """A program with options that run commands or write files: an argument that begins with a dash is one.

    ``commands`` are the subcommands that read what ``words`` are about, in the names of variables: none, the program
    does. ``taking`` are options whose argument is the next word, whatever it begins with. Where ``strangers`` only may
    not choose it, what a caller passes to a public function is his own.
    """

    name: str
    commands: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    taking: tuple[str, ...] = ()
    strangers: bool = False


@dataclass(frozen=True, slots=True)
class Replacer:
    """``api`` makes or replaces code while the program runs, or is an attribute that is there to be assigned."""

    api: str
    how: Replaces
    until: str = ""


Row: TypeAlias = (
    "Source | Sink | Sanitizer | Builder | Returns | Call | Module | Framework | Handler | Template | Setting | Program"
    " | Replacer"
)
VERBS = ("get", "post", "put", "patch", "delete", "head", "options")


@dataclass(frozen=True, slots=True)
class Library:
    """What is known of one library.

    ``release`` is what the rows are checked against (``flask==3.1.2``), empty for Python's own modules; ``unchecked``
    says why they cannot be looked up (Python 2, a library that needs a compiler).
    """

    name: str
    release: str
    rows: tuple[Row, ...]
    unchecked: str = ""


def spelled(*apis: str) -> list[str]:
    """Names in full: ``requests.{get,post}`` is two; raises ``ValueError`` where none is given."""
    if not apis:
        raise ValueError("no api is named")
    found = []
    for api in apis:
        before, opened, rest = api.partition("{")
        inner, closed, after = rest.partition("}")
        if opened and not closed:
            raise ValueError(f"a brace is not closed in {api!r}")
        found += spelled(*(f"{before}{part}{after}" for part in inner.split(","))) if opened else [api]
    return found


def sinks(
    kind: Kind,
    arguments: Arg | tuple[Arg, ...],
    *apis: str,
    when: When | None = None,
    returns_stored: bool = False,
    until: str = "",
    of: tuple[str, ...] = (),
) -> Iterator[Sink]:
    """Several calls that take the same argument; raises ``ValueError`` where none is named."""
    taken = (arguments,) if isinstance(arguments, Arg) else arguments
    return (Sink(api, taken, kind, when, returns_stored, until, of) for api in spelled(*apis))


def calls(
    role: Role, arguments: Arg | tuple[Arg, ...], *apis: str, shown: str = "", least: int = 0, until: str = ""
) -> Iterator[Call]:
    """Several calls of one role that take the same argument; raises ``ValueError`` where none is named."""
    taken = (arguments,) if isinstance(arguments, Arg) else arguments
    return (Call(api, role, taken, shown, least, until) for api in spelled(*apis))


def modules(role: Role, *apis: str) -> Iterator[Module]:
    """Several modules of one role; raises ``ValueError`` where none is named."""
    return (Module(api, role) for api in spelled(*apis))


def replacers(how: Replaces, *apis: str, until: str = "") -> Iterator[Replacer]:
    """Several names that replace code in the same way."""
    return (Replacer(api, how, until) for api in spelled(*apis))


def handlers(
    ending: str, *apis: str, form: str = "{}", verbs: tuple[str, ...] = VERBS, is_alone: bool = False
) -> Iterator[Handler]:
    """Classes with a method for each verb, called ``form``: ``on_{}``, or ``do_{VERB}`` in capitals."""
    actions = tuple((form.format(verb, VERB=verb.upper()), verb.upper()) for verb in verbs)
    return (Handler(api, actions, ending, is_alone) for api in spelled(*apis))


def sanitizers(kinds: tuple[Kind, ...], *apis: str, until: str = "", of: tuple[str, ...] = ()) -> Iterator[Sanitizer]:
    """Several calls that are safe for the same readers."""
    return (Sanitizer(api, kinds, until, of) for api in spelled(*apis))


def sources(kind: SourceKind, note: str, *apis: str, until: str = "") -> Iterator[Source]:
    """Several sources that a trace begins with in the same words; ``{name}`` there is the last part of the name."""
    return (
        Source(api, kind, note.replace("{name}", api.rpartition(".")[2].removesuffix("()")), until)
        for api in spelled(*apis)
    )
