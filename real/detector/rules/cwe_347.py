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

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.witness import every
from real.detector.ir.definitions import definition, ends_in_exception
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.rule import Rule
from real.detector.rules._caught import swallowed
from real.detector.rules._self_verified import own_verifications
from real.detector.rules._server_identity import unknown_hosts, untrusted_servers
from real.detector.rules._signature_tests import weak_comparisons
from real.detector.rules._token_decoding import is_switched_off, taken_apart
from real.detector.rules._trust import (
    ignored_answers,
    named_certificates,
    proves_something,
    unsigned_callbacks,
    unverified_downloads,
)
from real.detector.rules._unverified import answering, unverified_headers, unverified_parameters


def _check(facts: Facts) -> Iterator[Defect]:
    for site in facts.calls(*calls_of(Role.UNVERIFIED)):
        yield Defect(site.instr, f"{site.name}() reads the data without verifying their signature")
    for site in facts.calls(*calls_of(Role.TOKEN_DECODER)):
        why = is_switched_off(facts, site)
        if why is not None:
            yield Defect(site.instr, why)
    for site in facts.calls(*answering()):
        if not _is_read(facts, site.unit, site.instr):
            yield Defect(site.instr, f"what {site.name}() answers is thrown away")
    for unit, step in facts.steps("call", "method"):
        checked = next((callee for callee in facts.called(step) if _answers(facts, callee)), None)
        if checked is not None and not _is_read(facts, unit, step):
            yield Defect(step, f"what {checked.name}() answers is thrown away")
    yield from taken_apart(facts)
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
        yield from unverified_headers(facts, unit)
        if facts.is_open(unit):
            yield from unverified_parameters(facts, unit)


def _answers(facts: Facts, unit: Unit) -> bool:
    """Whether all that a function does with the answer of a comparison is to return it."""
    returned = [definition(unit, step.args[0]) for step in facts.instructions(unit, "return")]
    compared = [made for made in returned if made is not None and facts.library_names(unit, made) & answering()]
    plain = (made in compared or (made is not None and made.op == "const") for made in returned)
    return bool(compared) and every(plain) and not any(ends_in_exception(block) for block in unit.blocks)


def _is_read(facts: Facts, unit: Unit, call: Instr) -> bool:
    """Whether anything uses the result of a call."""
    return any(
        (call.dst in other.args and other.op not in ("assign", "copy", "pi"))
        or (other.op in ("assign", "copy", "pi") and call.dst in other.args[:1] and _is_read(facts, unit, other))
        for other in facts.instructions(unit)
        if other is not call
    )


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
        Role.SERVES,
    ),
    watches=frozenset({"extractall"}),
)
