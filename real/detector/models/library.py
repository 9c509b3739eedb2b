"""What is known about Python's own and well-known libraries, whatever the rule.

Each table is a set of fully qualified names (``()`` stands for a call) or of method names, with the reason above it.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping

from real.detector.models.stdlib_returns import FIXED, NUMBERS, TRUTHS


def names(text: str) -> frozenset[str]:
    """The words of ``text``."""
    return frozenset(text.split())


BUILTINS = frozenset(dir(builtins)) | {"__file__", "__builtins__", "__doc__"}

# What well-known names mean in a fragment whose imports are elsewhere.
USUAL_IMPORTS = {
    **{name: f"urllib.parse.{name}" for name in ("urlparse", "urlsplit", "urljoin", "urlunparse", "urlencode")},
    **{name: f"urllib.parse.{name}" for name in ("quote", "quote_plus", "unquote", "parse_qs")},
    "urlopen": "urllib.request.urlopen",
    "ET": "xml.etree.ElementTree",
    "Decimal": "decimal.Decimal",
    "Path": "pathlib.Path",
    "StringIO": "io.StringIO",
    "BytesIO": "io.BytesIO",
    "defaultdict": "collections.defaultdict",
    "OrderedDict": "collections.OrderedDict",
    "Counter": "collections.Counter",
    "requests": "requests",
    "httpx": "httpx",
    "yaml": "yaml",
    "jwt": "jwt",
    "jinja2": "jinja2",
    "markupsafe": "markupsafe",
    "redirect": "flask.redirect",
    "render_template_string": "flask.render_template_string",
    "jsonify": "flask.jsonify",
    "url_for": "flask.url_for",
    "make_response": "flask.make_response",
    "Markup": "markupsafe.Markup",
    **{
        name: f"django.http.{name}"
        for name in (
            *("HttpResponse", "HttpResponseRedirect", "HttpResponsePermanentRedirect", "HttpResponseNotFound"),
            *("HttpResponseBadRequest", "HttpResponseForbidden", "HttpResponseServerError", "JsonResponse"),
        )
    },
    "mark_safe": "django.utils.safestring.mark_safe",
    "format_html": "django.utils.html.format_html",
    **{cipher: f"Crypto.Cipher.{cipher}" for cipher in ("DES", "DES3", "ARC2", "ARC4", "Blowfish", "AES")},
    **{key: f"Crypto.PublicKey.{key}" for key in ("RSA", "DSA")},
    "Fernet": "cryptography.fernet.Fernet",
    "Environment": "jinja2.Environment",
    "HTMLResponse": "fastapi.responses.HTMLResponse",
    "RedirectResponse": "fastapi.responses.RedirectResponse",
}

# Calls that return a number, a truth value or an object with a fixed, harmless text form, or fail: what typeshed says,
# and what it cannot say (generic functions, digits as text, what returns nothing of use).
CLEAN_CALLS = (
    TRUTHS
    | NUMBERS
    | FIXED
    | names(
        """builtins.abs builtins.bin builtins.divmod builtins.hex builtins.oct builtins.pow builtins.print
        builtins.round binascii.hexlify math.ceil math.floor math.trunc operator.eq operator.ge operator.gt operator.le
        operator.lt operator.ne sqlite3.complete_statement sys.exit"""
    )
)
# Those of them whose result grows with what goes in: harmless as text, not as a size or a count.
NUMERIC_CALLS = names(
    """builtins.int builtins.float builtins.complex builtins.abs builtins.round builtins.range builtins.divmod
    builtins.pow decimal.Decimal fractions.Fraction math.floor math.ceil math.trunc"""
) | (
    NUMBERS
    - names(
        """builtins.len builtins.ord builtins.hash builtins.id binascii.crc32 math.log operator.countOf operator.indexOf
        operator.length_hint os.path.getsize time.mktime time.time zlib.crc32"""
    )
)
# They tell how a class or function is made, and call nothing of it.
OBSERVERS = names(
    """dataclasses.fields dataclasses.is_dataclass inspect.isclass inspect.isfunction inspect.ismethod inspect.signature
    inspect.getfullargspec inspect.get_annotations typing.get_type_hints"""
)
# These hide text in harmless-looking numbers or digits, and these bring it back: what went in may come out.
ENCODERS = frozenset({"builtins.ord", "builtins.hex", "binascii.hexlify", "builtins.int", "builtins.int.from_bytes"})
DECODERS = frozenset({"chr", "fromhex", "unhexlify", "a2b_hex", "b16decode", "to_bytes", "bytes", "bytearray", "pack"})
# Text methods that return a position, a count or a truth value.
NUMBER_METHODS = names(
    """find rfind index rindex count startswith endswith isdigit isdecimal isnumeric isalpha isalnum isidentifier
    isspace isupper islower istitle isascii isprintable bit_length"""
)
# Those of them that say where a letter stands.
PLACES = names("find rfind index rindex")
# Tests of the kinds of characters -> one character of each kind that passes.
STRICT_TESTS = {
    "isdigit": "0\u0663",
    "isdecimal": "0\u0663",
    "isnumeric": "0\u0663",
    "isalpha": "a\u00e9",
    "isalnum": "a\u00e90\u0663",
    "isidentifier": "a\u00e90\u0663_",
}
# These change letter case or trim blanks: what holds of the result holds, so far as SQL syntax goes, of the text.
HARMLESS_METHODS = frozenset({"lower", "upper", "casefold", "strip", "lstrip", "rstrip", "title", "capitalize"})
# They leave letters, digits and "_.-~/%+" only, but for what their argument ``safe`` adds, whose place this is.
PERCENT_ENCODERS: Mapping[str, int] = {
    "urllib.parse.quote": 1, "urllib.parse.quote_plus": 1, "urllib.parse.urlencode": 2, "urllib.quote": 1
}  # fmt: skip
# They make numbers, lists and dicts of a text.
PARSERS = frozenset({"json.loads", "ast.literal_eval"})
# Digests in hexadecimal.
HEX_METHODS = frozenset({"hexdigest", "hex"})
# Rows and handles of the DB-API: stored data is an outside input only for rules that say so (cross-site scripting).
DATABASE_RESULTS = frozenset({"fetchone", "fetchall", "fetchmany", "cursor", "lastrowid", "rowcount", "description"})
DATABASE_ROWS = frozenset({"fetchone", "fetchall", "fetchmany", "execute"})
# Methods that put into their object what they are given: files, buffers, queues.
WRITERS = names("write writelines append put put_nowait add extend insert update send")

# Methods of loggers (``logging.Logger``, and whoever took its names over): they show a text, and decide nothing.
LOG_METHODS = names("critical debug error exception info log warn warning")

# They give values to the placeholders of a statement (SQLAlchemy): its text stays as it is.
BINDERS = frozenset({"bindparams"})

# Modules whose attributes, whichever is meant, run no query and no command.
HARMLESS_MODULES = names(
    """math cmath random string datetime time re json statistics itertools collections functools operator hashlib
    decimal fractions calendar textwrap unicodedata numpy heapq bisect"""
)

# The text of an exception, a name or a type says nothing a program's user chose.
CLEAN_ATTRIBUTES = frozenset({"__name__", "__qualname__", "__module__", "__doc__", "lastrowid", "rowcount"})

# They fill a template with their arguments, and store none of them in another.
RENDERERS = names("render_template render_template_string stream_template stream_template_string render_to_string")

# Functions that look at their arguments without storing one in another.
PURE_ROOTS = names(
    """builtins json re math string datetime logging os sys time textwrap pprint hashlib copy collections itertools
    functools random decimal uuid traceback statistics csv io sqlite3 subprocess"""
)

# Libraries that call a function they are given with what the same call hands them, or without arguments, and whose
# decorators leave a function to the program: it is not given away.
_KEEPING = PURE_ROOTS | names(
    """operator abc enum dataclasses typing typing_extensions types contextlib atexit heapq bisect concurrent threading
    multiprocessing asyncio queue weakref inspect warnings unittest pytest timeit cProfile pickle tempfile
    attr attrs tqdm joblib tenacity backoff retrying cachetools numba numpy pandas torch"""
)
# Methods that do so, of anything: pools, executors, event loops, containers.
CALLING_METHODS = names(
    """submit map imap imap_unordered starmap apply apply_async map_async starmap_async run_in_executor call_soon
    call_soon_threadsafe call_later call_at run_until_complete create_task run filter reduce sort sorted key append
    extend insert add setdefault update put put_nowait enter enterabs start"""
)


def keeps_to_itself(path: str) -> bool:
    """Whether a function given to this library function is not called with outside data of the library's own."""
    return path.partition(".")[0] in _KEEPING
