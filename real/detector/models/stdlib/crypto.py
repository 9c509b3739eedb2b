"""Python: digests."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, modules, sinks

LIBRARY = Library(
    "digests",
    "",
    (
        *modules(Role.OTHER_UPDATE, "collections", "hashlib", "hmac", "tkinter", "zlib"),
        *calls(Role.WEAK_HASH, (), "hashlib.md5", shown="MD5"),
        *calls(Role.WEAK_HASH, (), "hashlib.sha1", shown="SHA-1"),
        *calls(Role.WEAK_HASH, (), "crypt.crypt", shown="crypt()"),
        *calls(Role.FAST_HASH, (), "hashlib.{sha256,sha512,sha384,sha224,sha3_256,sha3_512,blake2b,blake2s}"),
        *calls(Role.PASSWORD_HASH, (), "hashlib.{scrypt,pbkdf2_hmac}"),
        *calls(Role.PASSWORD_COST, arg(None, "n"), "hashlib.scrypt", least=4096),
        *calls(Role.PASSWORD_SALT, arg(2, "salt"), "hashlib.pbkdf2_hmac"),
        *calls(Role.PASSWORD_SALT, arg(None, "salt"), "hashlib.scrypt"),
        *calls(Role.SIZE, arg(3, "iterations"), "hashlib.pbkdf2_hmac"),
        *sinks(Kind.ALGORITHM, arg(0, "name"), "hashlib.new"),
        *sinks(Kind.ALGORITHM, arg(2, "digestmod"), "hmac.{new,HMAC}"),
        *sinks(Kind.ALGORITHM, arg(2, "digest"), "hmac.digest"),
        *sinks(Kind.ALGORITHM, arg(0, "hash_name"), "hashlib.pbkdf2_hmac"),
        *calls(Role.EQUALITY, (), "hmac.compare_digest", "secrets.compare_digest"),
        *calls(Role.MAC, arg(0, "key"), "hmac.new", "hmac.digest", "hmac.HMAC"),
        *calls(Role.TAKES_KEY, arg(0, "key"), "hmac.new"),
        *calls(Role.EVERY_HASH, (), "hashlib.algorithms_available", "hashlib.algorithms_guaranteed"),
        *calls(Role.EVERY_HASH, (), "hashlib.algorithms", until="Python 3"),
        *calls(Role.PASSWORD_ROUNDS, arg(3, "iterations"), "hashlib.pbkdf2_hmac", least=10_000),
        *sinks(Kind.ALGORITHM, arg(1, "digest"), "hashlib.file_digest"),
    ),
)
