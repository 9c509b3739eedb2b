"""Prompts of ``input`` in what a program printed, between marks: one run can be compared with them and without them.

A program may print the marks itself: what stands between them then is a prompt, which ``input`` would have made of it.
"""

from __future__ import annotations

_OPEN, _CLOSE = "\x0e\x02", "\x03\x0f"


def marked(prompt: str) -> str:
    """A prompt as it is written to standard output."""
    return f"{_OPEN}{shown(prompt)}{_CLOSE}"


def shown(text: str) -> str:
    """An output with its prompts, as a pipe would hold it."""
    return text.replace(_OPEN, "").replace(_CLOSE, "")


def split(text: str) -> tuple[str, str]:
    """An output without its prompts, and the prompts."""
    first, *rest = text.split(_OPEN)
    printed, prompts = [first], []
    for part in rest:
        prompt, closed, after = part.partition(_CLOSE)
        printed.append(after if closed else part)
        prompts.append(prompt if closed else "")
    return "".join(printed), "\n".join(prompts)
