"""Which tokens of a response a loss is about: those that a fix changed."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from real.methods.common.pairs import Pair, Span

UTILITY = "utility"
FENCE, CLOSE = "```python\n", "\n```"  # code stands where the model's answers have it


@dataclass(frozen=True, slots=True)
class Sample:
    """Token ids of a prompt and of one version of the code; ``changed`` marks the response tokens of the fix."""

    prompt: tuple[int, ...]
    response: tuple[int, ...]
    changed: tuple[bool, ...]
    secure: bool
    group: str  # of a pair: language and CWE; ``UTILITY`` for what is no pair


def group_of(pair: Pair) -> str:
    """What oversampling counts by."""
    return f"{pair.language}/{pair.cwe}"


def token_mask(offsets: Sequence[Span], spans: Sequence[Span]) -> tuple[bool, ...]:
    """The tokens that hold a character of a span: from the one with its first to the one with its last character.

    ``offsets`` are the tokens' own spans ``[start, end)`` in the same text; empty spans mark nothing.
    """
    return tuple(any(start < b and a < end for a, b in spans if a < b) for start, end in offsets)


def sven_samples(tokenizer: Any, pair: Pair, prompt: Sequence[int]) -> list[Sample]:
    """The secure and the insecure version, with the tokens of added characters and of deleted lines marked.

    A version without a changed token, or with nothing but changed ones, is left out (SVEN's own data handling).
    """
    versions = ((pair.after, pair.added, True), (pair.before, pair.deleted, False))
    samples = []
    for code, spans, secure in versions:
        made = tokenizer(FENCE + code + CLOSE, return_offsets_mapping=True, add_special_tokens=False)
        shifted = [(start + len(FENCE), end + len(FENCE)) for start, end in spans]
        changed = (*token_mask(made["offset_mapping"], shifted), False)
        ids = (*made["input_ids"], tokenizer.eos_token_id)
        if any(changed) and not all(changed):
            samples.append(Sample(tuple(prompt), ids, changed, secure, group_of(pair)))
    return samples


def diff_masks(before: Sequence[int], after: Sequence[int]) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    """The tokens of each sequence that the other has not, by a diff of the ids (SafeCoder, section 4.2).

    A single unchanged token between two changed ones counts as changed: it is part of the same edit.
    """
    old, new = [False] * len(before), [False] * len(after)
    matcher = difflib.SequenceMatcher(None, list(before), list(after), autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag != "equal":
            old[i:j], new[k:m] = [True] * (j - i), [True] * (m - k)
    return _filled(old), _filled(new)


def safecoder_samples(tokenizer: Any, pair: Pair, prompt: Sequence[int]) -> list[Sample]:
    """Both versions, each cut behind its last changed token; a version without a changed token is left out."""
    old, new = (
        tokenizer(FENCE + code + CLOSE, add_special_tokens=False)["input_ids"] for code in (pair.before, pair.after)
    )
    masks = diff_masks(old, new)
    samples = []
    for ids, changed, secure in ((new, masks[1], True), (old, masks[0], False)):
        if any(changed):
            end = len(changed) - changed[::-1].index(True)
            samples.append(Sample(tuple(prompt), tuple(ids[:end]), changed[:end], secure, group_of(pair)))
    return samples


def _filled(mask: list[bool]) -> tuple[bool, ...]:
    inner = [a or (before and after) for before, a, after in zip(mask, mask[1:], mask[2:], strict=False)]
    return (*mask[:1], *inner, *mask[-1:]) if len(mask) > 1 else tuple(mask)
