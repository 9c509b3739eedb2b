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
from real.detector.analysis.slices import Reads
from real.detector.ir.definitions import definition
from real.detector.models.catalogue import calls_of, tables
from real.detector.models.kinds import Kind, Role
from real.detector.rule import Rule
from real.detector.rules._homemade import own_ciphers
from real.detector.rules._nonces import nonces
from real.detector.rules._passwords import password_hashes
from real.detector.rules._reversible import REVERSIBLE, reversible_keys
from real.detector.rules._tls import TLS_CALLS, tls_settings
from real.detector.rules._tokens import guessable

# Names as hashlib.new(), hmac.new() and OpenSSL take them, in lower case without separators.
_WEAK_NAMES = frozenset(
    {"md2", "md4", "md5", "mdc2", "md5sha1", "sha", "sha0", "sha1", "ripemd", "ripemd160", "rmd160"}
)
# Calls and library names that are a broken algorithm, whatever their arguments.
_WEAK_HASHES = {api: row.shown for api, row in calls_of(Role.WEAK_HASH).items()}

_WEAK_CALLS = {**_WEAK_HASHES, **{api: row.shown for api, row in calls_of(Role.WEAK_CIPHER).items()}}
_ECB_CALLS = frozenset({"Crypto.Cipher.AES.new", "Cryptodome.Cipher.AES.new"})
_ECB_MODE = 1  # Crypto.Cipher.AES.MODE_ECB
# Call -> where the size of the key is.
_KEY_SIZES = {api: (row.arguments[0].position, row.arguments[0].name) for api, row in calls_of(Role.KEY_SIZE).items()}
_MIN_KEY_SIZE = 2048
# Call -> where the algorithm is chosen, by name or by a library object.
_CHOICES = {
    path: (row.arguments[0].position, row.arguments[0].name) for path, row in tables((Kind.ALGORITHM,)).calls.items()
}
_WEAK_HASHERS = ("MD5PasswordHasher", "SHA1PasswordHasher", "CryptPasswordHasher")
_PKCS1 = "cryptography.hazmat.primitives.asymmetric.padding.PKCS1v15()"
_WEAK_SCHEMES = re.compile(
    r"^(?:plain|plaintext|hex_md5|hex_sha1|md5|sha1|md5_crypt|sha1_crypt|des_crypt|lmhash|nthash|ldap_md5|ldap_sha1)$|:(?:md5|sha1)\b"
)
_LISTS_OF_EVERYTHING = frozenset({"hashlib.algorithms_available", "hashlib.algorithms_guaranteed"})


def _is_weak(name: object) -> bool:
    return isinstance(name, str) and name.lower().replace("-", "").replace("_", "") in _WEAK_NAMES


def _check(facts: Facts) -> Iterator[Defect]:
    for site, shown in facts.tabled(_WEAK_CALLS):
        if site.constants(None, "usedforsecurity") != frozenset((False,)):
            yield Defect(site.instr, f"{shown} is broken")
    for site, (position, keyword) in facts.tabled(_CHOICES):
        weak = [str(name) for name in site.constants(position, keyword) if _is_weak(name)]
        weak += [_WEAK_HASHES[chosen] for chosen in site.paths(position, keyword) if chosen in _WEAK_HASHES]
        if weak and site.constants(None, "usedforsecurity") != frozenset((False,)):
            yield Defect(site.instr, f"{min(weak)} is broken")
    for site, (position, keyword) in facts.tabled(_KEY_SIZES):
        sizes = [size for size in site.constants(position, keyword) if isinstance(size, int)]
        if sizes and min(sizes) < _MIN_KEY_SIZE:
            yield Defect(site.instr, f"a key of {min(sizes)} bits can be broken")
    for site in facts.calls(*_ECB_CALLS):
        if _ECB_MODE in site.constants(1, "mode") or any(path.endswith(".MODE_ECB") for path in site.paths(1, "mode")):
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
    for site in facts.calls("encrypt", "decrypt"):
        if any(_PKCS1 in library_paths(value) for value in site.args.everything()):
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
    for site in facts.calls("passlib.context.CryptContext", "werkzeug.security.generate_password_hash"):
        value = site.argument(0, "schemes") if site.name == "CryptContext" else site.argument(1, "method")
        schemes = [str(text) for text in facts.elements(value)] if value is not None else []
        weak = sorted(text for text in schemes if _WEAK_SCHEMES.search(text))
        if weak:
            yield Defect(site.instr, f"{weak[0]} is broken")


def _unsigned_tokens(facts: Facts) -> Iterator[Defect]:
    """``jwt.encode(claims, None, algorithm="none")``."""
    for site in facts.calls("jwt.encode", "jose.jwt.encode"):
        if any(str(name).lower() == "none" and name is not None for name in site.constants(2, "algorithm")):
            yield Defect(site.instr, 'the algorithm "none" signs nothing')


def _chosen_functions(facts: Facts) -> Iterator[Defect]:
    """``getattr(hashlib, name)(message)`` with a name from outside."""
    for unit in facts.units:
        for instr in facts.instructions(unit):
            if instr.op != "call":
                continue
            function = facts.value(unit, instr.args[0])
            if "hashlib" not in library_paths(function) or not facts.is_untrusted(function):
                continue
            if not facts.is_guarded(
                unit, instr, instr.args[:1], lambda atom, reads: _is_allow_list(facts, atom, reads)
            ):
                yield Defect(instr, "the outside chooses the algorithm", facts.trace(function))


def _is_allow_list(facts: Facts, atom: Atom, reads: Reads) -> bool:
    """The name is one of those in a container, or is one constant, and no broken algorithm is among them."""
    del reads
    if atom.op not in ("In", "Eq"):
        return False
    allowed = facts.value(atom.unit, atom.operands[1])
    if facts.is_untrusted(allowed) or library_paths(allowed) & _LISTS_OF_EVERYTHING:
        return False
    return not any(_is_weak(name) for name in facts.elements(allowed))


def _is_guarded(facts: Facts, flow: Flow) -> bool:
    return facts.is_guarded(
        flow.unit, flow.instr, flow.operands, lambda atom, reads: _is_allow_list(facts, atom, reads)
    )


RULE = Rule(
    cwe="CWE-327",
    title="Broken or risky cryptographic algorithm",
    doc=__doc__ or "",
    fix="use SHA-256 or better, AES-GCM, RSA from 2048 bits, TLS 1.2; take algorithm names from a constant allow-list",
    what="algorithm",
    kinds=(Kind.ALGORITHM,),
    no_allow_list=_LISTS_OF_EVERYTHING,
    choice_matters=True,
    guard=_is_guarded,
    check=_check,
    asks=(
        *(Role.WEAK_HASH, Role.WEAK_CIPHER, Role.FAST_HASH, Role.KEY_SIZE, Role.NONCE, Role.COUNTER, Role.GUESSABLE),
        *(Role.PASSWORD_HASH, Role.PASSWORD_COST, Role.PASSWORD_SALT),
    ),
    watches=frozenset(
        {"uuid1", "encode", *TLS_CALLS}
        | {"encrypt", "decrypt", "CryptContext", "generate_password_hash"}
        | {path.rpartition(".")[2] for path in _ECB_CALLS}
        | {path.rpartition(".")[2] for path in REVERSIBLE}
    ),
)
