"""Rules name concepts and kinds, never a library: what is left is listed, and the list may only shrink.

A name counts where a text in the code of a rule (its explanations aside) is a qualified name below a module that a
model knows, or such a module itself.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from real.detector import rules
from real.detector.models.catalogue import libraries
from real.detector.models.rows import Setting, Template

RULES = Path(rules.__file__).parent
# What the language itself has, and modules whose names are words of English.
LANGUAGE = {"builtins", "sys", "posix"}
WORDS = {
    *("records", "requests", "click", "regex", "invoke", "dataset", "web", "code", "json", "html", "databases", "glob"),
    *("objects", "email", "test", "trace", "http", "xml", "secrets"),
}


def modules() -> set[str]:
    apis = [row.api for library in libraries() for row in library.rows if not isinstance(row, Setting)]
    made = [row.maker for library in libraries() for row in library.rows if isinstance(row, Template)]
    roots = {api.removeprefix("**.").partition(".")[0] for api in (*apis, *made) if "." in api.removeprefix("**.")}
    return {root for root in roots if root.isidentifier()} - LANGUAGE


MODULES = modules()


def texts(path: Path) -> Iterator[str]:
    """The texts in the code of a file, without docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    explained = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in explained:
            yield node.value


def named(path: Path) -> set[str]:
    """The names of libraries in the code of a rule."""
    found = set()
    for text in texts(path):
        for word in text.split():
            root, dotted, _ = word.partition(".")
            if root in MODULES and word.replace(".", "").replace("_", "").replace("()", "").isalnum():
                whole = word == text and root not in WORDS and root not in dir(__builtins__)
                if dotted or whole:
                    found.add(word)
    return found


FILES = sorted(RULES.rglob("*.py"))
# Rule file -> the names that are left in it.
_LEFT = """
_caught: base64.b64decode base64.urlsafe_b64decode logging.
_channels: aio_pika. aiohttp.ClientSession boto3. cloudpickle.loads dill.loads
    django.contrib.sessions.serializers.PickleSerializer httpx. multiprocessing.connection. pickle pickle.loads pika.
    redis. requests. socket. urllib.request.
_characters: re urllib.parse.quote urllib.parse.quote_plus urllib.parse.urlencode urllib.quote
_contexts: base64. cgi.escape django.utils.html.escapejs django.utils.html.format_html html.escape urllib.
    xml.sax.saxutils.escape xml.sax.saxutils.quoteattr
_echoes: html.unescape mistune.html mistune.markdown urllib.parse.unquote urllib.parse.unquote_plus
_effects: sqlalchemy.delete sqlalchemy.insert sqlalchemy.update
_forgery: fastapi.Body fastapi.Cookie fastapi.security.OAuth2 jose jwt starlette.middleware.sessions
_framing: PIL.Image.new bz2.BZ2Decompressor().decompress lzma.LZMADecompressor().decompress numpy.empty numpy.full
    numpy.ones numpy.zeros zipfile.ZipFile().open().read zipfile.ZipFile().open().readlines
    zlib.decompressobj().decompress
_generic: django.contrib.auth
_homemade: base64.
_lines: logging. urllib.parse.quote
_logs: flask.Flask().logger. flask.current_app.logger. logging logging. os os.environ secrets.
_loops: shlex.split
_namespaces: importlib os shutil subprocess
_options: os.path.exists os.path.isdir os.path.isfile subprocess.
_records: django.forms.modelform_factory django.forms.models.modelform_factory sqlalchemy.insert sqlalchemy.update
_refusals: re
_runners: celery. click. django. flask. pymongo. redis. typer.
_secrets: os.environ os.environ.get os.getenv
_self_verified: base64.b64decode base64.urlsafe_b64decode pickle.loads yaml.safe_load
_signature_tests: os.getenv
_template_engines: django.template.Template().render django.template.engines.from_string
    django.template.engines.get_template
_trust: shutil.copyfileobj
_unbounded: os.path.getsize zipfile.ZipFile
_views: django.contrib.auth fastapi.security
cwe_074: aiohttp httpx ldap3.Connection lxml lxml. os. re. re.compile re.findall re.fullmatch re.match re.search
    shutil. xml.
cwe_077: shlex.quote()
cwe_079: html.escape()
cwe_094: asyncio. importlib.import_module importlib.machinery.SourceFileLoader importlib.reload
    importlib.util.spec_from_file_location io.open logging.config.listen os.exec runpy.run_module runpy.run_path
    subprocess. yaml.load yaml.safe_load
cwe_095: typing.get_type_hints
cwe_200: os.chmod
cwe_327: hashlib
cwe_352: urllib.parse.parse_qs
cwe_502: importlib.import_module io.open
cwe_601: re
principals: bottle fastapi flask jwt quart sanic starlette tornado
serialized_records: fastapi litestar ninja rest_framework sqlmodel
"""
LEFT = {
    name: set(words.split())
    for name, _, words in (entry.partition(":") for entry in re.split(r"\n(?=\S)", _LEFT.strip()))
}


def test_the_models_say_which_names_are_meant() -> None:
    assert {"flask", "django", "sqlalchemy", "urllib", "subprocess"} <= MODULES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_names_no_library(path: Path) -> None:
    assert named(path) <= LEFT.get(path.stem, set())
