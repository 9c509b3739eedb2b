"""pyOpenSSL: keys and TLS."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "pyopenssl", "pyOpenSSL==26.4.0", (*calls(Role.KEY_SIZE, arg(1, "bits"), "OpenSSL.crypto.PKey().generate_key"),)
)
