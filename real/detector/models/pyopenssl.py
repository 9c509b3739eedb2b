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
    ),
)
