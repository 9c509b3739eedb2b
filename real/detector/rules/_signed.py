"""Texts that were signed by the program itself: whoever reads them with the key gets what the program has written."""

from __future__ import annotations

_SERIALIZERS = (
    "URLSafeSerializer", "URLSafeTimedSerializer", "Serializer", "TimedSerializer", "JSONWebSignatureSerializer",
)  # fmt: skip

# They fail on a bad signature.
VERIFIERS = frozenset(
    {f"itsdangerous.{name}().loads" for name in _SERIALIZERS}
    | {f"itsdangerous.{module}.{name}().loads" for module in ("url_safe", "serializer") for name in _SERIALIZERS}
    | {"django.core.signing.loads", "django.core.signing.Signer().unsign_object", "jwt.decode"}
    | {"cryptography.fernet.Fernet().decrypt", "cryptography.fernet.MultiFernet().decrypt"}
)
VERIFYING_METHODS = frozenset({"unsign", "unsign_object"})  # itsdangerous, django.core.signing
