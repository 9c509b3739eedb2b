"""Templates that the program at hand takes from elsewhere: what their names say about who reads the filled text.

In a fragment, ``PAGE.format(name=name)`` with a ``PAGE`` that is defined in another file fills a template that nobody
here can read. Its name is all there is to go by.
"""

from __future__ import annotations

from real.detector.models.library import names
from real.detector.vocabulary import words

_COMMANDS = names("command commands cmd cmds cmdline shell bash script")
_MARKUP = names("xml soap svg rss atom xhtml feed envelope")
# Texts that no browser reads: their readers are people, files, or interpreters of which another rule knows more.
_NO_PAGES = names(
    """log logs logger logging message messages msg error errors warning prompt prompts question date time datetime
    timestamp url urls uri path paths file files filename name names key keys cache query queries sql statement regex
    pattern number currency money text plain label title subject greeting console terminal usage help debug json yaml
    csv topic channel id latex tex markdown md slack sms"""
)


def is_command_word(name: str) -> bool:
    """A name that says that its value is a command, or holds commands."""
    return bool(words(name) & _COMMANDS)


def is_markup_template(name: str) -> bool:
    """A template of XML."""
    return bool(words(name) & _MARKUP)


def is_page_template(name: str) -> bool:
    """A template that may well be one of a page."""
    return not words(name) & (_COMMANDS | _MARKUP | _NO_PAGES)
