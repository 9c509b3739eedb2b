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
- re.escape() around what the outside puts into the expression;
- the timeout of the third-party module regex.

What does not: re.compile(), a try block, another flag, a test of the text by the same expression.

How: the expression is read with the standard library's own parser. Exponential ambiguity (EDA) and infinite ambiguity
(IDA) are decided on product automata (`real/detector/ambiguity.py`), together with whether the match can still fail; no
shape of text is compared. Quadratic time counts where the repeated word has at most eight characters, and where it
comes from search() trying every start, only if the repetition takes blanks (free text).

What it cannot see: what back references and look-around add; expressions of more than eighty character classes;
expressions that are put together at run time.

Sources: as for CWE-89; the parameters of functions that nothing in the program calls, input(), web requests.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.ambiguity import Degree, ambiguity
from real.detector.callsites import CallSite
from real.detector.facts import Facts
from real.detector.flows import Defect
from real.detector.rule import Rule, Sink
from real.detector.rules._loops import root_of

# Matching function -> how it goes over the text, and which parameter of re.<function> the text is.
_MATCHERS = {
    "match": ("match", 1),
    "fullmatch": ("fullmatch", 1),
    "search": ("search", 1),
    "findall": ("search", 1),
    "finditer": ("search", 1),
    "split": ("search", 1),
    "sub": ("search", 2),
    "subn": ("search", 2),
}
_MODULES = ("re", "regex")
_PATTERN = Sink("uses it as a regular expression", (0,), ("pattern",))
_FLAGS = {"I": "i", "IGNORECASE": "i", "S": "s", "DOTALL": "s", "M": "m", "MULTILINE": "m", "X": "x", "VERBOSE": "x"}
_FLAG_POSITIONS = {**dict.fromkeys(_MATCHERS, 2), "compile": 1, "split": 3, "sub": 4, "subn": 4}
_GROWTH = {
    Degree.EXPONENTIAL: "exponentially with the length of the text",
    Degree.POLYNOMIAL: "with the square of the length of the text or more",
}


def _check(facts: Facts) -> Iterator[Defect]:
    compiled = [site for module in _MODULES for site in facts.calls(f"{module}.compile")]
    for name, (method, position) in _MATCHERS.items():
        for module in _MODULES:
            for site in facts.calls(f"{module}.{name}"):
                yield from _matched(facts, site, [site], method, position)
            for site in facts.calls(f"{module}.compile().{name}"):
                yield from _matched(facts, site, _makers(facts, site, compiled), method, position - 1)


def _makers(facts: Facts, site: CallSite, compiled: list[CallSite]) -> list[CallSite]:
    """The calls of compile() that made the expression; all of them where that is not known."""
    objects = site.receiver.objs if site.receiver is not None else frozenset()
    made = [maker for maker in compiled if facts.value(maker.unit, maker.instr.dst).objs & objects]
    return made or compiled


def _matched(facts: Facts, site: CallSite, makers: list[CallSite], method: str, position: int) -> Iterator[Defect]:
    text = site.argument(position, "string")
    if text is None or not facts.is_untrusted(text) or site.argument(None, "timeout") is not None:
        return
    if all(_is_cut(site, operand) for operand in site.operands((position,), ("string",))):
        return
    degrees = {
        degree
        for maker in makers
        for pattern in _patterns(facts, maker)
        if (degree := ambiguity(pattern, method)) is not None
    }
    if degrees:
        growth = _GROWTH[Degree.EXPONENTIAL if Degree.EXPONENTIAL in degrees else Degree.POLYNOMIAL]
        yield Defect(site.instr, f"the time to match untrusted data grows {growth}", facts.trace(text))


def _patterns(facts: Facts, site: CallSite) -> Iterator[str]:
    """The expressions that a call may be given, with its flags written into them."""
    position = _FLAG_POSITIONS[site.name]
    letters: set[str] = set()
    if site.argument(position, "flags") is not None:
        for operand in site.operands((position,), ("flags",)):
            letters.update(_FLAGS.get(name, "") for name in facts.reads(site.unit, operand).attributes)
    flags = f"(?{''.join(sorted(letters))})" if letters - {""} else ""
    constants = site.constants(0, "pattern")
    for constant in sorted((text for text in constants if isinstance(text, (str, bytes))), key=repr):
        text = constant.decode("latin-1") if isinstance(constant, bytes) else constant
        yield (
            text if text.startswith("(?") and not text.startswith(("(?:", "(?P", "(?=", "(?!", "(?<")) else flags + text
        )


def _is_cut(site: CallSite, operand: int) -> bool:
    """Whether the text is a slice with a constant end."""
    made = root_of(site.unit, operand)
    return made is not None and made.op == "slice" and isinstance(made.extra, int)


RULE = Rule(
    cwe="CWE-1333",
    title="Inefficient regular expression",
    doc=__doc__ or "",
    fix="rewrite the expression so that each text can be cut in one way only, or test the length of the text before",
    what="pattern",
    numbers_are_harmless=False,  # a test of the length makes the text harmless
    sanitizers=frozenset({"re.escape", "regex.escape"}),
    calls={f"{module}.{name}": _PATTERN for module in _MODULES for name in ("compile", *_MATCHERS)},
    check=_check,
)
