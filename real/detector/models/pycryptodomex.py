"""PyCryptodome under the name Cryptodome."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, Returns, arg, calls

LIBRARY = Library(
    "pycryptodomex",
    "pycryptodomex==3.24.2",
    (
        *calls(Role.WEAK_HASH, (), "Cryptodome.Hash.MD5.new", shown="MD5"),
        *calls(Role.WEAK_HASH, (), "Cryptodome.Hash.{SHA1,SHA}.new", shown="SHA-1"),
        *calls(Role.WEAK_HASH, (), "Cryptodome.Hash.MD2.new", shown="MD2"),
        *calls(Role.WEAK_HASH, (), "Cryptodome.Hash.MD4.new", shown="MD4"),
        *calls(Role.WEAK_CIPHER, (), "Cryptodome.Cipher.DES.new", shown="DES"),
        *calls(Role.WEAK_CIPHER, (), "Cryptodome.Cipher.DES3.new", shown="Triple DES"),
        *calls(Role.WEAK_CIPHER, (), "Cryptodome.Cipher.ARC2.new", shown="RC2"),
        *calls(Role.WEAK_CIPHER, (), "Cryptodome.Cipher.ARC4.new", shown="RC4"),
        *calls(Role.WEAK_CIPHER, (), "Cryptodome.Cipher.Blowfish.new", shown="Blowfish"),
        *calls(Role.WEAK_CIPHER, (), "Cryptodome.Cipher.CAST.new", shown="CAST-128"),
        *calls(Role.WEAK_CIPHER, (), "Cryptodome.Cipher.PKCS1_v1_5.new", shown="PKCS #1 v1.5 encryption"),
        *calls(Role.KEY_SIZE, arg(0, "bits"), "Cryptodome.PublicKey.{RSA,DSA}.generate"),
        *calls(Role.NONCE, arg(2, "iv", "IV", "nonce"), "Cryptodome.Cipher.AES.new"),
        *calls(Role.COUNTER, (), "Cryptodome.Util.Counter.new"),
        *calls(Role.NONCE, arg(None, "nonce"), "Cryptodome.Cipher.{ChaCha20,ChaCha20_Poly1305}.new"),
        *calls(Role.NONCE, arg(1, "nonce"), "Cryptodome.Cipher.Salsa20.new"),
        *calls(
            Role.ANSWER,
            (),
            "Cryptodome.Signature.PKCS1_v1_5.new().verify",
            "Cryptodome.Signature.PKCS1_PSS.new().verify",
        ),
        *calls(Role.CIPHER_MODE, arg(1, "mode"), "Cryptodome.Cipher.AES.new"),
        *calls(Role.WEAK_MODE, (), "Cryptodome.Cipher.AES.MODE_ECB"),
        *calls(Role.TAKES_KEY, arg(0, "key"), "Cryptodome.Cipher.AES.new"),
        *calls(Role.PUBLIC_KEY, (), "Cryptodome.PublicKey.RSA.import_key", "Cryptodome.PublicKey.RSA.importKey"),
        *calls(Role.PUBLIC_KEY, (), "Cryptodome.PublicKey.ECC.import_key"),
        *calls(Role.RANDOM, (), "Cryptodome.Random.get_random_bytes"),
        Returns("Cryptodome.Signature.PKCS1_v1_5.new", "Cryptodome.Signature.pkcs1_15.PKCS115_SigScheme"),
        Returns("Cryptodome.Signature.PKCS1_PSS.new", "Cryptodome.Signature.pss.PSS_SigScheme"),
    ),
)
