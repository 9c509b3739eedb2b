"""The models say nothing that the libraries do not have: names, classes, methods, arguments by name and position.

Names of other libraries are looked up in ``signatures.json``, which ``make test-models`` makes from the real ones at
the releases that the models name, and compares with; names of Python's own modules in the running interpreter.
"""

import json
from pathlib import Path

import pytest
from lookup import NotThereError, mismatch, parameters, resolve
from snapshot import looked_up, names

from real.detector.models.catalogue import libraries
from real.detector.models.rows import Builder, Call, Library, Row, Sink

SNAPSHOT = json.loads((Path(__file__).parent / "signatures.json").read_text(encoding="utf-8"))
CHECKED = [library for library in libraries() if library.release and not library.unchecked]
# names that the interpreter at hand is too old or too new for, one that nothing defines, one of a class without a name
NOT_HERE = {
    *("glob.translate", "request", "concurrent.interpreters.create().exec", "sys.monitoring"),
    "zlib.decompressobj().decompress",
    "sys.tracebacklimit",  # it is there when it has been assigned
} | {f"{module}.{name}" for module in ("_interpreters", "_xxsubinterpreters") for name in ("exec", "run_string")}


def said_of(library: Library) -> dict[str, object]:
    """Name -> its parameters, as the library has them."""
    if library.release:
        found: dict[str, object] = SNAPSHOT[library.name]["names"]
        return found
    return looked_up(library)


def wrong(row: Row, said: dict[str, object]) -> list[str]:
    """What the library does not have of a row."""
    problems = []
    for name, _ in names(row):
        shown = said.get(name, "missing: run `make test-models`")
        if isinstance(shown, str):
            problems.append(f"{name}: {shown}")
            continue
        assert shown is None or isinstance(shown, list)
        if isinstance(row, (Sink, Call)):
            when = row.when if isinstance(row, Sink) else None
            checked = [*row.arguments, *(when.arguments if when is not None else ())]
            for argument in checked:
                given = argument.names
                if "**" in row.api and shown is not None:  # of several classes, whose parameters have different names
                    given = tuple(known for known in given if known in shown) or given[:1]
                problem = mismatch(shown, argument.position, given)
                if problem:
                    problems.append(f"{name}: {problem}")
    return problems


@pytest.mark.parametrize("library", CHECKED, ids=lambda library: library.name)
def test_library(library: Library) -> None:
    assert SNAPSHOT[library.name]["release"] == library.release, "run `make test-models`"
    problems = [
        problem
        for row in library.rows
        if not getattr(row, "until", "") and not isinstance(row, Builder)
        for problem in wrong(row, said_of(library))
    ]
    assert not problems


@pytest.mark.parametrize("library", [found for found in libraries() if not found.release], ids=lambda found: found.name)
def test_standard_library(library: Library) -> None:
    said = said_of(library)
    problems = [
        problem
        for row in library.rows
        if not getattr(row, "until", "") and not isinstance(row, Builder)
        for problem in wrong(row, said)
        if problem.partition(":")[0] not in NOT_HERE
    ]
    assert not problems


def test_what_is_unchecked_says_why() -> None:
    assert all(library.unchecked for library in libraries() if library.release and library not in CHECKED)
    assert len(CHECKED) > 60


@pytest.mark.parametrize(
    ("shown", "position", "given", "problem"),
    [
        (["url", "data"], 0, ["url"], ""),
        (["url", "data"], 1, ["url"], "position 1 is 'data'"),
        (["url"], 0, ["uri"], "no parameter 'uri'"),
        (["method", "url", "**kwargs"], 2, [], "no position 2"),
        (["*", "url"], 0, [], "no position 0"),
        (["*args", "**kwargs"], 3, ["anything"], ""),
        (None, 9, ["anything"], ""),
    ],
)
def test_an_argument_that_is_not_there_is_found(
    shown: list[str] | None, position: int, given: list[str], problem: str
) -> None:
    said = mismatch(shown, position, given)
    assert said.startswith(problem) if problem else not said


def test_a_name_that_is_not_there_is_found() -> None:
    with pytest.raises(NotThereError, match="has no 'loadz'"):
        resolve("json.loadz", {})
    with pytest.raises(NotThereError, match="has no 'pth'"):
        resolve("http.server.BaseHTTPRequestHandler().pth", {})
    assert parameters(resolve("json.loads", {}), bound=False)[:1] == ["s"]  # type: ignore[index]
