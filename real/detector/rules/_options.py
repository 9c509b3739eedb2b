"""Arguments that a program takes for options, and commands for the shell of another machine (CWE-88).

``git clone --upload-pack=...`` and ``ssh -oProxyCommand=...`` run what they name; git's ext:: addresses do as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.slices import Reads
from real.detector.analysis.values import Value
from real.detector.analysis.witness import every
from real.detector.concepts.endpoints import app_of
from real.detector.concepts.text_pieces import ordered_pieces
from real.detector.ir.definitions import root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names, rows_of
from real.detector.models.kinds import Role, SourceKind
from real.detector.models.library import names
from real.detector.models.rows import Program
from real.detector.rules._word_lists import Start, words_of_call, wrapped
from real.detector.vocabulary import FILE_WORDS, words

_REMOTE = "ssh"
_END = "--"
# Calls that ask whether there is a file of that name.
_FOUND = calls_of(Role.FILE_TEST).keys()
_FOUND_METHODS = names("is_dir is_file exists")
_STRANGERS = (SourceKind.HTTP, SourceKind.PEER)
_STARTERS = calls_of(Role.RUNS_PROGRAM)
_BROWSERS = calls_of(Role.OPENS_BROWSER)
WATCHED = last_names(Role.OPENS_BROWSER)


def smuggled(facts: Facts) -> Iterator[Defect]:
    """``["git", "clone", url]`` with an address from outside, and ``["ssh", HOST, f"tail {path}"]``."""
    for site, row in facts.tabled(_STARTERS):
        program = row.arguments[0]
        listed = words_of_call(facts, site, program.position or 0, program.names[0])
        found = list(_arguments(facts, Start(site.unit, site.instr, [(site.unit, word) for word in listed])))
        for start in () if found else wrapped(facts, site, listed):
            found += _arguments(facts, start)
        yield from found
    for site, _ in facts.tabled(_BROWSERS):
        address = site.argument(0, "url")
        if address is None or not facts.is_untrusted(address) or not _is_by_stranger(facts, address):
            continue
        operands = site.operands((0,), ("url",))
        pieces = ordered_pieces(facts, site.unit, operands[0])
        if not isinstance(pieces[0], str) and not _is_refused(facts, site.unit, site.instr, operands):
            yield Defect(site.instr, "untrusted data may be an option of the browser", facts.trace(address))


def _arguments(facts: Facts, start: Start) -> Iterator[Defect]:
    started = {str(const).rpartition("/")[2] for const in start.constants(facts, 0)}
    rows = [row for row in rows_of(Program) if row.name in started]
    if len(start.words) <= 1 or not rows:
        return
    taking = {option for row in rows for option in row.taking}
    for index, (unit, operand) in enumerate(start.words[1:], start=1):
        if _END in start.constants(facts, index):
            break
        value = facts.value(unit, operand)
        before = {str(const) for const in start.constants(facts, index - 1)}
        if not facts.is_untrusted(value) or any(_takes_next(option, taking) for option in before):
            continue
        pieces = ordered_pieces(facts, unit, operand)
        if isinstance(pieces[0], str):
            if started == {_REMOTE} and index > 1 and " " in pieces[0]:
                yield Defect(start.instr, "the shell of the other machine reads untrusted data", facts.trace(value))
                return
        elif pieces[0] != root(unit, operand) or not _is_read(facts, start, index, rows):
            continue
        elif not _is_refused(facts, start.unit, start.instr, [operand]):
            yield Defect(start.instr, "untrusted data may be an option that runs a command", facts.trace(value))
            return


def _takes_next(option: str, taking: set[str]) -> bool:
    """``-o``, and the last of several letters: ``-sSo``."""
    is_cluster = len(option) > 2 and option.startswith("-") and not option.startswith("--")
    return option in taking or (is_cluster and f"-{option[-1]}" in taking)


def _is_read(facts: Facts, start: Start, index: int, rows: list[Program]) -> bool:
    """Whether an argument is what one of the programs reads, and comes from somebody who may not choose its options."""
    open_to_all = [row for row in rows if not row.strangers]
    if open_to_all:
        return _is_source(facts, start, index, open_to_all)
    return _is_by_stranger(facts, facts.value(*start.words[index]))


def _is_by_stranger(facts: Facts, value: Value) -> bool:
    """Whether somebody sent it who does not run the program."""
    by = facts.entry(value)
    return by in _STRANGERS or any(endpoint.unit is by for endpoint in app_of(facts).endpoints)


def _is_refused(facts: Facts, unit: Unit, instr: Instr, operands: list[int]) -> bool:
    return facts.is_guarded(unit, instr, operands, lambda atom, reads: _is_no_option(facts, atom, reads))


def _is_first(facts: Facts, start: Start, index: int, rows: list[Program]) -> bool:
    """Whether nothing but options stands between a command that reads from another place and an argument."""
    values = [{str(const) for const in start.constants(facts, place)} for place in range(index)]
    taking = {option for row in rows for option in row.taking}
    values[0] = {text.rpartition("/")[2] for text in values[0]}
    for place in range(len(values) - 1, -1, -1):
        if any(values[place] & set(row.commands or (row.name,)) for row in rows):
            return True
        is_option = bool(values[place]) and every(text.startswith("-") for text in values[place])
        if not is_option and not (place and values[place - 1] & taking):
            return False
    return False


def _is_source(facts: Facts, start: Start, index: int, rows: list[Program]) -> bool:
    """Whether an argument is what the subcommand reads from: an address, a machine, a revision."""
    unit, operand = start.words[index]
    given = {const for place in range(len(start.words)) for const in start.constants(facts, place)}
    reads = facts.reads(unit, operand)
    made = facts.definitions(unit, operand)
    assigned = [str(step.extra) for step in made if step.op == "assign" and step.extra]
    called = {
        word for name in (*assigned, *reads.params, *reads.attributes, *map(str, reads.keys)) for word in words(name)
    }
    if any(given & set(row.commands or (row.name,)) and called & set(row.words) for row in rows):
        return True
    return not called & FILE_WORDS and _is_first(facts, start, index, rows)


def _is_no_option(facts: Facts, atom: Atom, reads: Reads) -> bool:
    """``not url.startswith("-")``, ``url.startswith("https://")``, a pattern, a list, a file that is there."""
    name = atom.method
    if name == "startswith":
        is_dash = any(isinstance(const, str) and const.startswith("-") for const in reads.constants)
        return atom.sense is not is_dash
    if atom.op == "call" and facts.library_names(atom.unit, atom.instr) & _FOUND:
        return atom.sense is True
    return atom.op in ("In", "Eq") or (atom.sense is True and name in {"fullmatch", "match", *_FOUND_METHODS})
