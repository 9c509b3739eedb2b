"""Words that are taken for evidence stand in ``vocabulary.py``, each list with its purpose, two examples and a source.

A bare word is a lower-case word in a table of a rule or a concept: an element of a set, tuple or list, a key of a dict,
a word of a text that is split. What Python itself calls so (methods of its types, builtins, opcodes of our IR) is none,
and neither is a table of which every word is the name of something in ``models/``.
"""

import ast
import builtins
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from real.detector import concepts, rules, vocabulary
from real.detector.ir import instructions
from real.detector.models.catalogue import known_apis
from real.detector.vocabulary import Pairs, Words, words

FOLDERS = [Path(str(room.__file__)).parent for room in (concepts, rules)]
FILES = [path for folder in FOLDERS for path in sorted(folder.rglob("*.py"))]
FIXTURES = Path(__file__).parent.parent / "fixtures"
LARGEST = 4  # words in a table of a rule; what is larger is vocabulary
WORD = re.compile(r"[a-z][a-z0-9_-]*")
OPCODES = set(re.findall(r"\b[a-z]+\b", str(instructions.__doc__))) | {"await", "enter", "import", "merge", "member"}
TYPES = (str, bytes, int, float, list, dict, set, tuple, object, io.StringIO)
LANGUAGE = (
    OPCODES | {"self", "cls", "args", "kwargs"} | set(dir(builtins)) | {name for kind in TYPES for name in dir(kind)}
)
LIBRARY = {name.rpartition(".")[2].removesuffix("()") for name in known_apis()}
# Larger tables that stay where they are: file, first word -> why. They are closed lists, each with the document.
CLOSED = {
    ("_argument_lists", "sh"): "the shells of POSIX systems and of Windows",
    ("_commands", "awk"): "utilities of POSIX (Shell and Utilities) and of common systems",
    ("_commands", "cal"): "those of them that are English words",
    ("_template_text", "else"): "keywords and names of the language of Jinja and Django",
    ("_template_text", "length"): "filters of Jinja, Django and Mako that leave nothing of a tag",
    ("cwe_327", "md2"): "digests of OpenSSL that are broken",
    # Methods and members by which libraries are known whose objects come from elsewhere.
    ("permissions", "prepare"): "what tornado and REST framework call before a handler",
    ("known_endpoints", "response_model"): "keywords of decorators that describe answers and bodies",
    ("known_endpoints", "marshal_with"): "decorators of Flask-RESTX, flask-smorest, APIFlask and drf-spectacular",
    ("validators", "field_validator"): "decorators of pydantic and SQLAlchemy",
    ("_documents", "find_one"): "methods of PyMongo that take a filter, and read",
    ("_documents", "delete_one"): "methods of PyMongo that take a filter, and write",
    ("_generic", "get_queryset"): "what Django and REST framework say to override",
    ("_mapping_calls", "update_one"): "methods of PyMongo, and which argument holds the fields",
    ("_namespaces", "submit"): "what calls the function that it is given (concurrent.futures, threading, asyncio)",
    ("_query_languages", "simple_bind_s"): "methods of python-ldap that take a name",
    ("_redirects", "request"): "methods of requests, httpx, aiohttp and urllib",
    ("_shown", "dumps"): "functions of json, Flask, Django, aiohttp and dataclasses that keep what they are given",
    ("_shown", "with_traceback"): "methods of cursors, pydantic and numpy that keep what they are given",
    ("_shown", "strerror"): "attributes of the exceptions of Python, SQLAlchemy and psycopg2",
}


def tables(path: Path) -> Iterator[list[str]]:
    """The bare words of each table in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        texts: list[object] = []
        if isinstance(node, (ast.Set, ast.Tuple, ast.List)):
            texts = [inner.value for inner in node.elts if isinstance(inner, ast.Constant)]
        elif isinstance(node, ast.Dict):
            texts = [key.value for key in node.keys if isinstance(key, ast.Constant)]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            is_split = isinstance(node.func, ast.Name) and node.func.id == "names"
            texts = list(str(node.args[0].value).split()) if is_split else []
        found = [text for text in texts if isinstance(text, str) and WORD.fullmatch(text) and text not in LANGUAGE]
        if not set(found) <= LIBRARY:
            yield found


def lists() -> dict[str, Words | Pairs]:
    """The lists of the vocabulary by their names."""
    return {name: value for name, value in vars(vocabulary).items() if isinstance(value, (Words, Pairs))}


def said(entry: Words | Pairs) -> set[str]:
    """All words of a list."""
    return {word for part in entry for word in ([part] if isinstance(part, str) else part)}


def names_in(text: str) -> set[str]:
    """The words of all names in a text, and the names themselves."""
    found: set[str] = set()
    for name in set(re.findall(r"[A-Za-z_][\w-]*", text)):
        found |= words(name.replace("-", "_")) | {name, name.lower()}
    return found


def test_rules_hold_no_word_lists() -> None:
    large = {(path.stem, found[0]) for path in FILES for found in tables(path) if len(found) > LARGEST}
    assert large == CLOSED.keys()


@pytest.mark.parametrize(("name", "entry"), lists().items())
def test_a_list_says_what_for_with_two_examples_and_a_source(name: str, entry: Words | Pairs) -> None:
    assert len(entry.purpose) > 20 and len(entry.source) > 10, name
    first, second = entry.examples
    assert first != second
    for example in entry.examples:
        here = names_in(example)
        assert any(part in here if isinstance(part, str) else part <= here for part in entry), example


def test_each_list_is_of_two_unrelated_programs() -> None:
    """The words of each list stand in programs of two unrelated fixtures; most words stand in one at least."""
    programs: dict[str, set[str]] = {}
    for folder in ("detector", "pairs", "reports"):
        for path in sorted((FIXTURES / folder).rglob("*.py")):
            kind = path.stem.removesuffix("_bad").removesuffix("_good")
            programs.setdefault(kind, set()).update(names_in(path.read_text(encoding="utf-8")))
    for name, entry in lists().items():
        assert sum(not said(entry).isdisjoint(found) for found in programs.values()) > 1, name
    everything = set().union(*programs.values())
    wanted = [word for entry in lists().values() for word in said(entry)]
    absent = [word for word in wanted if word not in everything]
    assert len(absent) < 0.15 * len(wanted), sorted(absent)
