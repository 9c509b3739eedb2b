"""The models for people: ``real-detect --models flask``, and ``docs/detector_models.md`` with all of them.

``real-detect --models all > docs/detector_models.md`` writes the page; a test compares them.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.models.catalogue import libraries
from real.detector.models.rows import (
    Builder,
    Call,
    Framework,
    Handler,
    Library,
    Module,
    Program,
    Replacer,
    Returns,
    Row,
    Sanitizer,
    Setting,
    Sink,
    Source,
    Template,
)
from real.errors import UnknownNameError
from real.registry import did_you_mean

_HEAD = """# What the detector knows of libraries

Generated from `real/detector/models/` by `real-detect --models all`. Each row there is looked up in the
release that is named here (`make test-models`); each of *reads*, *safe* and *source* has a program that is judged
otherwise without it. `real-detect --models NAME` prints one library. A call that is not here is taken for one that
passes on what it is given.

- `()` stands for what a call returns: `requests.Session().get` is a method of a session.
- `**` stands for any way there: `**.execute` is the method of anything that is no object of the program's own,
  `asyncpg.**.fetch` of anything that comes from asyncpg.
- *Reads* are arguments that must not get outside data, *safe* are results that hold nothing special for a reader,
  *sources* are outside data, *binds* are libraries whose objects carry data beside the statement, and rules
  have questions about what is *asked for*. What *replaces code* makes a program one that is not seen whole.
"""


def described(library: Library) -> str:
    """One library, as a section of the page."""
    release = library.release or "Python"
    checked = f"not looked up: {library.unchecked}" if library.unchecked else "every name looked up"
    return "\n".join([f"## {library.name}", "", f"{release}; {checked}.", "", *_lines(library)])


def _lines(library: Library) -> Iterator[str]:
    for row in library.rows:
        if isinstance(row, Sink):
            taken = ", ".join(_argument(argument.position, argument.names) for argument in row.arguments)
            yield f"- reads: `{row.api}` {taken}: {row.kind.value}{_condition(row)}{_until(row.until)}"
        elif isinstance(row, Sanitizer):
            readers = ", ".join(kind.name for kind in row.kinds)
            yield f"- safe: `{row.api}` for {readers}{_until(row.until)}"
        elif isinstance(row, Source):
            yield f"- source: `{row.api}`: {row.kind.name}{_until(row.until)}"
        elif isinstance(row, Builder):
            yield f"- binds: `{row.api}`"
        elif isinstance(row, Call):
            taken = ", ".join(_argument(argument.position, argument.names) for argument in row.arguments)
            yield f"- asked for: `{row.api}` {taken}: {row.role.value}{_until(row.until)}".replace("` :", "`:")
        elif isinstance(row, Returns):
            yield f"- `{row.api}()` returns a `{row.type}`"
        else:
            yield from _of_application(row)


def _of_application(row: Row) -> Iterator[str]:
    """What is known of applications, and of programs that they start."""
    if isinstance(row, Setting):
        yield f"- setting: `{row.name}`: {row.role.value}"
    elif isinstance(row, Replacer):
        yield f"- replaces code: `{row.api}` {row.how.value}{_until(row.until)}"
    elif isinstance(row, Program):
        reads = f" after {', '.join(row.commands)}" if row.commands else ""
        yield f"- has options that run commands or write files: `{row.name}`{reads}"
    elif isinstance(row, Template):
        yield f"- fills a template: `{row.api}`" + (" (escapes)" if row.escapes else "")
    elif isinstance(row, Module):
        yield f"- all of `{row.api}`: {row.role.value}"
    elif isinstance(row, Framework):
        yield f"- calls functions of the program: `{row.api}`{_said(row)}"
    elif isinstance(row, Handler):
        named = ", ".join(f"`{name}`" for name, _ in row.actions) or "what is decorated"
        yield f"- calls methods: of classes of `{row.api}` (`...{row.ending}`) {named}"


def _said(row: Framework) -> str:
    """What it does with text that a view returns, and with what annotations say."""
    kinds = [
        (row.html, "sends returned text as HTML"),
        (row.typed, "converts arguments as they are annotated"),
        (row.quotes, "encodes addresses of redirects"),
    ]
    told = [text for holds, text in kinds if holds]
    return f" ({', '.join(told)})" if told else ""


def _argument(position: int | None, names: tuple[str, ...]) -> str:
    named = "/".join(names)
    if position is None:
        return named
    return f"{position + 1}. {named}".strip()


def _condition(row: Sink) -> str:
    if row.when is None:
        return ""
    names = "/".join(argument.name for argument in row.when.arguments if argument.name)
    return f" (depends on `{names}`)" if names else " (depends on the receiver)"


def _until(release: str) -> str:
    return f" (gone since {release})" if release else ""


def model(name: str) -> str:
    """The section of one library; raises ``UnknownNameError`` with the nearest names."""
    known = {library.name.lower(): library for library in libraries()}
    if name.lower() not in known:
        raise UnknownNameError(f"no model of {name!r}", hint=did_you_mean(name, sorted(known)))
    return described(known[name.lower()])


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, "\n\n".join(described(library) for library in libraries())]) + "\n"
