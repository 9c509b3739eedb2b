"""PyCryptodome: ciphers, hashes and keys."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, Returns, arg, calls

LIBRARY = Library(
    "pycryptodome",
    "pycryptodome==4.4.0",
    (
        *calls(Role.WEAK_HASH, (), "Crypto.Hash.MD5.new", shown="MD5"),
        *calls(Role.WEAK_HASH, (), "Crypto.Hash.{SHA,SHA1}.new", shown="SHA-1"),
        *calls(Role.WEAK_HASH, (), "Crypto.Hash.MD2.new", shown="MD2"),
        *calls(Role.WEAK_HASH, (), "Crypto.Hash.MD4.new", shown="MD4"),
        *calls(Role.WEAK_HASH, (), "Crypto.Hash.RIPEMD.new", shown="RIPEMD"),
        *calls(Role.WEAK_CIPHER, (), "Crypto.Cipher.DES.new", shown="DES"),
        *calls(Role.WEAK_CIPHER, (), "Crypto.Cipher.DES3.new", shown="Triple DES"),
        *calls(Role.WEAK_CIPHER, (), "Crypto.Cipher.ARC2.new", shown="RC2"),
        *calls(Role.WEAK_CIPHER, (), "Crypto.Cipher.ARC4.new", shown="RC4"),
        *calls(Role.WEAK_CIPHER, (), "Crypto.Cipher.Blowfish.new", shown="Blowfish"),
        *calls(Role.WEAK_CIPHER, (), "Crypto.Cipher.CAST.new", shown="CAST-128"),
        *calls(Role.WEAK_CIPHER, (), "Crypto.Cipher.PKCS1_v1_5.new", shown="PKCS #1 v1.5 encryption"),
        *calls(Role.KEY_SIZE, arg(0, "bits"), "Crypto.PublicKey.{ElGamal,RSA,DSA}.generate"),
        *calls(Role.NONCE, arg(2, "iv", "IV", "nonce"), "Crypto.Cipher.AES.new"),
        *calls(Role.COUNTER, (), "Crypto.Util.Counter.new"),
        *calls(Role.NONCE, arg(None, "nonce"), "Crypto.Cipher.{ChaCha20,ChaCha20_Poly1305}.new"),
        *calls(Role.NONCE, arg(1, "nonce"), "Crypto.Cipher.Salsa20.new"),
        *calls(Role.WEAK_CIPHER, (), "Crypto.Cipher.XOR.new", shown="XOR", until="PyCryptodome 3"),
        *calls(Role.ANSWER, (), "Crypto.Signature.PKCS1_v1_5.new().verify", "Crypto.Signature.PKCS1_PSS.new().verify"),
        *calls(Role.CIPHER_MODE, arg(1, "mode"), "Crypto.Cipher.AES.new"),
        *calls(Role.WEAK_MODE, (), "Crypto.Cipher.AES.MODE_ECB"),
        *calls(Role.TAKES_KEY, arg(0, "key"), "Crypto.Cipher.AES.new"),
        *calls(Role.PUBLIC_KEY, (), "Crypto.PublicKey.RSA.import_key", "Crypto.PublicKey.RSA.importKey"),
        *calls(Role.PUBLIC_KEY, (), "Crypto.PublicKey.ECC.import_key"),
        *calls(Role.RANDOM, (), "Crypto.Random.get_random_bytes"),
        Returns("Crypto.Signature.PKCS1_v1_5.new", "Crypto.Signature.pkcs1_15.PKCS115_SigScheme"),
        Returns("Crypto.Signature.PKCS1_PSS.new", "Crypto.Signature.pss.PSS_SigScheme"),
    ),
)
