"""CWE-77: Command injection (https://cwe.mitre.org/data/definitions/77.html)

What: outside text becomes part of a command line that a shell or another command interpreter reads, so that its author
can append commands of their own. This includes what CWE-78 calls OS command injection.

Why: a shell gives a meaning to blanks, quotes, `;`, `|`, `&`, `$()` and line breaks. Whoever can put one of them into
the line can run anything that the program may run.

Bad:
    subprocess.run(f"ping -c 1 {host}", shell=True)
    os.system("tar xf " + name)

Good:
    subprocess.run(["ping", "-c", "1", "--", host])
    os.system("tar xf " + shlex.quote(name))

What silences it:
- a list of arguments without a shell: subprocess.run([program, argument]);
- shlex.quote() around the data, shlex.join() around a list;
- a conversion to a number;
- a constant allow-list, or a test that admits letters, digits and `_ . / : @ + - , = %` only;
- a test of every word of the command against an allow-list.

What does not: shlex.split() alone, a test of the first word only, removing or refusing some characters, a search for an
allowed word inside the text, quotes written around the data, shlex.quote() inside of such quotes.

Also reported: a command line that a function builds from outside data and returns, where its constant beginning is a
well-known utility (`f"echo {name}"`), or whose template, taken from elsewhere, is named for a command; and a test that
lets a command pass because an allowed one occurs in it.

Reported as well (CWE-88): an argument of git, hg, ssh or scp that may be an option, for these have options which run
commands: write `--` before it, or refuse what begins with `-`; the same of svn, rsync, curl, wget, tar, find, zip and a
web browser where a client sends it; and a command line that ssh is given. Where a function starts the program with all
that it is passed, as in run(["git", *args]), its calls are looked at.

Reported too (CWE-78): a list of arguments whose program is a shell, however the list is put together, and a list whose
program comes from a request or is a field of a message, unless a test compares it with what is allowed.

Not reported: a program that is a parameter as a whole, or a setting; options smuggled into other programs.

Sources: as for CWE-89; the parameters of functions that nothing in the program calls, input(), web requests.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.returned import Returned, built_with
from real.detector.analysis.witness import every
from real.detector.concepts.loops import root_of
from real.detector.concepts.quoting import SHELL as POSIX_SHELL
from real.detector.concepts.text_pieces import ordered_pieces
from real.detector.ir.instructions import Unit
from real.detector.models.catalogue import tables
from real.detector.models.kinds import Kind
from real.detector.rule import ReturnSink, Rule
from real.detector.rules._argument_lists import WATCHED, chosen_programs, shell_scripts
from real.detector.rules._commands import COMMAND_LINE, SHELL, WORDS, is_checked_command
from real.detector.rules._options import WATCHED as BROWSERS
from real.detector.rules._options import smuggled
from real.detector.rules._runners import handed_to_runners
from real.detector.rules._templates import is_command_word

_SHELLS = tables((Kind.SHELL,))
_starts_with_utility = built_with(COMMAND_LINE)


def _is_command_line(facts: Facts, returned: Returned) -> bool:
    """A result that begins with a well-known utility, or a template of command lines that is filled."""
    if _starts_with_utility(facts, returned):
        return True
    pieces = facts.pieces(returned.unit, returned.operand)
    return pieces.is_built and any(is_command_word(name) for name in pieces.undefined)


def _check(facts: Facts) -> Iterator[Defect]:
    yield from shell_scripts(facts)
    yield from chosen_programs(facts)
    yield from _contained_words(facts)
    yield from _quoted_twice(facts)
    yield from handed_to_runners(facts)
    yield from smuggled(facts)


def _quoted_twice(facts: Facts) -> Iterator[Defect]:
    """``f'convert "{shlex.quote(name)}"'``: it quotes a word, and inside of quotes its own are text or end them."""
    for site, sink in facts.tabled(_SHELLS.calls):
        if sink.when is not None and not sink.when(site):
            continue
        for operand in site.operands(sink.arguments[0].positions, sink.arguments[0].names):
            quote = ""
            for piece in ordered_pieces(facts, site.unit, operand):
                if isinstance(piece, str):
                    quote = POSIX_SHELL.open_quote(piece, quote)
                    continue
                made = root_of(site.unit, piece)
                if quote and made is not None and facts.library_names(site.unit, made) & _SHELLS.cleans:
                    given = facts.value(site.unit, made.args[1])
                    if facts.is_untrusted(given):
                        yield Defect(site.instr, "what is quoted as a word stands inside of quotes", facts.trace(given))


def _contained_words(facts: Facts) -> Iterator[Defect]:
    """``if any(word in command for word in ("ls", "date")): return command``: "date; rm -rf ~" passes as well."""
    for returned in facts.returned():
        unit, value = returned.unit, facts.value(returned.unit, returned.operand)
        if not facts.is_untrusted(value):
            continue
        for atom in facts.controlling_tests(unit, returned.instr):
            if atom.unit is unit and _admits_whatever_contains(facts, unit, atom, returned.operand):
                yield Defect(returned.instr, "whatever contains an allowed command passes for one", facts.trace(value))
                break


def _admits_whatever_contains(facts: Facts, unit: Unit, atom: Atom, operand: int) -> bool:
    if atom.op != "In":
        return False
    data, tested = root_of(unit, operand), root_of(unit, atom.operands[1])
    if data is None or data is not tested or data.op not in ("param", "call", "method", "sub"):
        return False
    word = root_of(unit, atom.operands[0])
    if word is None or word.op not in ("iterate", "const"):
        return False
    listed = word.args[0] if word.op == "iterate" else atom.operands[0]
    held = facts.value(unit, listed)
    words = facts.elements(held)
    if not words and not held.mask and not held.objs:  # a list that the program at hand takes from elsewhere
        source = root_of(unit, listed)
        named = str(source.extra[1]) if source is not None and source.op == "builtin" else ""
        return is_command_word(named)
    return bool(words) and every(isinstance(text, str) and text in WORDS for text in words)


RULE = Rule(
    cwe="CWE-77",
    title="Command injection",
    doc=__doc__ or "",
    fix="start the program with a list of arguments and without a shell, or quote each argument with shlex.quote()",
    what="command line",
    harmless=SHELL,
    kinds=(Kind.SHELL, Kind.REMOTE_SHELL),
    returned=ReturnSink("may be run in a shell", _is_command_line),
    guard=is_checked_command,
    check=_check,
    local=True,
    watches=WATCHED | BROWSERS,
)
