"""cryptography: tokens of Fernet."""

from __future__ import annotations

from real.detector.models.kinds import SIGNED, Role
from real.detector.models.rows import Library, arg, calls, sanitizers

LIBRARY = Library(
    "cryptography",
    "cryptography==50.0.2",
    (
        *calls(Role.WEAK_HASH, (), "cryptography.hazmat.primitives.hashes.MD5", shown="MD5"),
        *calls(Role.WEAK_HASH, (), "cryptography.hazmat.primitives.hashes.SHA1", shown="SHA-1"),
        *calls(
            Role.WEAK_CIPHER,
            (),
            "cryptography.hazmat.{primitives,decrepit}.ciphers.algorithms.TripleDES",
            shown="Triple DES",
        ),
        *calls(Role.WEAK_CIPHER, (), "cryptography.hazmat.decrepit.ciphers.algorithms.RC2", shown="RC2"),
        *calls(Role.WEAK_CIPHER, (), "cryptography.hazmat.{primitives,decrepit}.ciphers.algorithms.ARC4", shown="RC4"),
        *calls(
            Role.WEAK_CIPHER,
            (),
            "cryptography.hazmat.{primitives,decrepit}.ciphers.algorithms.Blowfish",
            shown="Blowfish",
        ),
        *calls(
            Role.WEAK_CIPHER, (), "cryptography.hazmat.{primitives,decrepit}.ciphers.algorithms.CAST5", shown="CAST-128"
        ),
        *calls(Role.WEAK_CIPHER, (), "cryptography.hazmat.{primitives,decrepit}.ciphers.algorithms.IDEA", shown="IDEA"),
        *calls(Role.WEAK_CIPHER, (), "cryptography.hazmat.{primitives,decrepit}.ciphers.algorithms.SEED", shown="SEED"),
        *calls(Role.WEAK_CIPHER, (), "cryptography.hazmat.primitives.ciphers.modes.ECB", shown="ECB mode"),
        *calls(
            Role.WEAK_CIPHER, (), "cryptography.hazmat.primitives.asymmetric.ec.SECP192R1", shown="the curve SECP192R1"
        ),
        *calls(
            Role.KEY_SIZE,
            arg(1, "key_size"),
            "cryptography.hazmat.primitives.asymmetric.rsa.generate_private_key",
            "cryptography.hazmat.primitives.asymmetric.dh.generate_parameters",
        ),
        *calls(
            Role.KEY_SIZE,
            arg(0, "key_size"),
            "cryptography.hazmat.primitives.asymmetric.dsa.{generate_private_key,generate_parameters}",
        ),
        *calls(Role.NONCE, arg(1, "nonce"), "cryptography.hazmat.primitives.ciphers.algorithms.ChaCha20"),
        *calls(
            Role.NONCE,
            arg(0, "nonce"),
            "cryptography.hazmat.primitives.ciphers.aead.{AESGCM(),AESCCM(),AESOCB3(),ChaCha20Poly1305()}.encrypt",
        ),
        *calls(
            Role.PASSWORD_HASH,
            (),
            "cryptography.hazmat.primitives.kdf.pbkdf2.PBKDF2HMAC",
            "cryptography.hazmat.primitives.kdf.scrypt.Scrypt",
            "cryptography.hazmat.primitives.kdf.argon2.Argon2id",
        ),
        *calls(Role.PASSWORD_COST, arg(2, "n"), "cryptography.hazmat.primitives.kdf.scrypt.Scrypt", least=4096),
        *calls(Role.PASSWORD_SALT, arg(2, "salt"), "cryptography.hazmat.primitives.kdf.pbkdf2.PBKDF2HMAC"),
        *calls(Role.PASSWORD_SALT, arg(0, "salt"), "cryptography.hazmat.primitives.kdf.scrypt.Scrypt"),
        *sanitizers(SIGNED, "cryptography.fernet.Fernet().decrypt", "cryptography.fernet.MultiFernet().decrypt"),
        *calls(
            Role.NONCE,
            arg(0, "initialization_vector"),
            "cryptography.hazmat.primitives.ciphers.modes.{CBC,GCM,OFB,CFB,CFB8}",
        ),
        *calls(Role.NONCE, arg(0, "nonce"), "cryptography.hazmat.primitives.ciphers.modes.CTR"),
        *calls(
            Role.WEAK_CIPHER,
            (),
            "cryptography.hazmat.primitives.asymmetric.ec.SECT163K1",
            shown="the curve SECT163K1",
            until="cryptography 49",
        ),
        *calls(
            Role.WEAK_CIPHER,
            (),
            "cryptography.hazmat.primitives.asymmetric.ec.SECT163R2",
            shown="the curve SECT163R2",
            until="cryptography 49",
        ),
        *calls(Role.WEAK_PADDING, (), "cryptography.hazmat.primitives.asymmetric.padding.PKCS1v15"),
        *calls(
            Role.PASSWORD_ROUNDS,
            arg(3, "iterations"),
            "cryptography.hazmat.primitives.kdf.pbkdf2.PBKDF2HMAC",
            least=10_000,
        ),
        *calls(
            Role.TAKES_KEY,
            arg(0, "key"),
            "cryptography.fernet.Fernet",
            "cryptography.hazmat.primitives.ciphers.algorithms.AES",
            "cryptography.hazmat.primitives.ciphers.algorithms.AES128",
            "cryptography.hazmat.primitives.ciphers.algorithms.AES256",
            "cryptography.hazmat.primitives.ciphers.algorithms.Camellia",
            "cryptography.hazmat.primitives.ciphers.algorithms.ChaCha20",
            "cryptography.hazmat.primitives.ciphers.algorithms.SM4",
            "cryptography.hazmat.primitives.ciphers.aead.AESGCM",
            "cryptography.hazmat.primitives.ciphers.aead.AESCCM",
            "cryptography.hazmat.primitives.ciphers.aead.AESSIV",
            "cryptography.hazmat.primitives.ciphers.aead.ChaCha20Poly1305",
        ),
        *calls(Role.FAILURE, (), "cryptography.exceptions.InvalidSignature"),
        *calls(
            Role.PUBLIC_KEY,
            (),
            "cryptography.hazmat.primitives.serialization.load_pem_public_key",
            "cryptography.hazmat.primitives.serialization.load_der_public_key",
            "cryptography.hazmat.primitives.serialization.load_ssh_public_key",
            "cryptography.hazmat.primitives.asymmetric.ed25519.Ed25519PublicKey.from_public_bytes",
        ),
        *calls(
            Role.CERTIFICATE,
            (),
            "cryptography.x509.load_pem_x509_certificate",
            "cryptography.x509.load_der_x509_certificate",
            "cryptography.x509.load_pem_x509_certificates",
        ),
        *calls(
            Role.NAME_IN_CERTIFICATE,
            (),
            "cryptography.x509.Certificate.issuer",
            "cryptography.x509.Certificate.subject",
        ),
    ),
)
