"""The words by which a text is recognised as a command line, and the tests that make one safe (CWE-77, CWE-74)."""

from __future__ import annotations

from real.detector.analysis.atoms import Atom
from real.detector.analysis.charsets import Charset
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.analysis.witness import every
from real.detector.concepts.characters import every_character_is_harmless
from real.detector.concepts.loops import is_element_tested, root_of
from real.detector.concepts.quoting import SHELL as QUOTED
from real.detector.concepts.quoting import stays_inside
from real.detector.models.library import names

# Utilities of POSIX and of common systems whose names begin no English sentence.
UTILITIES = names(
    """awk bash cat chgrp chmod chown cp curl df dig du echo ffmpeg git grep gzip gunzip ifconfig kill ls mkdir mv
    netstat nmap nslookup ping ps pwd rm rmdir rsync scp sed sftp sh ssh sudo tar traceroute uname unzip wget whoami
    xargs zip"""
)
# Utilities that are English words as well: they count where they stand among other words, in a list of commands.
WORDS = UTILITIES | names(
    "cal clear date diff env file find free head help history host hostname id less last man more printenv sort stat "
    "sleep tail test top touch uniq uptime users version w wc which who"
)
# How a command line begins, up to the blank after the program.
COMMAND_LINE = rf"^\s*(?:{'|'.join(sorted(UTILITIES))})\s"
# No quote, no operator, no expansion and no line break; words may be added, commands may not.
SHELL = Charset("_./:@+-,=% ")


def is_checked_command(facts: Facts, flow: Flow) -> bool:
    """Whether the command runs only after a test of all its characters or words, or the data stays inside quotes."""
    return (
        every_character_is_harmless(facts, flow, SHELL)
        or every(stays_inside(facts, flow.unit, flow.instr, operand, QUOTED) for operand in flow.operands)
        or any(_is_word_allowed(facts, flow, atom) for atom in facts.controlling_tests(flow.unit, flow.instr))
    )


def _is_word_allowed(facts: Facts, flow: Flow, atom: Atom) -> bool:
    """``for word in shlex.split(command): if word not in ALLOWED: raise``: every word, and not only the first one.

    The allow-list may be handed in by the caller; it must not be made from the command.
    """
    if atom.op != "In" or atom.sense is None:
        return False
    if not is_element_tested(facts, flow, atom, root_of(atom.unit, atom.operands[0])):
        return False
    command = facts.origins(flow.unit, flow.operands)
    allowed = facts.origins(atom.unit, [atom.operands[1]])
    return not any(test.covers(origin) for test in allowed for origin in command)
