"""Templates that the program at hand takes from elsewhere: what their names say about who reads the filled text.

In a fragment, ``PAGE.format(name=name)`` with a ``PAGE`` that is defined in another file fills a template that nobody
here can read. Its name is all there is to go by.
"""

from __future__ import annotations

from real.detector.vocabulary import COMMAND_WORDS, LOG_WORDS, OTHER_READERS, TEXT_WORDS, XML_FORMATS, words


def is_command_word(name: str) -> bool:
    """A name that says that its value is a command, or holds commands."""
    return bool(words(name) & COMMAND_WORDS)


def is_markup_template(name: str) -> bool:
    """A template of XML."""
    return bool(words(name) & XML_FORMATS)


def is_page_template(name: str) -> bool:
    """A template that may well be one of a page."""
    return not words(name) & (COMMAND_WORDS | XML_FORMATS | OTHER_READERS | LOG_WORDS | TEXT_WORDS)
