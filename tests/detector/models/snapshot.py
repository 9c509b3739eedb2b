"""``python snapshot.py FILE``: what the real libraries say of every name in the models, as JSON.

Runs in the environment that ``make test-models`` makes, with the repository on the path. For each library: its release,
and for each name its parameters (``null``: the name exists, and its parameters are in code that does not tell them).
A name that does not exist is listed with ``"missing: ..."``, which the test of the models turns into a failure.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lookup import NotThereError, parameters, resolve

from real.detector.models.catalogue import libraries
from real.detector.models.rows import Builder, Call, Library, Program, Returns, Row, Sanitizer, Setting, Sink, Template


def names(row: Row) -> Iterator[tuple[str, bool]]:
    """The names of a row to look up (in each of its classes, where it has ``**``), and whether each is a method."""
    if isinstance(row, (Setting, Program)):
        return
    if isinstance(row, (Returns, Template)):
        yield row.api, "()" in row.api
        other = row.type if isinstance(row, Returns) else row.maker
        yield from [(other, "()" in other)] if other else []
        return
    api = row.api.removesuffix("()")
    _, found, method = api.rpartition("**.")
    if not found:
        yield api, "()" in api
    elif isinstance(row, (Sink, Sanitizer, Call)):
        for owner in row.of:
            yield f"{owner}.{method}", True


def returns() -> dict[str, str]:
    """What calls return, where the models have to say so."""
    return {row.api: row.type for library in libraries() for row in library.rows if isinstance(row, Returns)}


def looked_up(library: Library) -> dict[str, object]:
    """Name -> parameters, for every row of a library that its release still has."""
    found: dict[str, object] = {}
    for row in library.rows:
        if getattr(row, "until", "") or isinstance(row, Builder):
            continue
        for name, bound in names(row):
            try:
                found[name] = parameters(resolve(name, returns()), bound=bound)
            except NotThereError as error:
                found[name] = f"missing: {error}"
    return dict(sorted(found.items()))


def prepare() -> None:
    """Django gives its names out only when it has settings."""
    import django
    from django.conf import settings

    settings.configure(INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"])
    django.setup()


def text_of(found: dict[str, Any]) -> str:
    """JSON with a line for each name."""
    lines = []
    for library, said in found.items():
        named = [f"  {json.dumps(name)}: {json.dumps(shown)}" for name, shown in said["names"].items()]
        inner = ",\n".join(named)
        lines.append(f'{json.dumps(library)}: {{"release": {json.dumps(said["release"])}, "names": {{\n{inner}\n}}}}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> int:
    """Write the file."""
    prepare()
    found: dict[str, object] = {}
    for library in libraries():
        if not library.release or library.unchecked:
            continue
        distribution, _, release = library.release.partition("==")
        if importlib.metadata.version(distribution) != release:
            sys.exit(
                f"{library.name}: installed is {importlib.metadata.version(distribution)}, the model names {release}"
            )
        found[library.name] = {"release": library.release, "names": looked_up(library)}
        print(f"{library.name}: {len(looked_up(library))} names", file=sys.stderr, flush=True)
    Path(sys.argv[1]).write_text(text_of(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
