"""CWE-327: Use of a broken or risky cryptographic algorithm (https://cwe.mitre.org/data/definitions/327.html)

What: a hash, cipher, mode, key size or protocol that is known to be breakable is used, or the outside may choose one.

Why: collisions of MD5 and SHA-1 can be bought, DES and RC4 keys can be searched, ECB shows which blocks of a message
are equal, RSA keys below 2048 bits can be factored: who breaks the algorithm needs no other hole.

Bad:
    digest = hashlib.md5(message).hexdigest()
    hasher = hashlib.new(request.args["algorithm"], message)

Good:
    digest = hashlib.sha256(message).hexdigest()
    if name not in {"sha256", "sha512"}:
        raise ValueError(name)
    hasher = hashlib.new(name, message)

Also reported: RSA encryption with the padding of PKCS #1 v1.5; a nonce or initialisation vector that is written in the
program, made from the key or from what stays the same, or drawn once for all messages; passwords, tokens, salts and
nonces from the module random, uuid1() or the hash of the time; passwords that are hashed fast (any SHA, once), with
fewer than 10,000 rounds of PBKDF2, a low cost of bcrypt, scrypt or Argon2, or with one salt for all or one made from a
name; versions or ciphers of TLS that are broken, whoever is asked for them; the key that signs sessions as the salt of
Hashids, which can be computed from its results; exclusive or with a repeated key and encodings in functions that say
that they encrypt; tokens with the algorithm "none".

What silences it:
- os.urandom(), secrets, random.SystemRandom();
- an algorithm of today: SHA-2, SHA-3, BLAKE2, AES in GCM, CTR, CBC or EAX, RSA from 2048 bits, TLS 1.2;
- a slow function for the password anywhere in the program: bcrypt, scrypt, Argon2, PBKDF2, a library's own;
- usedforsecurity=False, which says that the hash is a checksum;
- an allow-list of strong algorithms, tested on every way to the call.

What does not: a test that the name is in hashlib.algorithms_available, which holds MD5 too; a longer salt; another name
or getattr() for the same algorithm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.callsites import library_paths
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow
from real.detector.ir.definitions import definition
from real.detector.models.catalogue import calls_of, tables
from real.detector.models.kinds import Kind, Role
from real.detector.rule import Rule
from real.detector.rules._hash_purposes import protects
from real.detector.rules._homemade import own_ciphers
from real.detector.rules._nonces import nonces
from real.detector.rules._passwords import password_hashes
from real.detector.rules._reversible import reversible_keys
from real.detector.rules._tls import TLS_CALLS, tls_settings
from real.detector.rules._tokens import guessable

# Names as hashlib.new(), hmac.new() and OpenSSL take them, in lower case without separators.
_WEAK_NAMES = frozenset(
    {"md2", "md4", "md5", "mdc2", "md5sha1", "sha", "sha0", "sha1", "ripemd", "ripemd160", "rmd160"}
)
_HASHES = {api.rpartition(".")[0] for api in calls_of(Role.FAST_HASH)}
_MIN_KEY_SIZE = 2048
_ECB = 1  # the number of the mode in PEP 272
_WEAK_HASHERS = ("MD5PasswordHasher", "SHA1PasswordHasher", "CryptPasswordHasher")  # of Django's settings
_WEAK_SCHEMES = re.compile(
    r"^(?:plain|plaintext|hex_md5|hex_sha1|md5|sha1|md5_crypt|sha1_crypt|des_crypt|lmhash|nthash|ldap_md5|ldap_sha1)$|:(?:md5|sha1)\b"
)


def _is_weak(name: object) -> bool:
    return isinstance(name, str) and _plain(name) in _WEAK_NAMES


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _check(facts: Facts) -> Iterator[Defect]:
    weak_hashes = calls_of(Role.WEAK_HASH)
    for site, row in (*facts.tabled(weak_hashes), *facts.tabled(calls_of(Role.WEAK_CIPHER))):
        if site.constants(None, "usedforsecurity") != frozenset((False,)):
            is_any = site.path in weak_hashes and not protects(facts, site)
            yield Defect(site.instr, f"{row.shown} is broken", is_disputed=is_any)
    for site, choice in facts.tabled(tables((Kind.ALGORITHM,)).calls):
        (argument,) = choice.arguments
        weak = [str(name) for name in site.constants(argument.position, argument.name) if _is_weak(name)]
        chosen = site.paths(argument.position, argument.name)
        weak += [weak_hashes[path].shown for path in chosen if path in weak_hashes]
        if weak and site.constants(None, "usedforsecurity") != frozenset((False,)):
            # A code made with a key needs no hash without collisions: NIST SP 800-131A allows HMAC with SHA-1.
            is_allowed = site.path in calls_of(Role.MAC) and {_plain(name) for name in weak} == {"sha1"}
            is_any = site.path not in calls_of(Role.MAC) and not protects(facts, site)
            yield Defect(site.instr, f"{min(weak)} is broken", is_disputed=is_allowed or is_any)
    for site, row in facts.tabled(calls_of(Role.KEY_SIZE)):
        (argument,) = row.arguments
        sizes = [size for size in site.usual(argument.position, argument.name, int) if isinstance(size, int)]
        if sizes and min(sizes) < _MIN_KEY_SIZE:
            yield Defect(site.instr, f"a key of {min(sizes)} bits can be broken")
    for site, row in facts.tabled(calls_of(Role.CIPHER_MODE)):
        (mode,) = row.arguments
        paths = site.paths(mode.position, mode.name)
        if _ECB in site.constants(mode.position, mode.name) or paths & calls_of(Role.WEAK_MODE).keys():
            yield Defect(site.instr, "ECB mode shows which blocks of the message are equal")
    yield from _paddings(facts)
    yield from nonces(facts)
    yield from password_hashes(facts)
    yield from guessable(facts)
    yield from own_ciphers(facts)
    yield from _unsigned_tokens(facts)
    yield from tls_settings(facts)
    yield from reversible_keys(facts)
    yield from _schemes(facts)
    yield from _chosen_functions(facts)


def _paddings(facts: Facts) -> Iterator[Defect]:
    """``key.encrypt(message, padding.PKCS1v15())``; for signatures the padding is no weakness of its own."""
    weak = {f"{api}()" for api in calls_of(Role.WEAK_PADDING)}
    for site in facts.calls("encrypt", "decrypt"):
        if any(library_paths(value) & weak for value in site.args.everything()):
            yield Defect(site.instr, "RSA with the padding of PKCS #1 v1.5 tells what was encrypted")


def _schemes(facts: Facts) -> Iterator[Defect]:
    """``CryptContext(schemes=["md5_crypt"])``, ``PASSWORD_HASHERS = ["...MD5PasswordHasher"]``."""
    module = facts.units[0]
    for step in facts.instructions(module):
        name = step.extra[1] if step.op == "setcell" else step.extra if step.op == "assign" else None
        if name == "PASSWORD_HASHERS":
            made = definition(module, step.args[0])
            preferred = facts.constants(module, made.args[0]) if made is not None and made.op == "build" else ()
            if any(str(text).endswith(_WEAK_HASHERS) for text in preferred):
                yield Defect(step, "passwords are stored as hashes that are tried fast")
    for site, row in facts.tabled(calls_of(Role.PASSWORD_SCHEME)):
        (argument,) = row.arguments
        value = site.argument(argument.position, argument.name)
        schemes = [str(text) for text in facts.elements(value)] if value is not None else []
        weak = sorted(text for text in schemes if _WEAK_SCHEMES.search(text))
        if weak:
            yield Defect(site.instr, f"{weak[0]} is broken")


def _unsigned_tokens(facts: Facts) -> Iterator[Defect]:
    """``jwt.encode(claims, None, algorithm="none")``."""
    for site, row in facts.tabled(calls_of(Role.TOKEN_ENCODER)):
        (algorithm,) = row.arguments
        named = site.constants(algorithm.position, algorithm.name)
        if any(isinstance(name, str) and name.lower() == "none" for name in named):
            yield Defect(site.instr, 'the algorithm "none" signs nothing')


def _chosen_functions(facts: Facts) -> Iterator[Defect]:
    """``getattr(hashlib, name)(message)`` with a name from outside."""
    for unit, instr in facts.steps("call"):
        function = facts.value(unit, instr.args[0])
        if not library_paths(function) & _HASHES or not facts.is_untrusted(function):
            continue
        if not facts.is_guarded(unit, instr, instr.args[:1], lambda atom, _: _is_allow_list(facts, atom)):
            yield Defect(instr, "the outside chooses the algorithm", facts.trace(function))


def _is_allow_list(facts: Facts, atom: Atom) -> bool:
    """The name is one of those in a container, or is one constant, and no broken algorithm is among them."""
    if atom.op not in ("In", "Eq"):
        return False
    allowed = facts.value(atom.unit, atom.operands[1])
    if facts.is_untrusted(allowed) or library_paths(allowed) & calls_of(Role.EVERY_HASH).keys():
        return False
    return not any(_is_weak(name) for name in facts.elements(allowed))


def _is_guarded(facts: Facts, flow: Flow) -> bool:
    return facts.is_guarded(flow.unit, flow.instr, flow.operands, lambda atom, _: _is_allow_list(facts, atom))


RULE = Rule(
    cwe="CWE-327",
    title="Broken or risky cryptographic algorithm",
    doc=__doc__ or "",
    fix="use SHA-256 or better, AES-GCM, RSA from 2048 bits, TLS 1.2; take algorithm names from a constant allow-list",
    what="algorithm",
    kinds=(Kind.ALGORITHM,),
    no_allow_list=frozenset(calls_of(Role.EVERY_HASH)),
    choice_matters=True,
    guard=_is_guarded,
    check=_check,
    local=True,
    is_pattern=True,
    asks=(
        *(Role.WEAK_HASH, Role.WEAK_CIPHER, Role.FAST_HASH, Role.KEY_SIZE, Role.NONCE, Role.COUNTER, Role.GUESSABLE),
        *(Role.PASSWORD_HASH, Role.PASSWORD_COST, Role.PASSWORD_SALT, Role.PASSWORD_SCHEME, Role.PASSWORD_ROUNDS),
        *(Role.TAKES_KEY, Role.CIPHER_MODE, Role.MACHINE_ID, Role.REVERSIBLE, Role.TOKEN_ENCODER),
    ),
    watches=frozenset({"encrypt", "decrypt", *TLS_CALLS}),
)
