"""Arguments that a program takes for options, and commands for the shell of another machine (CWE-88).

``git clone --upload-pack=...`` and ``ssh -oProxyCommand=...`` run what they name; git's ext:: addresses do as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.slices import Reads
from real.detector.analysis.witness import every
from real.detector.concepts.text_pieces import members, ordered_pieces
from real.detector.ir.definitions import root
from real.detector.ir.instructions import Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.vocabulary import words

# Programs with options that run commands.
_PROGRAMS = frozenset({"git", "hg", "ssh", "scp"})
_REMOTE = "ssh"
_END = "--"
# Options whose argument is the next word, whatever it begins with.
_TAKING = names(
    """-C -b -m -n -p -o -i -l -c -j -F -J --author --grep --message --branch --depth --jobs --origin --config --filter
    --max-count --since --until --format --pretty --shallow-since"""
)
# Calls that ask whether there is a file of that name.
_FOUND = calls_of(Role.FILE_TEST).keys()
_FOUND_METHODS = names("is_dir is_file exists")
_ADDRESSES = names("url uri repository repo remote origin address source")
_MACHINES = names("host hostname server target address machine node")
_PLACES = names("folder path dir directory file filename")  # on this machine
_REVISIONS = names("ref rev revision commit branch tag pattern")
# Subcommands, and programs, that read from another place -> words in the names of what says which.
_SOURCES = (
    (names("clone fetch pull ls-remote remote submodule"), _ADDRESSES),
    (names("ssh scp"), _MACHINES),
    (names("log diff show rev-list archive blame grep fetch pull"), _REVISIONS),
)


def smuggled(facts: Facts) -> Iterator[Defect]:
    """``["git", "clone", url]`` with an address from outside, and ``["ssh", HOST, f"tail {path}"]``."""
    for site, row in facts.tabled(calls_of(Role.RUNS_PROGRAM)):
        for operand in site.operands(row.arguments[0].positions, row.arguments[0].names)[:1]:
            yield from _arguments(facts, site, members(facts, site.unit, operand))


def _arguments(facts: Facts, site: CallSite, listed: list[int]) -> Iterator[Defect]:
    unit = site.unit
    started = {str(const).rpartition("/")[2] for const in facts.constants(unit, listed[0])} if listed else set()
    if len(listed) <= 1 or not started & _PROGRAMS:
        return
    for index, operand in enumerate(listed[1:], start=1):
        if _END in facts.constants(unit, operand):
            break
        value = facts.value(unit, operand)
        before = {str(const) for const in facts.constants(unit, listed[index - 1])}
        if not facts.is_untrusted(value) or before & _TAKING:
            continue
        pieces = ordered_pieces(facts, unit, operand)
        if isinstance(pieces[0], str):
            if started == {_REMOTE} and index > 1 and " " in pieces[0]:
                yield Defect(site.instr, "the shell of the other machine reads untrusted data", facts.trace(value))
                return
        elif pieces[0] != root(unit, operand) or not _is_source(facts, site, listed, index):
            continue
        elif not facts.is_guarded(unit, site.instr, [operand], lambda atom, reads: _is_no_option(facts, atom, reads)):
            yield Defect(site.instr, "untrusted data may be an option that runs a command", facts.trace(value))
            return


def _is_first(facts: Facts, unit: Unit, before: list[int]) -> bool:
    """Whether nothing but options stands between a command that reads from another place and an argument."""
    values = [{str(const) for const in facts.constants(unit, operand)} for operand in before]
    values[0] = {text.rpartition("/")[2] for text in values[0]}
    for index in range(len(values) - 1, -1, -1):
        if any(values[index] & commands for commands, _ in _SOURCES):
            return True
        is_option = bool(values[index]) and every(text.startswith("-") for text in values[index])
        if not is_option and not (index and values[index - 1] & _TAKING):
            return False
    return False


def _is_source(facts: Facts, site: CallSite, listed: list[int], index: int) -> bool:
    """Whether an argument is what the subcommand reads from: an address, a machine, a revision."""
    operand = listed[index]
    given = {const for arg in listed for const in facts.constants(site.unit, arg) if isinstance(const, str)}
    reads = facts.reads(site.unit, operand)
    made = facts.definitions(site.unit, operand)
    assigned = [str(step.extra) for step in made if step.op == "assign" and step.extra]
    called = {
        word for name in (*assigned, *reads.params, *reads.attributes, *map(str, reads.keys)) for word in words(name)
    }
    if any(given & commands and called & meant for commands, meant in _SOURCES):
        return True
    return not called & _PLACES and _is_first(facts, site.unit, listed[:index])


def _is_no_option(facts: Facts, atom: Atom, reads: Reads) -> bool:
    """``not url.startswith("-")``, ``url.startswith("https://")``, a pattern, a list, a file that is there."""
    name = atom.method
    if name == "startswith":
        is_dash = any(isinstance(const, str) and const.startswith("-") for const in reads.constants)
        return atom.sense is not is_dash
    if atom.op == "call" and facts.library_names(atom.unit, atom.instr) & _FOUND:
        return atom.sense is True
    return atom.op in ("In", "Eq") or (atom.sense is True and name in {"fullmatch", "match", *_FOUND_METHODS})
