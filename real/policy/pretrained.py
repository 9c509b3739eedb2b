"""Models by hub id, by the path of a folder, or by the path of a GGUF file (dequantised when it is read)."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from real.errors import DataError, UsageError

_HINT = "Set model.path to a hub id, a folder with config.json and weights, or a .gguf file; is the network there?"


def load_pretrained(path: str, dtype: torch.dtype) -> tuple[Any, Any]:
    """Model and tokenizer, on the CPU.

    Raises ``DataError`` where nothing can be read at ``path``, or where the tokenizer has no chat template, and
    ``UsageError`` where a GGUF file is named and the package gguf is missing.
    """
    where, options = _place(path)
    try:
        words = AutoTokenizer.from_pretrained(where, **options)
        _check_tokenizer(words, path)
        model = AutoModelForCausalLM.from_pretrained(where, dtype=dtype, **options)
    except (OSError, ValueError, KeyError) as error:  # KeyError: an architecture that the GGUF reader does not know
        raise DataError(f"cannot load the model {path!r}: {_first_line(error)}", hint=_HINT) from error
    return model, words


def _place(path: str) -> tuple[str, dict[str, Any]]:
    """What ``from_pretrained`` is told: a place, and where needed the file in it."""
    file = Path(path)
    if file.suffix == ".gguf":
        if not file.is_file():
            raise DataError(f"model.path is {path!r}, but there is no such file", hint=_HINT)
        if importlib.util.find_spec("gguf") is None:
            raise UsageError("a GGUF file needs the package gguf", hint="pip install 'gguf>=0.10'")
        return str(file.parent), {"gguf_file": file.name}
    looks_local = file.is_absolute() or path.startswith((".", "~")) or path.count("/") > 1
    if looks_local and not file.exists():
        raise DataError(f"model.path is {path!r}, but there is no such folder", hint=_HINT)
    if file.is_dir() and not (file / "config.json").is_file():
        files = sorted(file.glob("*.gguf"))
        hint = f"For the GGUF file: model.path={files[0]}" if files else _HINT
        raise DataError(f"model.path is {path!r}, a folder without config.json", hint=hint)
    return path, {}


def _check_tokenizer(words: Any, path: str) -> None:
    if getattr(words, "chat_template", None) is None:
        raise DataError(
            f"the tokenizer of {path!r} has no chat template, so that no prompt can be written for it",
            hint="Choose an instruction-tuned model, or add its chat_template.jinja to the folder.",
        )
    if words.pad_token_id is None:
        words.pad_token = words.eos_token  # padding is masked out: which token it is does not matter


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
