"""ItsDangerous: signed data."""

from __future__ import annotations

from real.detector.models.kinds import SIGNED, Role
from real.detector.models.rows import Library, calls, sanitizers

LIBRARY = Library(
    "itsdangerous",
    "itsdangerous==2.2.0",
    (
        *sanitizers(SIGNED, "**.unsign", of=("itsdangerous.Signer",)),
        *sanitizers(SIGNED, "itsdangerous.JSONWebSignatureSerializer().loads", until="ItsDangerous 2.1"),
        *sanitizers(
            SIGNED,
            "itsdangerous.Serializer().loads",
            "itsdangerous.TimedSerializer().loads",
            "itsdangerous.URLSafeSerializer().loads",
            "itsdangerous.URLSafeTimedSerializer().loads",
            "itsdangerous.serializer.Serializer().loads",
            "itsdangerous.url_safe.Serializer().loads",
            "itsdangerous.url_safe.TimedSerializer().loads",
            "itsdangerous.url_safe.URLSafeSerializer().loads",
            "itsdangerous.url_safe.URLSafeTimedSerializer().loads",
        ),
        *calls(
            Role.UNVERIFIED,
            (),
            "itsdangerous.URLSafeSerializer().loads_unsafe",
            "itsdangerous.URLSafeTimedSerializer().loads_unsafe",
            "itsdangerous.Serializer().loads_unsafe",
        ),
        *calls(Role.OPENER, (), "itsdangerous.Serializer().loads", "itsdangerous.Signer().unsign"),
        *calls(Role.FAILURE, (), "itsdangerous.BadSignature"),
    ),
)
