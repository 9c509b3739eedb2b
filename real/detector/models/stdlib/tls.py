"""Python: TLS."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "tls",
    "",
    (
        *calls(
            Role.NO_VERIFICATION, (), "ssl._create_unverified_context", "ssl._create_stdlib_context", "ssl.CERT_NONE"
        ),
        *calls(Role.NO_VERIFICATION, (), "ssl._create_default_https_context"),
        *calls(Role.SERVER_CHECK, (), "ssl.SSLContext().verify_mode"),
        *calls(Role.SERVES, (), "ssl.Purpose.CLIENT_AUTH", "ssl.PROTOCOL_TLS_SERVER"),
        *calls(Role.SERVES, arg(None, "server_side"), "ssl.SSLContext().wrap_socket"),
        *calls(Role.HOSTNAME_CHECK, (), "ssl.SSLContext().check_hostname"),
        *calls(Role.CERTIFICATE, (), "ssl.SSLSocket.getpeercert"),
    ),
)
