"""CWE-1333: Inefficient regular expression complexity (https://cwe.mitre.org/data/definitions/1333.html)

What: outside text is matched against a regular expression for which some texts take a time that grows exponentially, or
with the square or a higher power of their length; or the outside chooses the expression.

Why: Python's matcher tries one way after the other. Where a text can be cut in many ways, as `(a+)+$` cuts "aaaa!", it
tries all of them before it gives up: thirty characters keep a processor busy for minutes.

Bad:
    re.match(r"^(\\w+\\s?)*$", text)
    re.findall(r"<(.*?)>", text)
    re.search(request.args["pattern"], line)

Good:
    re.match(r"^\\w+(\\s\\w+)*$", text)
    re.findall(r"<([^<>]*)>", text)
    re.search(re.escape(request.args["word"]), line)

What silences it:
- an expression with one way to match each text: no repetition inside a repetition that takes the same characters, no
  two neighbouring repetitions of the same characters, nothing that begins again inside what it is about to match;
- an upper bound for the repetition, `{1,100}` instead of `+`;
- a test of the length of the text that controls the match, or a slice text[:1000];
- possessive repetitions and atomic groups, which are not tried in another way;
- re.escape() or fnmatch.translate() around what the outside puts into the expression, or a test that it consists of
  letters and digits;
- the timeout of the third-party module regex.

What does not: re.compile(), a try block, another flag, a test of the text by the same expression.

Also reported: an expression of the client that pandas (`str.contains`), MongoDB (`$regex`) or Django (`__iregex`)
evaluates, and exponential expressions of Django's, WTForms' and marshmallow's validators.

How: the expression is read with the standard library's own parser. Exponential ambiguity (EDA) and infinite ambiguity
(IDA) are decided on product automata (`real/detector/ambiguity.py`), together with whether the match can still fail; no
shape of text is compared. Quadratic time counts where the repeated word has at most eight characters, and where it
comes from search() trying every start, only if the repetition takes blanks (free text).

What it cannot see: what back references and look-around add; expressions of more than eighty character classes;
expressions that are put together at run time.

Sources: as for CWE-89; the parameters of functions that nothing in the program calls, input(), web requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.charsets import Charset
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow
from real.detector.analysis.regex_ambiguity import Degree, ambiguity
from real.detector.analysis.values import Constant
from real.detector.analysis.witness import every
from real.detector.concepts.loops import root_of
from real.detector.ir.call_shapes import named_operands
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import arg
from real.detector.models.when import Arg
from real.detector.rule import Rule

# What means itself in an expression.
_LITERAL = Charset("_ ,;:@&%=~<>'\"!/-")
# Call -> how it goes over the text, and its arguments: the expression (where it is no method of one), text and flags.
_MATCHERS = calls_of(Role.MATCHER)
_COMPILERS = frozenset(path.partition("()")[0] for path in _MATCHERS if "()" in path)
# Validators that match what clients send; the expression is a constant of the program.
_VALIDATORS = calls_of(Role.VALIDATOR)
# Methods of columns of text that take an expression unless regex=False.
_FRAME_METHODS = ("contains", "count", "findall", "extract", "extractall")
# Lookups of an ORM, and operators of a document database, whose value is an expression.
_LOOKUP = re.compile(r"__i?regex$")
_OPERATOR = "$regex"
_FLAGS = {"I": "i", "IGNORECASE": "i", "S": "s", "DOTALL": "s", "M": "m", "MULTILINE": "m", "X": "x", "VERBOSE": "x"}
_TIMEOUT = "timeout"
_FLAGS_OF_COMPILE = arg(1, "flags")
_GROWTH = {
    Degree.EXPONENTIAL: "exponentially with the length of the text",
    Degree.POLYNOMIAL: "with the square of the length of the text or more",
}


def _check(facts: Facts) -> Iterator[Defect]:
    yield from _validated(facts)
    yield from _searched(facts)
    compiled = [site for path in sorted(_COMPILERS) for site in facts.calls(path)]
    for site, row in facts.tabled(_MATCHERS):
        if "()" in row.api:
            patterns = [(maker, _FLAGS_OF_COMPILE) for maker in _makers(facts, site, compiled)]
            yield from _matched(facts, site, patterns, row.shown, row.arguments[0])
        else:
            yield from _matched(facts, site, [(site, row.arguments[2])], row.shown, row.arguments[1])


def _validated(facts: Facts) -> Iterator[Defect]:
    """``RegexValidator(r"^([a-z]+-?)+$")``: every value that a client sends is matched."""
    for site, row in facts.tabled(_VALIDATORS):
        texts = [text for text in site.constants(0, row.arguments[0].name) if isinstance(text, str)]
        if any(ambiguity(text, row.shown) is Degree.EXPONENTIAL for text in texts):
            yield Defect(site.instr, "the time to match a value grows exponentially with its length")


def _searched(facts: Facts) -> Iterator[Defect]:
    """Expressions of the client that a data frame or a database evaluates."""
    for site in facts.calls(*_FRAME_METHODS):
        value = site.argument(0, "pat")
        made = definition(site.unit, site.instr.args[0]) if site.instr.op == "method" else None
        if made is None or made.op != "attr" or made.extra != "str" or site.constants(None, "regex") == {False}:
            continue
        if value is not None and facts.is_untrusted(value):
            yield Defect(site.instr, "the client writes the expression that is matched", facts.trace(value))
    for unit, step in facts.steps():
        for operand in _expressions(facts, unit, step) if step.op in ("setsub", "method") else ():
            value = facts.value(unit, operand)
            if facts.is_untrusted(value):
                yield Defect(step, "the client writes the expression that the database matches", facts.trace(value))


def _expressions(facts: Facts, unit: Unit, step: Instr) -> Iterator[int]:
    if step.op == "setsub" and facts.constants(unit, step.args[1]) == {_OPERATOR}:
        yield step.args[2]
    yield from (operand for name, operand in named_operands(step) if name and _LOOKUP.search(name))


def _makers(facts: Facts, site: CallSite, compiled: list[CallSite]) -> list[CallSite]:
    """The calls of compile() that made the expression; all of them where that is not known."""
    receiver = facts.value(site.unit, site.instr.args[0]) if site.instr.op == "method" else site.receiver
    objects = receiver.objs if receiver is not None else frozenset()
    made = [maker for maker in compiled if facts.value(maker.unit, maker.instr.dst).objs & objects]
    return made or compiled


def _matched(
    facts: Facts, site: CallSite, makers: list[tuple[CallSite, Arg]], method: str, matched: Arg
) -> Iterator[Defect]:
    position = matched.position or 0
    text = site.argument(position, "string")
    if text is None or not facts.is_untrusted(text) or site.argument(None, _TIMEOUT) is not None:
        return
    if every(_is_cut(site, operand) for operand in site.operands((position,), ("string",))):
        return
    degrees = {
        degree
        for maker, told in makers
        for pattern in _patterns(facts, maker, told)
        if (degree := ambiguity(pattern, method)) is not None
    }
    if degrees:
        growth = _GROWTH[Degree.EXPONENTIAL if Degree.EXPONENTIAL in degrees else Degree.POLYNOMIAL]
        yield Defect(site.instr, f"the time to match untrusted data grows {growth}", facts.trace(text))


def _is_timed(facts: Facts, flow: Flow) -> bool:
    """Whether every search with an expression that is compiled here is told to end after some time (``regex``)."""
    made = facts.value(flow.unit, flow.instr.dst).objs
    searches = [
        site
        for site, row in facts.tabled(_MATCHERS)
        if "()" in row.api and site.receiver is not None and site.receiver.objs & made
    ]
    told = [site for site in searches if _TIMEOUT in {name for name, _ in named_operands(site.instr)}]
    return _TIMEOUT in {name for name, _ in named_operands(flow.instr)} or (bool(searches) and told == searches)


def _patterns(facts: Facts, site: CallSite, told: Arg) -> Iterator[str]:
    """The expressions that a call may be given, with its flags written into them."""
    position = told.position or 0
    letters: set[str] = set()
    if site.argument(position, "flags") is not None:
        for operand in site.operands((position,), ("flags",)):
            letters.update(_FLAGS.get(name, "") for name in facts.reads(site.unit, operand).attributes)
    flags = f"(?{''.join(sorted(letters))})" if letters - {""} else ""
    constants = site.constants(0, "pattern") or _parts(facts, site)
    for constant in sorted((text for text in constants if isinstance(text, (str, bytes))), key=repr):
        text = constant.decode("latin-1") if isinstance(constant, bytes) else constant
        yield (
            text if text.startswith("(?") and not text.startswith(("(?:", "(?P", "(?=", "(?!", "(?<")) else flags + text
        )


def _parts(facts: Facts, site: CallSite) -> frozenset[Constant]:
    """What an expression is put together from, and is slow by itself: ``"|".join(f"({rule})" for rule in RULES)``."""
    made = facts.definitions(site.unit, *site.operands((0,), ("pattern",)))
    parts = {part for step in made for part in facts.constants(site.unit, step.dst) if isinstance(part, str)}
    return frozenset(part for part in parts if ambiguity(part, "search") is Degree.EXPONENTIAL)


def _is_cut(site: CallSite, operand: int) -> bool:
    """Whether the text is a slice with a constant end."""
    made = root_of(site.unit, operand)
    return made is not None and made.op == "slice" and made.extra[1] is not None and made.extra[1] >= 0


RULE = Rule(
    cwe="CWE-1333",
    title="Inefficient regular expression",
    doc=__doc__ or "",
    fix="rewrite the expression so that each text can be cut in one way only, or test the length of the text before",
    what="pattern",
    numbers_are_harmless=False,  # a test of the length makes the text harmless
    harmless=_LITERAL,
    kinds=(Kind.REGEX,),
    guard=_is_timed,
    check=_check,
    local=True,
    is_pattern=True,
    asks=(Role.MATCHER, Role.VALIDATOR),
    watches=frozenset({*_FRAME_METHODS, "compile"}),
)
