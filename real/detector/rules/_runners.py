"""Functions that the program at hand takes from elsewhere and whose names say that they run a command line.

In a fragment, ``self._run_ssh("list -name %s" % name)`` hands a text to code that nobody here can read. A list of words
would be passed on word by word; a line that is put together from outside data is taken apart again by somebody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from real.detector.analysis.called_names import named_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import known_modules
from real.detector.vocabulary import COMMAND_WORDS, RUNNING_WORDS, words

# A program and the blank before its arguments; a sentence for a person begins otherwise, or is one word.
_LINE = re.compile(r"^\s*[a-z][\w./-]*\s")
_MAX_COPIES = 8
_QUERY = re.compile(r"(?i)^\s*(?:select|insert|update|delete|create|drop|alter|replace|with|pragma|match|merge)\s")


def handed_to_runners(facts: Facts) -> Iterator[Defect]:
    """Command lines made from outside data that are passed to such functions."""
    for unit, instr in facts.steps("call", "method"):
        if _is_runner(facts, unit, instr):
            value = facts.value(unit, instr.args[1]) if len(instr.args) > 1 else None
            if value is not None and facts.is_untrusted(value) and _is_line(facts, unit, instr.args[1]):
                what = "untrusted data is part of a command line that is handed on to be run"
                yield Defect(instr, what, facts.trace(value))


def _is_runner(facts: Facts, unit: Unit, instr: Instr) -> bool:
    if facts.called(instr):
        return False  # it is here: what it does is known
    said = frozenset(word for name in named_words(facts, unit, instr) for word in words(name))
    if not said & RUNNING_WORDS or _is_known(facts.library_names(unit, instr)):
        return False
    return bool(said & COMMAND_WORDS) or (len(instr.args) > 1 and _is_called_command(unit, instr.args[1]))


def _is_known(paths: frozenset[str]) -> bool:
    """A function of a library that has a model: it takes the name of a command, or its line is a sink."""
    return any(path.partition(".")[0] in known_modules() for path in paths)


def _is_called_command(unit: Unit, operand: int) -> bool:
    """Whether the value goes by the name of a command: ``command = ...; self._execute(command)``."""
    for _ in range(_MAX_COPIES):
        made = unit.defs[operand]
        if made is None or made.op not in ("assign", "copy", "pi"):
            break
        if made.op == "assign" and words(str(made.extra)) & COMMAND_WORDS:
            return True
        operand = made.args[0]
    return False


def _is_line(facts: Facts, unit: Unit, operand: int) -> bool:
    if any(obj.kind in ("list", "tuple", "dict", "set") for obj in facts.value(unit, operand).objs):
        return False
    pieces = facts.pieces(unit, operand)
    if not pieces.is_built or any(_QUERY.match(piece) for piece in pieces.literals):
        return False
    return any(_LINE.match(piece) for piece in pieces.literals)
