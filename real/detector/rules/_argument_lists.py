"""Lists of arguments that start a shell, or a program that the data name, without ``shell=True`` (CWE-78).

``["sh", "-c", line]`` gives the line to a shell however the list is put together, and whatever starts the shell:
``["sudo", "-u", "www", "bash", "-e", "-c", line]``. CWE-78 knows a second form, where outside data "fully select which
program to run, as well as which commands to use".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.values import BOTTOM, Value
from real.detector.ir.instructions import Unit
from real.detector.models.catalogue import calls_of, last_names
from real.detector.models.kinds import Role, SourceKind
from real.detector.models.library import names
from real.detector.vocabulary import MAPPING_WORDS
from real.detector.vocabulary import words as words_of

_SHELLS = names(
    """sh bash dash ash zsh ksh csh tcsh fish busybox cmd cmd.exe powershell powershell.exe pwsh pwsh.exe su runuser"""
)
_OPTION = re.compile(r"-[a-z]*c|/[cCkK]|-[Cc]ommand|-EncodedCommand|--command")
# A command line in the place of the first words: "bash -c".
_WORDS = re.compile(r"\s+")
# Words of the list that come after the script, which reads them as "$1".
_PARAMETER = re.compile(r"\$(?:\{?\d|@|\*)")
# Call -> the argument that is the program, or the list that begins with it.
_PROGRAMS = calls_of(Role.RUNS_PROGRAM)
_STARTERS = {**_PROGRAMS, **calls_of(Role.RUNS_INSIDE)}
_FEEDING = names("communicate write writelines")
WATCHED = _FEEDING | last_names(Role.RUNS_PROGRAM, Role.RUNS_INSIDE)
_OUTSIDE = (SourceKind.HTTP, SourceKind.PEER)
# What is configured is chosen by who runs the program.
_TESTS = frozenset({"match", "fullmatch"})


def starts(facts: Facts) -> Iterator[CallSite]:
    """The calls that start a program with a list of arguments."""
    for site, row in facts.tabled(_STARTERS):
        if not row.of or site.instr.op in ("call", "method"):
            yield site


def shell_scripts(facts: Facts) -> Iterator[Defect]:
    """Lists whose words are a shell, its option ``-c`` and a line with outside data in it."""
    for site in starts(facts):
        line = _known_line(facts, site) or _line_of_unknown_order(facts, site) or _fed(facts, site)
        if line is not None:
            yield Defect(site.instr, "untrusted data is the line that the shell runs", facts.trace(line))
    yield from _fed_later(facts)


def chosen_programs(facts: Facts) -> Iterator[Defect]:
    """``subprocess.run([request.args["tool"], path])``, ``shlex.split(message["job"])``: data name the program."""
    for site, row in facts.tabled(_PROGRAMS):
        place, keyword = row.arguments[0].position or 0, row.arguments[0].names[0]
        program = site.argument(place, keyword)
        if any(site.constants(None, "shell")) or program is None:
            continue
        first = _first(program)
        if first is None or not facts.is_untrusted(first) or (first is not program and _is_mixed(facts, site, program)):
            continue
        operands = site.operands((place,), (keyword,))
        by = facts.entry(first)
        outside = by in _OUTSIDE or (isinstance(by, Unit) and _is_message(facts, site.unit, operands))
        if outside and not facts.is_guarded(site.unit, site.instr, operands, lambda atom, _: _is_choice(atom)):
            yield Defect(site.instr, "untrusted data choose the program that is started", facts.trace(first))


def _first(program: Value) -> Value | None:
    """The program of a list whose order is known; of a text, or of the words that it is split into, all of it."""
    lists = [obj for obj in program.objs if obj.kind in ("list", "tuple")]
    return lists[0].fields.get(0) if lists else program


def _is_mixed(facts: Facts, site: CallSite, program: Value) -> bool:
    """Whether constant words stand in a list of unknown order: the program may be one of them."""
    ordered = any(0 in obj.fields for obj in program.objs)
    return not ordered and bool(_texts(facts, site))


def _is_message(facts: Facts, unit: Unit, operands: list[int]) -> bool:
    """Whether the program is a field of what a function is given, and no setting."""
    for origin in facts.origins(unit, operands):
        own = words_of(str(origin.instr.extra)) & (MAPPING_WORDS | {"args", "settings"})
        if origin.instr.op != "param" or own or not any(isinstance(key, str) for key in origin.path):
            continue
        made = facts.definitions(unit, *operands)
        if any(step.op == "sub" or (step.op == "method" and step.extra[0] == "get") for step in made):
            return True
    return False


def _is_choice(atom: Atom) -> bool:
    return atom.op in ("In", "Eq") or atom.method in _TESTS


def _lists(site: CallSite) -> Iterator[list[Value] | None]:
    """The words of each list that a call may be given, after what stands before it; ``None``: of unknown order."""
    for position, value in enumerate(site.args.pos):
        yield from _words_of_list(value, site.args.pos[:position])
    for value in site.args.named.values():
        yield from _words_of_list(value, [])
    if len(site.args.pos) > 1:
        yield site.args.pos


def _words_of_list(value: Value, before: list[Value]) -> Iterator[list[Value] | None]:
    for obj in value.objs:
        if obj.kind not in ("list", "tuple"):
            continue
        count = sum(1 for key in obj.fields if isinstance(key, int))
        if obj.elements is BOTTOM and set(range(count)) <= obj.fields.keys():
            yield [*before, *(obj.fields[index] for index in range(count))]
        else:
            yield None


def _known_line(facts: Facts, site: CallSite) -> Value | None:
    for words in _lists(site):
        for index, word in enumerate(words or ()):
            if words is None or not _is_shell(word):
                continue
            for place in range(index + 1, len(words) - 1):
                texts = {const for const in words[place].consts or () if isinstance(const, str)}
                if any(_OPTION.fullmatch(text) for text in texts):
                    if facts.is_untrusted(words[place + 1]):
                        return words[place + 1]
                    break
    return None


def _is_shell(word: Value) -> bool:
    return any(isinstance(const, str) and _name(const) in _SHELLS for const in word.consts or ())


def _name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _line_of_unknown_order(facts: Facts, site: CallSite) -> Value | None:
    """A list that is put together in branches or from parts: a shell, its option and outside data are among them."""
    for value in (*site.args.pos, *site.args.named.values()):
        if not any(words is None for words in _words_of_list(value, [])) or not facts.is_untrusted(value):
            continue
        held = _texts(facts, site)
        single = {word for text in held for word in (text, *_WORDS.split(text)[:2])}
        if not any(_name(word) in _SHELLS for word in single) or any(map(_PARAMETER.search, held)):
            continue
        if any(_OPTION.fullmatch(word) for word in single):
            return value
    return None


def _texts(facts: Facts, site: CallSite) -> set[str]:
    """The constant words of the lists that the arguments are made from."""
    operands = site.operands((0, 1, 2), ("args", "argv"))
    made = facts.definitions(site.unit, *operands)
    held = {const for step in made for const in facts.elements(facts.value(site.unit, step.dst))}
    return {const for const in held if isinstance(const, str)}


def _is_bare_shell(site: CallSite) -> bool:
    """``["bash"]``, ``["sh", "-s"]``, ``"bash"``: what it reads is what it runs."""
    value = site.argument(0, "args")
    if value is None or site.name not in ("run", "Popen", "check_output", "create_subprocess_exec"):
        return False
    if site.name == "create_subprocess_exec":
        return len(site.args.pos) == 1 and _is_shell(value)
    lists = [words for words in _words_of_list(value, []) if words is not None]
    options = [const for words in lists for word in words[1:] for const in word.consts or ("",)]
    is_alone = set(options) <= {"-s", "-e", "-x", "-i", "-l", "-"}
    return (any(words and _is_shell(words[0]) for words in lists) and is_alone) or (not lists and _is_shell(value))


def _fed(facts: Facts, site: CallSite) -> Value | None:
    """``subprocess.run(["bash"], input=script)``."""
    given = site.args.named.get("input")
    return given if given is not None and facts.is_untrusted(given) and _is_bare_shell(site) else None


def _fed_later(facts: Facts) -> Iterator[Defect]:
    """``Popen(["sh"], stdin=PIPE).communicate(script)``, ``process.stdin.write(script)``."""
    feeding = {site.unit for site in starts(facts) if "stdin" in site.args.named and _is_bare_shell(site)}
    for site in facts.calls(*sorted(_FEEDING)) if feeding else ():
        given = site.argument(0, "input")
        is_process = "Popen()" in site.path or "create_subprocess_exec()" in site.path
        if site.unit in feeding and is_process and given is not None and facts.is_untrusted(given):
            yield Defect(site.instr, "untrusted data is what the shell reads and runs", facts.trace(given))
