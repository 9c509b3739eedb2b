"""pyOpenSSL: keys and TLS."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "pyopenssl",
    "pyOpenSSL==26.4.0",
    (
        *calls(Role.KEY_SIZE, arg(1, "bits"), "OpenSSL.crypto.PKey().generate_key"),
        *calls(Role.CERTIFICATE, (), "OpenSSL.crypto.load_certificate", "OpenSSL.SSL.Connection.get_peer_certificate"),
        *calls(Role.NAME_IN_CERTIFICATE, (), "OpenSSL.crypto.X509.get_issuer", "OpenSSL.crypto.X509.get_subject"),
        *calls(Role.BROKEN_TLS, (), "OpenSSL.SSL.{TLSv1,TLSv1_1}_METHOD"),
        *calls(Role.BROKEN_TLS, (), "OpenSSL.SSL.{SSLv2,SSLv3}_METHOD", until="pyOpenSSL 23"),
        *calls(Role.ANY_TLS, (), "OpenSSL.SSL.SSLv23_METHOD"),
        *calls(Role.ADMITTING_TLS, (), "OpenSSL.SSL.{OP_NO_SSLv2,OP_NO_SSLv3,OP_NO_TLSv1,OP_NO_TLSv1_1}"),
        *calls(Role.TLS_CONTEXT, (), "OpenSSL.SSL.Context"),
        *calls(Role.TLS_CIPHERS, (), "OpenSSL.SSL.Context().set_cipher_list"),
    ),
)
