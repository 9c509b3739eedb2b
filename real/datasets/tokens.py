"""Counts tokens with a tokenizer of ``transformers``, or offline as words and marks."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable

from real.errors import DataError

WORDS = "words"  # the default: runs of letters, digits and underscores, and each other mark, count one
_WORD = re.compile(r"\w+|[^\w\s]")


def counter(tokenizer: str) -> Callable[[str], int]:
    """A function that counts the tokens of a text, without special tokens.

    ``tokenizer`` is ``words``, a folder with a tokenizer, or a hub id (which needs the network once). Raises
    ``DataError`` where ``transformers`` is not installed or the tokenizer cannot be had.
    """
    if tokenizer == WORDS:
        return lambda text: len(_WORD.findall(text))
    try:
        library = importlib.import_module("transformers")  # by name: an extra that has no static types
    except ImportError as error:
        raise DataError(
            f"the tokenizer {tokenizer} needs transformers, which is not installed",
            hint="Run: pip install 'real-quality-code[train]', or use --tokenizer words.",
        ) from error
    try:
        loaded = library.AutoTokenizer.from_pretrained(tokenizer)
    except (OSError, ValueError) as error:
        raise DataError(
            f"there is no tokenizer in {tokenizer}: {str(error).splitlines()[0]}",
            hint="Give a folder that holds tokenizer.json, a hub id (with network), or words.",
        ) from error
    return lambda text: len(loaded(text, add_special_tokens=False)["input_ids"])
