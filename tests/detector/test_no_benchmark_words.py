"""No rule knows a word of the benchmarks: a name of several words that they use must be a name of some library.

The identifiers of SecCodePLT+ and SafeSQL (all splits, every column) are committed as hashes, so that the check works
without the data; where the data lie beside the checkout, the hashes are compared with them. To write them anew:
``python tests/detector/test_no_benchmark_words.py``.
"""

import ast
import hashlib
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
HASHES = HERE / "benchmark_identifiers.txt"
DATA = ROOT.parent / "shared" / "data"
SETS = ("seccodeplt_plus", "safesql")
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+|[A-Za-z][a-z0-9]+(?:[A-Z][a-z0-9]+)+")

# Names that benchmarks and rules share because both use the library: name -> where it is documented.
LIBRARIES = {
    "ElementTree": "xml.etree.ElementTree",
    "ImportFrom": "ast.ImportFrom",
    "algorithms_available": "hashlib.algorithms_available",
    "ConfigParser": "configparser.ConfigParser",
    "template_str": "Litestar, response.Template",
    "CalledProcessError": "subprocess.CalledProcessError",
    "ConnectionError": "builtins.ConnectionError",
    "DatabaseError": "sqlite3.DatabaseError",
    "FileNotFoundError": "builtins.FileNotFoundError",
    "OperationalError": "sqlite3.OperationalError",
    "PermissionError": "builtins.PermissionError",
    "check_output": "subprocess.check_output",
    "load_module": "importlib.abc.Loader.load_module",
    "quote_plus": "urllib.parse.quote_plus",
    "sha3_512": "hashlib.sha3_512",
    "sql_query": "web.py, DB.query",
    "format_string": "Django, format_html",
    "base_url": "Flask, Request",
    "host_url": "Flask, Request",
    "hash_name": "parameter of hashlib.pbkdf2_hmac",
    "generate_password_hash": "Werkzeug, werkzeug.security",
    "sha3_256": "hashlib.sha3_256",
    "raw_input": "Python 2, built-in functions",
    "content_type": "Django, HttpResponse; Flask, Response",
    "exec_command": "paramiko, SSHClient",
    "filter_by": "SQLAlchemy, Query",
    "execute_sql": "peewee, Database",
    "order_by": "Django, QuerySet.extra",
    "query_params": "Starlette, Request",
    "safe_load": "PyYAML",
    "template_string": "Flask, render_template_string",
    "text_input": "Streamlit",
    "verify_signature": "PyJWT, options of decode",
    "execute_query": "neo4j, Driver.execute_query",
    "html_content": "SendGrid, helpers.mail.Mail",
    "JavaScript": "the name of a language, in messages",
}


def rule_strings() -> Iterator[tuple[str, str]]:
    """The strings of the rules and library tables, without documentation: (file, text)."""
    files = [file for room in ("rules", "models") for file in (ROOT / "real" / "detector" / room).rglob("*.py")]
    for path in sorted(files):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        documentation = {
            id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and _has_doc(node)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
                yield path.name, node.value


def _has_doc(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> bool:
    return ast.get_docstring(node, clean=False) is not None


def hashed(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:12]


def benchmark_hashes() -> set[str]:
    from pyarrow import parquet

    found: set[str] = set()
    for name in SETS:
        for file in sorted((DATA / name).glob("*.parquet")):
            for row in parquet.read_table(file).to_pylist():
                for text in _texts(row):
                    found |= set(IDENTIFIER.findall(text))
    return {hashed(name) for name in found}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def test_rules_share_only_names_of_libraries_with_the_benchmarks() -> None:
    known = set(HASHES.read_text(encoding="utf-8").split())
    assert hashed("user_id") in known  # the list is the list
    shared = {
        (file, name)
        for file, text in rule_strings()
        for name in IDENTIFIER.findall(text)
        if hashed(name) in known and name not in LIBRARIES
    }
    assert not shared


def test_the_names_of_the_standard_library_exist() -> None:
    for name, place in LIBRARIES.items():
        module, _, attribute = place.rpartition(".")
        if re.fullmatch(r"[a-z.]+\.\w+", place) and attribute == name:
            assert hasattr(importlib.import_module(module), attribute), place


@pytest.mark.skipif(
    not DATA.is_dir(), reason="the released data is not beside this checkout; the hashes are used as they are"
)
def test_the_hashes_are_those_of_the_data() -> None:
    assert set(HASHES.read_text(encoding="utf-8").split()) == benchmark_hashes()


if __name__ == "__main__":
    HASHES.write_text("\n".join(sorted(benchmark_hashes())) + "\n", encoding="utf-8")
