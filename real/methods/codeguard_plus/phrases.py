"""Lexical constraints: the files of a lexicon, and whether a text fulfils them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from real.errors import DataError
from real.methods.common.user_files import user_toml
from real.types import Task

LEXICON = Path(__file__).parent / "lexicon"
_OPEN = re.compile(r"^[ \t]*```[^\n`]*\n", re.MULTILINE)
_CLOSE = re.compile(r"^[ \t]*```", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Negative:
    """A phrase that code must not contain; ``eager``: also where its last name may still go on."""

    phrase: str
    eager: bool = False

    def pattern(self) -> re.Pattern[str]:
        """Matches at identifier boundaries and over blanks between parts; a boundary at the end has to be there."""
        return _pattern(self)


@cache  # asked for each token that a response may take
def _pattern(negative: Negative) -> re.Pattern[str]:
    end = "" if negative.eager or not is_word(negative.phrase[-1]) else r"(?=\W)"
    start = r"(?<!\w)" if is_word(negative.phrase[0]) else ""
    parts = (re.escape(part) for part in re.findall(r"\w+|[^\w\s]", negative.phrase))
    return re.compile(start + r"[ \t]*".join(parts) + end)


@dataclass(frozen=True, slots=True)
class Phrases:
    """The constraints of one task; ``positive`` are to be contained as they are written."""

    negative: tuple[Negative, ...] = ()
    positive: tuple[str, ...] = ()

    def forbidden(self, code: str, since: int = 0) -> str | None:
        """The first forbidden phrase whose last character is at ``since`` or behind it."""
        for negative in self.negative:
            for match in negative.pattern().finditer(code):
                if match.end() + (not negative.eager and is_word(negative.phrase[-1])) > since:
                    return negative.phrase
        return None

    def tail(self, code: str) -> str:
        """The end of ``code`` that decides which phrases the next characters can complete.

        It holds one character more than the longest phrase, blanks not counted, for the boundary in front.
        """
        needed = max((len(negative.phrase) for negative in self.negative), default=0) + 1
        at = len(code)
        while at and needed:
            at -= 1
            needed -= code[at] not in " \t"
        return code[at:]

    def accept(self, text: str) -> bool:
        """Whether an answer has code, every positive phrase in it and no negative one."""
        blocks = code_blocks(text)
        whole = "\n".join(blocks)
        if not blocks or any(phrase not in whole for phrase in self.positive):
            return False
        return all(self.forbidden(f"{block}\n") is None for block in blocks)


def code_blocks(text: str) -> list[str]:
    """The contents of the fenced blocks of an answer, the last one also where it is not closed."""
    blocks, at = [], 0
    while (opened := _OPEN.search(text, at)) is not None:
        closed = _CLOSE.search(text, opened.end())
        end = closed.start() if closed else len(text)
        blocks.append(text[opened.end() : end])
        if closed is None:
            break
        at = closed.end()
    return blocks


def open_code(text: str) -> str | None:
    """The code written so far in the block that is not closed yet; ``None`` in prose."""
    at = 0
    while (opened := _OPEN.search(text, at)) is not None:
        closed = _CLOSE.search(text, opened.end())
        if closed is None:
            return text[opened.end() :]
        at = closed.end()
    return None


def is_word(character: str) -> bool:
    """Whether an identifier may hold it."""
    return character.isalnum() or character == "_"


def lexicon_files(folder: Path) -> Mapping[str, Path]:
    """CWE ids to files, by the names of the files."""
    files = sorted(folder.glob("cwe_*.toml"))
    return {f"CWE-{int(number)}": file for file in files if (number := file.stem.removeprefix("cwe_")).isdigit()}


def phrases_for(task: Task, folder: Path = LEXICON) -> Phrases:
    """The constraints for a task; raises ``DataError`` for a CWE without a file, or a file that says nothing."""
    files = lexicon_files(folder)
    if task.cwe is None or task.cwe not in files:
        raise DataError(
            f"codeguard_plus has no lexicon for {task.cwe or 'a task without a CWE'} ({task.task_id})",
            hint=f"Known in {folder}: {', '.join(files) or 'none'}. Add a file, see the README there.",
        )
    prompt = "\n".join(message.content for message in task.prompt)
    return read_lexicon(files[task.cwe], prompt)


def read_lexicon(file: Path, prompt: str = "") -> Phrases:
    """The constraints of ``file`` for a task with this prompt; raises ``DataError`` where it is no lexicon.

    That is also one whose ``cwe`` is another than that of the file's name.
    """
    content: Any = user_toml(file, "method.codeguard_plus.lexicon")
    named = f"CWE-{int(number)}" if (number := file.stem.removeprefix("cwe_")).isdigit() else None
    if named and content.get("cwe", named) != named:
        raise DataError(
            f"{file} is the lexicon of {content['cwe']!r}, but its name says {named}", hint="Rename it, or mend cwe."
        )
    try:
        negative = tuple(
            Negative(_phrase(entry), bool(entry.get("eager", False))) for entry in content.get("negative", [])
        )
        entries = content.get("positive", [])
        every = [(_phrase(entry), re.compile(str(entry.get("when", "")), re.IGNORECASE)) for entry in entries]
    except (KeyError, TypeError, AttributeError, re.error) as error:
        raise DataError(f"{file} is no lexicon: {error!r}", hint="See the README in lexicon/.") from error
    if not negative and not every:
        raise DataError(f"{file} holds no phrase", hint="An empty lexicon constrains nothing; see the README there.")
    return Phrases(negative, tuple(phrase for phrase, when in every if when.search(prompt)))


def _phrase(entry: Mapping[str, object]) -> str:
    phrase = entry["phrase"]
    if not isinstance(phrase, str) or not phrase.strip():
        raise KeyError("phrase")
    return phrase.strip()
