"""What CWE-347 takes for trusted without proof: certificates by their names, servers by none, downloads, callbacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from real.detector.analysis.called_names import called_words, named_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.endpoints import app_of, is_handler
from real.detector.concepts.hashes import hashes
from real.detector.concepts.permissions import level_of
from real.detector.ir.definitions import definition, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.vocabulary import ADDRESS_WORDS, EVENT_HEADERS, PROVING_WORDS, REQUEST_BODIES, SIGNATURE_WORDS, words

# Calls of these names verify, or prepare a verification.
_PROOF_WORDS = PROVING_WORDS | SIGNATURE_WORDS - {"sign", "sig"}
_UNPACKERS = ("extractall",)
_CALLBACK_WORDS = names("webhook webhooks hook")
_DECORATED = last_names(Role.LOGIN, Role.PERMISSION) | {"jwt_required", "authentication_classes", "permission_classes"}


def proves_something(facts: Facts) -> bool:
    """Whether the program anywhere calls something that verifies, or hashes what was handed in to compare it.

    A function of the program counts by what it does, whatever its name, and a hash of constants proves nothing.
    """
    return facts.shared(_is_proving)


def _is_proving(facts: Facts) -> bool:
    return any(_proves(facts, unit, step) for unit, step in facts.steps())


def _proves(facts: Facts, unit: Unit, step: Instr) -> bool:
    if step.op not in ("call", "method") or facts.called(step):
        return False
    paths = facts.library_names(unit, step)
    if paths & (hashes() - calls_of(Role.WEAK_HASH).keys()) or paths & calls_of(Role.WEBHOOK_CHECK).keys():
        return is_given_something(facts, unit, step)
    if paths & (calls_of(Role.MAC).keys() | calls_of(Role.EQUALITY).keys()):
        return is_given_something(facts, unit, step)
    return any(words(name) & _PROOF_WORDS or "verify" in name.lower() for name in named_words(facts, unit, step))


def is_given_something(facts: Facts, unit: Unit, step: Instr) -> bool:
    """Whether a call is given what was handed in, and not constants only."""
    reads = (facts.reads(unit, arg) for arg in step.args[1:])
    return any(read.origins or read.params for read in reads)


def ignored_answers(facts: Facts) -> Iterator[Defect]:
    """``subprocess.run(["gpg", "--verify", signature, package])``, whose answer nobody looks at."""
    for site, row in facts.tabled(calls_of(Role.STARTS)):
        (argument,) = row.arguments
        value = site.argument(argument.position, argument.name)
        told = {str(part) for part in facts.elements(value)} if value is not None else set()
        if not any("--verify" in part or part == "-verify" for part in told):
            continue
        read = any(site.instr.dst in other.args for other in facts.instructions(site.unit) if other is not site.instr)
        if site.constants(None, "check") != {True} and not read:
            yield Defect(site.instr, "what the verification answers is thrown away")


def named_certificates(facts: Facts) -> Iterator[Defect]:
    """``certificate.issuer == ca.subject``: everybody can write that name into a certificate of their own."""
    if proves_something(facts):
        return
    loads = any(
        called_words(facts, unit, step) & last_names(Role.CERTIFICATE) for unit, step in facts.steps("call", "method")
    )
    for unit in facts.functions if loads else ():
        for step in facts.instructions(unit, "compare"):
            if step.extra[0] not in ("Eq", "NotEq", "In", "NotIn"):
                continue
            reads = [facts.reads(unit, arg) for arg in step.args]
            if any((read.attributes | read.calls) & last_names(Role.NAME_IN_CERTIFICATE) for read in reads):
                yield Defect(
                    step, "the certificate is accepted for the names in it, and nothing verifies its signature"
                )
                return


def unverified_downloads(facts: Facts) -> Iterator[Defect]:
    """A file that is fetched, and then run or unpacked, with nothing that compares its digest or signature."""
    if proves_something(facts):
        return
    fetched: set[object] = set()
    for unit, step in facts.steps():
        if facts.library_names(unit, step) & calls_of(Role.DOWNLOAD).keys():
            fetched.add((unit, step))
    if not fetched:
        return
    files = {key for unit in facts.units for key in _written(facts, unit)}
    for site in facts.calls(*calls_of(Role.RUNS_FILE), *_UNPACKERS):
        for operand in site.instr.args:
            if _keys_of(facts, site.unit, operand) & files:
                yield Defect(
                    site.instr, "what was downloaded is run or unpacked, and nothing verifies where it is from"
                )
                return


def _written(facts: Facts, unit: Unit) -> Iterator[object]:
    """The names of files into which a download goes."""
    for step in facts.instructions(unit):
        called = facts.library_names(unit, step)
        if called & calls_of(Role.SAVED_DOWNLOAD).keys():
            for arg in step.args[2:]:
                yield from _keys_of(facts, unit, arg)
        elif step.op == "method" and step.extra[0] in ("write", "write_bytes") and len(step.args) > 1:
            reads = facts.reads(unit, step.args[1])
            fetched = last_names(Role.DOWNLOAD) | {"iter_content"}
            if any(call.rpartition(".")[2] in fetched and "." in call for call in reads.calls):
                yield from _keys_of(facts, unit, step.args[0])
        elif called & calls_of(Role.COPIES_FILE).keys() and len(step.args) > 2:
            yield from _keys_of(facts, unit, step.args[2])


def _keys_of(facts: Facts, unit: Unit, operand: int) -> set[object]:
    """What tells a file apart: constant names, and the variables from which the name is made."""
    reads = facts.reads(unit, operand)
    texts = {text for text in reads.constants if isinstance(text, str) and len(text) > 3 and "." in text}
    params = {(unit, name) for name in reads.params if name != "self"}
    made = {(unit, root(unit, operand))} if definition(unit, operand) is not None else set()
    roots = {
        (unit, step.dst)
        for step in facts.definitions(unit, operand)
        if step.op in ("call", "method", "binop", "fstring")
    }
    return {*texts, *params, *made, *roots}


def unsigned_callbacks(facts: Facts) -> Iterator[Defect]:
    """A view that acts on the messages of a webhook, in a program that compares no signature or secret."""
    if proves_something(facts):
        return
    for unit in facts.functions:
        declared = facts.declarations(unit)
        routes = {str(text) for text in declared.constants if isinstance(text, str) and text.startswith("/")}
        if not (is_handler(facts, unit) and facts.is_open(unit)) or declared.words & _DECORATED:
            continue
        if any(level_of(facts, app_of(facts), name, unit) for name in (*declared.names, *declared.calls)):
            continue  # its callers are known people
        if _is_proved_elsewhere(facts, unit):
            continue
        named = words(unit.name) | {word for route in routes for word in words(route)}
        if not (named & _CALLBACK_WORDS or _reads_event(facts, unit)):
            continue
        steps = list(facts.instructions(unit))
        reads_body = any(
            str(step.extra[0] if step.op == "method" else step.extra) in (REQUEST_BODIES | {"POST", "form", "read"})
            for step in steps
            if step.op in ("attr", "method")
        )
        asked = (facts.reads(unit, step.args[0]) for step in steps if step.op == "branch")
        checks = any("headers" in read.attributes and not _names_event(read.keys) for read in asked)
        if reads_body and not checks and (_reads_event(facts, unit) or not _takes_address(facts, unit)):
            yield Defect(
                steps[0] if steps[0].line else _first(steps), "the message is not signed, and everybody can send one"
            )


def _reads_event(facts: Facts, unit: Unit) -> bool:
    """Whether a view reads a header in which a service says what happened: it gets messages of that service."""
    keys = (step.args[1] for step in facts.instructions(unit, "sub", "method") if len(step.args) > 1)
    return _names_event({*unit.params.names, *(name for key in keys for name in facts.constants(unit, key))})


def _names_event(keys: Iterable[object]) -> bool:
    return any(str(key).lower().replace("_", "-").removeprefix("http-") in EVENT_HEADERS for key in keys)


def _is_proved_elsewhere(facts: Facts, unit: Unit) -> bool:
    """``@require_signature``, ``Depends(verify_hook)``: something of another file that says that it proves."""
    own = {function.name for function in facts.functions}
    around = [facts.declarations(unit), *facts.defaults(unit).values()]
    named = {name.rpartition(".")[2].removesuffix("()") for reads in around for name in (*reads.names, *reads.calls)}
    return any(words(name) & (_PROOF_WORDS | {"validate", "validated"}) for name in named - own)


def _takes_address(facts: Facts, unit: Unit) -> bool:
    """A view that is told where to send something: the webhook is that of another program."""
    for step in facts.instructions(unit):
        key = step.args[1] if step.op == "sub" or (step.op == "method" and step.extra[0] == "get") else None
        if len(step.args) > 1 and isinstance(key, int):
            keys = {str(k) for k in facts.constants(unit, key)}
            if any(words(k) & ADDRESS_WORDS for k in keys):
                return True
    return False


def _first(steps: list[Instr]) -> Instr:
    return next((step for step in steps if step.line and step.col), steps[0])
