"""One program on many inputs in a single sandboxed run: a fast look at which tests are worth running in earnest.

A run of its own for each of a thousand pairs is what takes long. The driver below runs inside the sandbox; what it
reports of a program is a hint, and a program that fools it only fools the choice of what is run properly next.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from real.execution.compare import normalise

_DRIVER = """
import contextlib, hashlib, io, pathlib, sys

files = {path: path.read_bytes() for path in pathlib.Path(".").iterdir() if path.is_file()}
code = compile(%(code)r, "program", "exec")
for stdin in %(stdins)r:
    for path, content in files.items():
        path.write_bytes(content)
    sys.stdin, out = io.StringIO(stdin), io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            exec(code, {"__name__": "__main__"})
        text = out.getvalue()
    except SystemExit as stop:
        text = out.getvalue() if not stop.code else None
    except BaseException:
        text = None
    if text is None:
        print("failed")
    else:
        lines = chr(10).join(line.rstrip() for line in text.split(chr(10))).rstrip(chr(10))
        print(hashlib.sha256(lines.encode()).hexdigest()[:%(length)d])
"""
_LENGTH = 12
MOST = 120  # inputs a run: their answers have to fit into what the sandbox shows of an output


def driver(code: str, stdins: Sequence[str]) -> str:
    """A program that prints, for each input, the start of the hash of what ``code`` prints, or ``failed``."""
    return _DRIVER % {"code": code, "stdins": list(stdins), "length": _LENGTH}


def answer_hash(expected: str) -> str:
    """What the driver prints for a program that answers as expected."""
    return hashlib.sha256(normalise(expected).encode()).hexdigest()[:_LENGTH]
