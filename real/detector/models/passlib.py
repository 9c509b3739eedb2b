"""Passlib: hashes of passwords."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "passlib",
    "passlib==1.7.4",
    (
        *calls(Role.WEAK_HASH, (), "passlib.hash.{hex_md5,ldap_md5}.hash", shown="MD5"),
        *calls(Role.WEAK_HASH, (), "passlib.hash.{hex_sha1,ldap_sha1}.hash", shown="SHA-1"),
        *calls(Role.WEAK_HASH, (), "passlib.hash.md5_crypt.hash", shown="MD5-crypt"),
        *calls(Role.WEAK_HASH, (), "passlib.hash.des_crypt.hash", shown="DES-crypt"),
        *calls(Role.WEAK_HASH, (), "passlib.hash.lmhash.hash", shown="LM hash"),
        *calls(Role.WEAK_HASH, (), "passlib.hash.nthash.hash", shown="NT hash"),
        *calls(Role.WEAK_HASH, (), "passlib.hash.sha1_crypt.hash", shown="SHA-1-crypt"),
        *calls(Role.WEAK_HASH, (), "passlib.hash.mysql323.hash", shown="the hash of MySQL 3.23"),
        *calls(
            Role.PASSWORD_HASH, (), "passlib.context.CryptContext", "passlib.hash.{argon2,bcrypt,pbkdf2_sha256}.hash"
        ),
        *calls(Role.PASSWORD_SCHEME, arg(0, "schemes"), "passlib.context.CryptContext"),
    ),
)
