"""Arguments that a program takes for options, and commands for the shell of another machine (CWE-88).

``git clone --upload-pack=...`` and ``ssh -oProxyCommand=...`` run what they name; git's ext:: addresses do as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.atoms import Atom
from real.detector.callsites import CallSite
from real.detector.facts import Facts
from real.detector.flows import Defect
from real.detector.library import names
from real.detector.rules._authorization import words
from real.detector.rules._definitions import root
from real.detector.rules._pieces import members, ordered_pieces
from real.detector.slices import Reads

# Programs with options that run commands.
_PROGRAMS = frozenset({"git", "hg", "ssh", "scp"})
_REMOTE = "ssh"
_END = "--"
# Options whose argument is the next word, whatever it begins with.
_TAKING = names("-C -b -m -n -p -o -i -l -c --author --grep --message --branch")
_ADDRESSES = names("url uri repository repo remote origin address source")
_MACHINES = names("host hostname server target address machine node")
_REVISIONS = names("ref rev revision commit branch tag pattern")
# Subcommands, and programs, that read from another place -> words in the names of what says which.
_SOURCES = (
    (names("clone fetch pull ls-remote remote submodule"), _ADDRESSES),
    (names("ssh scp"), _MACHINES),
    (names("log diff show rev-list archive blame grep fetch pull"), _REVISIONS),
)
STARTERS = frozenset({"run", "Popen", "call", "check_call", "check_output"})


def smuggled(facts: Facts) -> Iterator[Defect]:
    """``["git", "clone", url]`` with an address from outside, and ``["ssh", HOST, f"tail {path}"]``."""
    for site in facts.calls(*STARTERS):
        if not site.path.startswith("subprocess."):
            continue
        for operand in site.operands((0,), ("args",))[:1]:
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
        elif not _names_source(facts, site, listed, operand) or pieces[0] != root(unit, operand):
            continue
        elif not facts.is_guarded(unit, site.instr, [operand], _is_no_option):
            yield Defect(site.instr, "untrusted data may be an option that runs a command", facts.trace(value))
            return


def _names_source(facts: Facts, site: CallSite, listed: list[int], operand: int) -> bool:
    """Whether an argument is what the subcommand reads from: an address, a machine, a revision."""
    given = {const for arg in listed for const in facts.constants(site.unit, arg) if isinstance(const, str)}
    reads = facts.reads(site.unit, operand)
    made = facts.definitions(site.unit, operand)
    assigned = [str(step.extra) for step in made if step.op == "assign" and step.extra]
    called = {
        word for name in (*assigned, *reads.params, *reads.attributes, *map(str, reads.keys)) for word in words(name)
    }
    return any(given & commands and called & meant for commands, meant in _SOURCES)


def _is_no_option(atom: Atom, reads: Reads) -> bool:
    """``not url.startswith("-")``, ``url.startswith("https://")``, a pattern, a list of what is meant."""
    name = str(atom.instr.extra[0]) if atom.op == "call" and atom.instr.op == "method" else ""
    if name == "startswith":
        is_dash = any(isinstance(const, str) and const.startswith("-") for const in reads.constants)
        return atom.sense is not is_dash
    return atom.op in ("In", "Eq") or (atom.sense is True and name in ("fullmatch", "match"))
