"""Completion (the response only, never the prompt) -> Program, or the reason why there is none."""

from __future__ import annotations

import re

from real.errors import UnknownNameError
from real.extract.code_blocks import CodeBlock, code_blocks, is_python
from real.extract.located import Located
from real.extract.reasons import EMPTY, NO_BLOCK, PLACEHOLDER, UNCLOSED, UNCLOSED_THOUGHT
from real.extract.released import released_program
from real.extract.supplements import without_supplements
from real.registry import did_you_mean
from real.types import Program

RULES = ("answer", "first", "last", "last_without_checks")

# What the prompts of the three benchmarks show in the place of the program.
_PLACEHOLDER = re.compile(r"[#\s]*\[?YOUR[_ ](PYTHON[_ ])?CODE([_ ]HERE)?\]?\s*", re.IGNORECASE)

# Reasoning models think before they answer. Some chat templates open the section in the prompt: then the response
# shows only its end, which stands on a line of its own.
_OPENED_THOUGHT = re.compile(r"\s*<think>")
_END_OF_THOUGHT = re.compile(r"</think>")
_LINE_THAT_ENDS_A_THOUGHT = re.compile(r"^[ \t]*</think>[ \t]*$", re.MULTILINE)


def extract(completion_text: str, rule: str = "answer") -> Program:
    """Take the program out of a response: one Python block, never several put together.

    A block is Python when its fence says ``python``, ``py``, ``Python3``, ...; only when there is none, blocks whose
    fence names no language stand in. Which of several is the program:

    * ``answer`` (the strict protocol): the last one, except for blocks that only supplement an earlier one, such as
      an example of its use, its tests or the output (see ``real.extract.supplements``), and except for what stands in a
      ``<think>`` section. A later version of the program replaces an earlier one, also where it is cut off.
    * ``first``, ``last``, ``last_without_checks``: by text and position alone, as the released scorers do for
      SecCodePLT+, SafeSQL and APPS+ (see ``real.extract.released``).

    By ``answer``, the program is the block's text without its last line end, otherwise unchanged. The reasons for no
    program are ``no code block``, ``unclosed think section`` and ``unclosed code fence`` (the response was cut off),
    ``empty code block`` and ``placeholder`` (the prompt's stand-in was repeated). Raises ``UnknownNameError`` for an
    unknown rule.
    """
    return located(completion_text, rule).program


def located(completion_text: str, rule: str = "answer") -> Located:
    """The program as ``extract`` takes it, and where its lines stand in the response; raises as ``extract`` does."""
    if rule not in RULES:
        raise UnknownNameError(f"unknown extraction rule {rule!r}", hint=did_you_mean(rule, RULES))
    return _answer(completion_text) if rule == "answer" else released_program(completion_text, rule)


def _answer(completion_text: str) -> Located:
    text = _after_thought(completion_text)
    if text is None:
        return Located(Program(None, UNCLOSED_THOUGHT))
    blocks = list(code_blocks(text))
    candidates = [block for block in blocks if is_python(block.language)]
    candidates = candidates or [block for block in blocks if not block.language]
    if not candidates:
        return Located(Program(None, NO_BLOCK))
    chosen = without_supplements([b for b in candidates if not _is_nothing(b)] or candidates)[-1]
    if not chosen.closed:
        return Located(Program(None, UNCLOSED))
    if not chosen.code.strip():
        return Located(Program(None, EMPTY))
    if _PLACEHOLDER.fullmatch(chosen.code):
        return Located(Program(None, PLACEHOLDER))
    before = len(completion_text) - len(text)
    return Located(Program(chosen.code), tuple(before + start for start in chosen.starts))


def _after_thought(text: str) -> str | None:
    """The response without its think section; ``None`` where the section never ends."""
    opened = _OPENED_THOUGHT.match(text)
    end = (_END_OF_THOUGHT if opened else _LINE_THAT_ENDS_A_THOUGHT).search(text)
    if end is None:
        return None if opened else text
    return text[end.end() :]


def _is_nothing(block: CodeBlock) -> bool:
    return block.closed and (not block.code.strip() or _PLACEHOLDER.fullmatch(block.code) is not None)
