"""Text that is read line by line: headers of mails and of HTTP, commands of line protocols, calendars, log files.

A line break in the data ends the line, and what follows it is read as a line of its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.callsites import CallSite
from real.detector.analysis.declared_types import parameter
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.slices import Reads
from real.detector.analysis.values import NUM
from real.detector.concepts.addresses import is_tested_in_loop
from real.detector.concepts.endpoints import is_view
from real.detector.concepts.removal import is_removed
from real.detector.concepts.text_pieces import ordered_pieces
from real.detector.ir.definitions import definition, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import below, calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import LOG_METHODS, PERCENT_ENCODERS, names
from real.detector.vocabulary import CLIENT_DATA, LOG_WORDS, words

_BREAKS = "\r\n"
_MAIL_HEADER = re.compile(r"(?:^|\n)(?:Subject|From|To|Cc|Bcc|Reply-To|Sender):[^\n]*$")
# How a request or a command of a line protocol begins: HTTP, SMTP, FTP, IRC, memcached, Redis.
_REQUEST = re.compile(
    r"^(?:GET|POST|PUT|HEAD|DELETE|HELO|EHLO|MAIL FROM|RCPT TO|USER|PASS|STOR|RETR|DELE|NICK|JOIN|PRIVMSG|SET|RPUSH|"
    r"LPUSH|PUBLISH|set|add|get|delete|incr|decr|replace)[ :]"
)
_HTTP_HEADER = re.compile(r"\r\n[A-Z][A-Za-z-]+: ?[^\n]*$")
_SENDERS = ("sendall", "send")
WATCHED = LOG_METHODS | {"sendmail", "write", *_SENDERS}
_FIELD = re.compile(r"%[-#0 +]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa]|\{[^{}]*\}")
# Who asks is what the program has stored.
_NO_TEXTS = names("user current_user pk")
_DOCUMENTS = CLIENT_DATA | {"dict", "items", "to_dict"}
_QUOTING = calls_of(Role.WRITES_LITERAL).keys() | PERCENT_ENCODERS.keys() | {"translate"}


def broken_lines(facts: Facts) -> Iterator[Defect]:
    """Mails and requests that are put together, with data from outside in one of their lines."""
    for site in facts.calls("sendmail"):
        for operand in site.operands((2,), ("msg",)):
            yield from _lines(facts, site, operand, _MAIL_HEADER)
    for site in facts.calls(*_SENDERS):
        for operand in site.operands((0,), ("data",))[:1]:
            for unit, inner in _texts(facts, site.unit, operand):
                pieces = ordered_pieces(facts, unit, inner)
                literals = "".join(piece for piece in pieces if isinstance(piece, str))
                if pieces and isinstance(pieces[0], str) and _REQUEST.match(pieces[0]) and _BREAKS in literals:
                    yield from _lines(facts, site, operand, _HTTP_HEADER)


def log_lines(facts: Facts) -> Iterator[Defect]:
    """``log.info(f"login of {user}")``, ``log.info("login of %s", user)`` in a view, lines that are appended to a log
    file (CWE-117). No formatter of the standard library escapes line breaks (``logging.Formatter``).
    """
    for site in facts.calls(*LOG_METHODS, "write"):
        if site.name == "write" and not _is_log_file(facts, site):
            continue
        if site.name != "write" and not (_is_logger(facts, site) and is_view(facts, site.unit)):
            continue
        if site.name != "write":
            yield from _arguments(facts, site)
        for operand in site.operands((1,) if site.name == "log" else (0,), ("msg",))[:1]:
            pieces = ordered_pieces(facts, site.unit, operand)
            if not any(isinstance(piece, str) for piece in pieces):
                continue
            represented = _represented(site.unit, site.unit.defs[root(site.unit, operand)])
            for piece in pieces:
                if not isinstance(piece, int) or root(site.unit, piece) in represented:
                    continue
                value = facts.value(site.unit, piece)
                if not facts.is_untrusted(value):
                    continue
                if not _is_quoted(facts, site.unit, piece) and not _is_one_line(facts, site, site.unit, piece):
                    yield Defect(site.instr, "untrusted data may begin a line of the log", facts.trace(value))
                    break


def _arguments(facts: Facts, site: CallSite) -> Iterator[Defect]:
    """The data for each ``%s`` (or ``{}``) of a message that a logger formats; ``%r`` writes line breaks as escapes."""
    place = 1 if site.name == "log" else 0
    texts = [text for text in site.constants(place, "msg") if isinstance(text, str)]
    for text in texts[:1]:
        fields = _FIELD.findall(text)
        for index, field in enumerate(fields):
            operands = site.operands((place + 1 + index,), ())
            if field.endswith(("s", "}")) and "!r" not in field and len(operands) == 1:
                value = facts.value(site.unit, operands[0])
                is_text = value.kind != NUM and not value.objs and _is_text_of_request(facts, site.unit, operands[0])
                if not facts.is_untrusted(value) or not is_text:
                    continue
                if not _is_quoted(facts, site.unit, operands[0]) and not _is_one_line(
                    facts, site, site.unit, operands[0]
                ):
                    yield Defect(site.instr, "untrusted data may begin a line of the log", facts.trace(value))
                    return


def _is_text_of_request(facts: Facts, unit: Unit, operand: int) -> bool:
    """A field of a request or a text of its address, and no whole document, which is written by ``repr()``."""
    made = definition(unit, operand)
    if made is None or facts.reads(unit, operand).attributes & _NO_TEXTS:
        return False
    if made.op == "param":
        annotation, _ = parameter(unit, str(made.extra))
        return annotation is None or ast.unparse(annotation) in ("str", "Optional[str]", "str | None")
    if made.op in ("attr", "method"):
        return str(made.extra if made.op == "attr" else made.extra[0]) not in _DOCUMENTS
    return made.op in ("sub", "binop")


def _is_logger(facts: Facts, site: CallSite) -> bool:
    if site.path:
        return site.path.startswith(below(Role.LOG)) or ".logger." in site.path
    held = facts.reads(site.unit, site.instr.args[0]) if site.instr.op == "method" else None
    return held is not None and any(words(word) & LOG_WORDS for word in held.attributes | held.names)


def _is_log_file(facts: Facts, site: CallSite) -> bool:
    """``open("audit.log", "a")``: a file that lines are added to, and whose name says log."""
    if site.instr.op != "method":
        return False
    reads = facts.reads(site.unit, site.instr.args[0])
    appended = bool({"a", "a+", "at"} & {const for const in reads.constants if isinstance(const, str)})
    texts = {const for const in reads.constants if isinstance(const, str)} | reads.words
    owner = {site.unit.parent.name} if site.unit.parent is not None and site.unit.parent.kind == "class" else set()
    return appended and any(words(re.sub(r"\W", "_", text)) & LOG_WORDS for text in texts | owner)


def _is_quoted(facts: Facts, unit: Unit, operand: int) -> bool:
    """``repr(text)``, ``json.dumps(record)``: line breaks are escaped; or each character is tested."""
    reads = facts.reads(unit, operand)
    if reads.calls & _QUOTING or "unicode_escape" in reads.constants:
        return True
    made = facts.definitions(unit, operand)
    units = {unit, *(callee for step in made for callee in facts.called(step))}
    return any(_tests_characters(facts, inner, step) for inner in units for step in facts.instructions(inner))


def _tests_characters(facts: Facts, unit: Unit, step: Instr) -> bool:
    """``c.isprintable()``, ``c >= " "``, of each character of a text."""
    if step.op == "method" and step.extra[0] == "isprintable":
        tested = step.args[0]
    elif step.op == "compare" and step.extra[0] in ("GtE", "Gt", "Lt", "LtE"):
        if not facts.constants(unit, step.args[1]) & {" ", ord(" "), "\x1f", ord(" ") - 1}:
            return False
        tested = step.args[0]
    else:
        return False
    return any(inner.op == "iterate" for inner in facts.definitions(unit, tested))


def _represented(unit: Unit, made: Instr | None) -> set[int]:
    """The operands of an f-string that it writes by ``!r`` or ``!a``."""
    if made is None or made.op != "fstring" or unit.node is None:
        return set()
    for node in ast.walk(unit.node):
        if isinstance(node, ast.JoinedStr) and (node.lineno, node.col_offset) == (made.line, made.col):
            fields = [part for part in node.values if isinstance(part, ast.FormattedValue)]
            pairs = zip(fields, made.args, strict=False)
            return {root(unit, operand) for field, operand in pairs if field.conversion in (ord("r"), ord("a"))}
    return set()


def _lines(facts: Facts, site: CallSite, operand: int, header: re.Pattern[str]) -> Iterator[Defect]:
    for unit, inner in _texts(facts, site.unit, operand):
        before = ""
        for piece in ordered_pieces(facts, unit, inner):
            if isinstance(piece, str):
                before += piece
                continue
            is_head = "\n\n" not in before.replace("\r", "")
            is_line = is_head and (bool(header.search(before)) or (header is _HTTP_HEADER and "\n" not in before))
            value = facts.value(unit, piece)
            if is_line and facts.is_untrusted(value) and not _is_one_line(facts, site, unit, piece):
                yield Defect(site.instr, "untrusted data is written into a header as it is", facts.trace(value))
                return
            before += "x"


def _texts(facts: Facts, unit: Unit, operand: int) -> Iterator[tuple[Unit, int]]:
    """A text, seen through ``encode()`` and through the function of the program that puts it together."""
    made = unit.defs[root(unit, operand)]
    while made is not None and made.op == "method" and made.extra[0] in ("encode", "strip") and not facts.called(made):
        operand = made.args[0]
        made = unit.defs[root(unit, operand)]
    callees = facts.called(made) if made is not None and made.op in ("call", "method") else []
    for callee in callees:
        for step in facts.instructions(callee, "return"):
            yield from _texts(facts, callee, step.args[0])
    if not callees:
        yield unit, operand


def _is_one_line(facts: Facts, site: CallSite, unit: Unit, operand: int) -> bool:
    """Line breaks were removed from the data, or are refused before it is used."""
    if is_removed(facts, unit, operand, _BREAKS):
        return True
    ends = [site.instr] if unit is site.unit else list(facts.instructions(unit, "return"))
    return any(
        facts.is_guarded(unit, end, [operand], _refuses_breaks)
        or is_tested_in_loop(facts, unit, end, [operand], _refuses_breaks)
        for end in ends
    )


def _refuses_breaks(atom: Atom, reads: Reads) -> bool:
    """``"\\n" not in text``, ``not re.search("[\\r\\n]", text)``, ``text.isprintable()``."""
    texts = [str(const) for const in reads.constants if isinstance(const, (str, bytes))]
    has_break = any("\n" in text or "\\n" in text or "\r" in text for text in texts)
    if atom.op == "NotIn":
        return has_break
    if atom.op in ("GtE", "Gt") and "ord" in reads.called:
        return any(isinstance(const, int) and const >= ord(" ") - 1 for const in reads.constants)
    name = atom.method
    if atom.sense is True:
        return name in ("isprintable", "isalnum", "fullmatch")
    return atom.sense is False and (name == "isspace" or (name in ("search", "findall") and has_break))
