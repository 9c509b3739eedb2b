"""CWE-347: Improper verification of cryptographic signature (https://cwe.mitre.org/data/definitions/347.html)

What: data come with a signature, and the program uses the data without verifying it, or switches the verification off.

Why: a signature that nobody compares protects nothing: whoever can send data can also send a wrong signature.

The sensitive operation: a function that is given a signature, or reads one from a header, returns a result or says that
all is well. The check: a test of the signature against something else that decides whether that is reached, or a call
that takes it and raises.

Bad:
    def load(document_id, signature):
        return DOCUMENTS[document_id]

    claims = jwt.decode(token, options={"verify_signature": False})

    hmac.compare_digest(expected, signature)  # what it returns is thrown away

Good:
    def load(document_id, signature):
        expected = hmac.new(KEY, document_id.encode(), "sha256").hexdigest()
        if not hmac.compare_digest(expected, signature):
            raise ValueError("not signed by us")
        return DOCUMENTS[document_id]

    claims = jwt.decode(token, KEY, algorithms=["HS256"])

What silences it:
- a comparison of the signature with another value, one of whose outcomes rules out the result;
- passing it to a function whose result is tested, or to a library function that raises when it is wrong;
- storing or returning the signature itself: such a function does not verify but keep it;
- a key and a list of algorithms for jwt.decode().

Also reported: a certificate that is accepted for the names in it, a server whose certificate is not verified
(verify=False, CERT_NONE), a download that is run or unpacked as it is, the message of a webhook in a program that
compares nothing, jwt.decode() without a list of algorithms, with HMAC beside public keys or with the algorithm that the
token's own header names, a key that the token brings, one key for HMAC and public keys in a verification of the
program's own, tokens that may say "none", a cookie that says who somebody is in a program that
verifies nothing, the beginning of a signature or a hash without a key taken for it, a host key or host name that is
not checked, gpg --verify whose answer is dropped, claims that are read from a token by hand in a program that verifies
nothing, and an exception of verify() that is caught before the work goes on.

What does not: a test that a signature is there, of its length or type; logging it; a comparison with itself; the
algorithm "none"; catching the exception of verify() and going on.

Sources: https://pyjwt.readthedocs.io/en/stable/api.html, https://docs.python.org/3/library/hmac.html,
https://cryptography.io/en/latest/hazmat/primitives/asymmetric/, https://itsdangerous.palletsprojects.com,
https://pycryptodome.readthedocs.io/en/latest/src/signature/signature.html, https://python-jose.readthedocs.io
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.called_names import called_words
from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.slices import Reads
from real.detector.analysis.values import Constant
from real.detector.analysis.witness import every
from real.detector.ir.definitions import is_loaded
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.rule import Rule
from real.detector.rules._caught import prepares, results, swallowed
from real.detector.rules._self_verified import key_of_token, own_verifications
from real.detector.rules._server_identity import unknown_hosts, untrusted_servers
from real.detector.rules._signature_tests import weak_comparisons
from real.detector.rules._trust import (
    ignored_answers,
    is_given_something,
    named_certificates,
    proves_something,
    unsigned_callbacks,
    unverified_downloads,
)
from real.detector.vocabulary import SIGNATURE_WORDS, words

_DECODINGS = names("b64decode urlsafe_b64decode standard_b64decode base64url_decode")
_SPLITS = frozenset({"split", "rsplit", "partition", "rpartition"})
_ASYMMETRIC = frozenset({"RS", "ES", "PS", "Ed"})
_KEEPING = frozenset({"return", "setattr", "setsub", "setcell", "yield"})
# Words in the names of a value that is a signature; a mask, a sign of a number and a signal are not.
_OTHERWISE = names("frame signum")  # beside these, `sig` is a signal


def _check(facts: Facts) -> Iterator[Defect]:
    for site in facts.calls(*calls_of(Role.UNVERIFIED)):
        yield Defect(site.instr, f"{site.name}() reads the data without verifying their signature")
    for site in facts.calls(*calls_of(Role.TOKEN_DECODER)):
        why = _is_switched_off(facts, site)
        if why is not None:
            yield Defect(site.instr, why)
    for site in facts.calls(*_answering()):
        if not _is_read(facts, site.unit, site.instr):
            yield Defect(site.instr, f"what {site.name}() answers is thrown away")
    yield from _taken_apart(facts)
    yield from own_verifications(facts)
    yield from weak_comparisons(facts)
    yield from unknown_hosts(facts, proves=proves_something(facts))
    yield from ignored_answers(facts)
    yield from untrusted_servers(facts)
    yield from named_certificates(facts)
    yield from unverified_downloads(facts)
    yield from unsigned_callbacks(facts)
    for unit in facts.functions:
        yield from swallowed(facts, unit)
        yield from _unverified_headers(facts, unit)
        if facts.is_open(unit):
            yield from _unverified_parameters(facts, unit)


def _answering() -> frozenset[str]:
    """Calls that answer with a truth value, so that dropping the answer is dropping the check."""
    return frozenset((*calls_of(Role.EQUALITY), *calls_of(Role.ANSWER)))


def _is_switched_off(facts: Facts, site: CallSite) -> str | None:
    if site.constants(None, "verify") == {False} or (site.name == "decode" and False in site.constants(2, None)):
        return "verify=False accepts every signature"
    options = site.argument(None, "options")
    for obj in options.objs if options is not None else ():
        for name in ("verify_signature", "verify"):
            value = obj.fields.get(name)
            if value is not None and value.consts and not any(value.consts):
                return f'the option "{name}" accepts every signature'
    return _is_confused(facts, site) or key_of_token(facts, site)


def _is_confused(facts: Facts, site: CallSite) -> str | None:
    """Why the token itself may choose how it is verified."""
    algorithms = site.argument(2, "algorithms")
    if algorithms is not None and any(
        isinstance(name, str) and name.lower() == "none" for name in facts.elements(algorithms)
    ):
        return 'the algorithm "none" needs no signature'
    if algorithms is None and site.args.rest is None and len(site.args.pos) + len(site.args.named) > 1:
        return "no list of algorithms: the token says by which one it is to be verified"
    names_known = (
        {name for name in facts.elements(algorithms) if isinstance(name, str)} if algorithms is not None else set()
    )
    if any(name.startswith("HS") for name in names_known) and any(name[:2] in _ASYMMETRIC for name in names_known):
        return "with HMAC beside public keys, the public key is a secret that everybody knows"
    for operand in site.operands((2,), ("algorithms",)) if algorithms is not None else ():
        if facts.reads(site.unit, operand).calls & calls_of(Role.TOKEN_HEADER).keys():
            return "the token itself says by which algorithm it is to be verified"
    return None


def _taken_apart(facts: Facts) -> Iterator[Defect]:
    """``json.loads(base64.urlsafe_b64decode(token.split(".")[1]))``: claims that nobody signed for all we know."""
    sites = facts.calls(*calls_of(Role.JSON_PARSER))
    if not sites or any(
        _mentions_verification(facts, unit, step) for unit in facts.units for step in facts.instructions(unit)
    ):
        return
    for site in sites:
        reads = facts.reads(site.unit, site.instr.args[-1]) if len(site.instr.args) > 1 else Reads()
        decoded = bool(reads.called & _DECODINGS)
        if decoded and reads.calls & _SPLITS and "." in reads.constants | reads.keys:
            yield Defect(site.instr, "the claims are read from the token, and nothing verifies its signature")


def _mentions_verification(facts: Facts, unit: Unit, step: Instr) -> bool:
    """A call that verifies what was handed in; a function of the program counts by what it does, not by its name."""
    if step.op not in ("call", "method") or facts.called(step):
        return False
    said = any("verify" in name or "digest" in name for name in called_words(facts, unit, step))
    said = said or bool(facts.library_names(unit, step) & calls_of(Role.MAC).keys())
    return said and is_given_something(facts, unit, step)


def _unverified_headers(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """``request.headers["X-Signature"]`` that is read, looked at, and compared with nothing."""
    for step in facts.instructions(unit):
        is_get = step.op == "method" and step.extra[0] == "get" and len(step.args) > 1
        if not (is_get or step.op == "sub"):
            continue
        keys = facts.constants(unit, step.args[1])
        holder = facts.reads(unit, step.args[0])
        if "headers" not in holder.attributes or not any(
            isinstance(key, str) and words(key.replace("-", "_")) & SIGNATURE_WORDS for key in keys
        ):
            continue
        if not _is_handed_on(facts, unit, step):
            yield Defect(step, "the signature is read, but not compared with anything")
        elif _is_optional(facts, unit, step):
            yield Defect(step, "a message without a signature passes, too")


def _is_optional(facts: Facts, unit: Unit, step: Instr) -> bool:
    """``if signature: verify(signature)``: verified where it is there, and the work goes on where it is not."""

    def is_presence(atom: Atom, reads: Reads) -> bool:
        del reads
        if atom.instr is step:
            return atom.sense is True  # the header itself, as a truth value
        if atom.unit is not unit or step not in facts.definitions(unit, *atom.operands):
            return False
        if atom.op in ("NotEq", "IsNot"):
            return any(side and not any(side) for side in (facts.constants(unit, arg) for arg in atom.operands))
        return atom.op == "truth" and atom.sense is True

    tests = [
        other
        for other in facts.instructions(unit)
        if other.op in ("compare", "call", "method")
        and (_answers(facts, unit, other) or (other.op == "compare" and other.extra[0] in ("Eq", "NotEq")))
        and step in facts.definitions(unit, *other.args)
    ]
    found = results(facts, unit)
    return (
        bool(tests and found)
        and every(
            any(is_presence(atom, Reads()) for atom in facts.controlling_tests(unit, test) if atom.necessary)
            for test in tests
            if test.op != "compare" or not any(side and not any(side) for side in _sides(facts, unit, test))
        )
        and not any(facts.is_prevented(unit, result, found, is_presence) for result in found)
    )


def _sides(facts: Facts, unit: Unit, compare: Instr) -> list[frozenset[Constant]]:
    return [facts.constants(unit, arg) for arg in compare.args]


def _is_handed_on(facts: Facts, unit: Unit, step: Instr) -> bool:
    """Whether a value is compared with another, or given to something that may verify it."""
    same = {step.dst}
    for instr in facts.instructions(unit):
        if same.isdisjoint(instr.args):
            continue
        if instr.op == "compare":
            sides = [facts.constants(unit, arg) for arg in instr.args]
            if not any(side and not any(side) for side in sides):
                return True
        elif instr.op in _KEEPING:
            if instr.op != "setcell" or is_loaded(facts.units, instr):
                return True
        elif instr.op in ("call", "method") and not prepares(facts, unit, instr):
            return True
        elif instr.op not in ("branch", "unary"):
            same.add(instr.dst)
    return False


def _is_read(facts: Facts, unit: Unit, call: Instr) -> bool:
    """Whether anything uses the result of a call."""
    return any(
        (call.dst in other.args and other.op not in ("assign", "pi"))
        or (other.op in ("assign", "pi") and call.dst in other.args[:1] and _is_read(facts, unit, other))
        for other in facts.instructions(unit)
        if other is not call
    )


def _unverified_parameters(facts: Facts, unit: Unit) -> Iterator[Defect]:
    params = (*unit.params.positional, *unit.params.kwonly)
    if {name.lower() for name in params} & _OTHERWISE:
        return
    for name in params:
        if words(name) & SIGNATURE_WORDS and len(params) > 1:
            found = results(facts, unit)
            if found and not _is_kept(facts, unit, name) and not _is_verified(facts, unit, name, found):
                yield Defect(found[0], f"{unit.name}() answers whatever `{name}` is")
                return


def _is_kept(facts: Facts, unit: Unit, name: str) -> bool:
    """Whether the signature is stored, returned, or given to something that may verify it for all we know."""
    tainted: set[int] = set()
    for instr in facts.instructions(unit):
        if instr.op == "param" and instr.extra == name:
            tainted.add(instr.dst)
        elif instr.op == "return" and instr.args[0] in tainted:
            return True
        elif instr.op != "return" and not tainted.isdisjoint(instr.args):
            if instr.op in ("setattr", "setsub", "yield", "setcell"):
                return True
            if instr.op == "add":
                tainted.add(instr.args[0])
            if instr.op in ("call", "method") and not prepares(facts, unit, instr):
                if not facts.called(instr) and not _answers(facts, unit, instr):
                    return True
                continue
            if instr.op not in ("compare", "branch", "unary"):
                tainted.add(instr.dst)
    return False


def _answers(facts: Facts, unit: Unit, instr: Instr) -> bool:
    return bool(facts.library_names(unit, instr) & _answering())


def _is_verified(facts: Facts, unit: Unit, name: str, found: list[Instr]) -> bool:
    """Whether a comparison of the signature with something else decides which result there is."""

    def compares(atom: Atom, reads: Reads) -> bool:
        if name not in reads.params or facts.is_existence_test(atom):
            return False
        if atom.op in ("Eq", "NotEq", "In", "NotIn"):
            return _is_comparison(facts, atom, reads)
        return atom.op == "call" and not prepares(facts, atom.unit, atom.instr)

    for result in found:
        same = facts.constants(unit, result.args[0])
        alike = [other for other in found if facts.constants(unit, other.args[0]) == same]
        if facts.is_prevented(unit, result, alike, compares):
            return True
        if any(_compares_value(facts, unit, instr, name) for instr in facts.definitions(unit, result.args[0])):
            return True
    return False


def _compares_value(facts: Facts, unit: Unit, instr: Instr, name: str) -> bool:
    """Whether the result itself is the outcome of a comparison with the signature (``return a == signature``)."""
    if instr.op not in ("compare", "call", "method") or name not in facts.reads(unit, instr.dst).params:
        return False
    return instr.op == "compare" or not prepares(facts, unit, instr)


def _is_comparison(facts: Facts, atom: Atom, reads: Reads) -> bool:
    """Whether the signature itself is compared, with something that is not empty."""
    if reads.calls & {"builtins.len", "builtins.type", "builtins.isinstance"}:
        return False
    sides = [facts.constants(atom.unit, operand) for operand in atom.operands]
    return not any(side and not any(side) for side in sides)


RULE = Rule(
    cwe="CWE-347",
    title="Improper verification of a signature",
    doc=__doc__ or "",
    fix="compute or load the expected signature, compare with hmac.compare_digest(), and stop if they differ",
    numbers_are_harmless=False,
    tests_prove=False,
    check=_check,
    asks=(
        *(Role.UNVERIFIED, Role.TOKEN_DECODER, Role.EQUALITY, Role.ANSWER, Role.SERVER_CHECK, Role.NO_VERIFICATION),
        *(Role.HOST_KEY_CHECK, Role.DOWNLOAD, Role.SAVED_DOWNLOAD, Role.RUNS_FILE, Role.STARTS, Role.JSON_PARSER),
    ),
)
