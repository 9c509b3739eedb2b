"""Standard output as commands meet it: any encoding, any reader, readers that leave."""

from __future__ import annotations

import io
import os
import sys


def say(text: str) -> None:
    """Print ``text`` and flush, so that trouble with the reader comes now and not at exit.

    What the output cannot encode is written as a backslash escape.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    print(text, flush=True)


def forget_reader() -> None:
    """Send what is left to nobody: the reader (``head``, ``less``) has gone, and the interpreter would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
