"""Words that are taken for evidence stand in ``vocabulary.py``, each list with its purpose, two examples and a source.

A bare word is a lower-case word in a table of a rule or a concept: an element of a set, tuple or list, a key of a dict,
a word of a text that is split. What Python itself calls so (methods of its types, builtins, the opcodes of our IR) is
none, and neither is a table of which every word is the name of something in ``models/``.
"""

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from real.detector import concepts, rules
from real.detector.models.catalogue import known_apis

FOLDERS = [Path(str(room.__file__)).parent for room in (concepts, rules)]
FILES = [path for folder in FOLDERS for path in sorted(folder.rglob("*.py"))]
LARGEST = 3  # words in a table of a rule; larger ones are vocabulary
WORD = re.compile(r"[a-z][a-z0-9_-]*")
OPCODES = set(
    """add assign attr await binop branch build builtin call cell class compare const copy delattr delsub enter field
    fstring function handler import inplace iterate member merge method param part pathload phi pi raise return setattr
    setcell setmember setsub slice sub truth unary unpack yield caught decorate bound instance namespace generator api
    self cls""".split()
)
TYPES = (str, bytes, bytearray, int, float, list, dict, set, tuple, object)
LANGUAGE = OPCODES | set(dir(builtins)) | {name for kind in TYPES for name in dir(kind)}
LIBRARY = {name.rpartition(".")[2].removesuffix("()") for name in known_apis()}


def tables(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The tables of bare words in a file: (line, words)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Set, ast.Tuple, ast.List)):
            texts = [inner.value for inner in node.elts if isinstance(inner, ast.Constant)]
        elif isinstance(node, ast.Dict):
            texts = [key.value for key in node.keys if isinstance(key, ast.Constant)]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            is_split = isinstance(node.func, ast.Name) and node.func.id == "names"
            texts = str(node.args[0].value).split() if is_split else []
        else:
            continue
        found = [text for text in texts if isinstance(text, str) and WORD.fullmatch(text) and text not in LANGUAGE]
        if not set(found) <= LIBRARY:
            yield node.lineno, found
