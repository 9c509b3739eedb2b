"""PyJWT: JSON Web Tokens."""

from __future__ import annotations

from real.detector.models.kinds import SIGNED, Role
from real.detector.models.rows import Library, Module, arg, calls, sanitizers

LIBRARY = Library(
    "pyjwt",
    "PyJWT==2.15.1",
    (
        Module("jwt", Role.BEARER),
        *sanitizers(SIGNED, "jwt.decode"),
        *calls(Role.UNVERIFIED, (), "jwt.api_jws.PyJWS().decode_unverified", until="PyJWT 2"),
        *calls(Role.TOKEN_HEADER, (), "jwt.get_unverified_header"),
        *calls(Role.TOKEN_DECODER, (arg(1, "key"), arg(2, "algorithms")), "jwt.decode", "jwt.decode_complete"),
        *calls(Role.TOKEN_DECODER, (arg(1, "key"), arg(2, "algorithms")), "jwt.PyJWT().decode"),
        *calls(Role.TOKEN_ENCODER, arg(2, "algorithm"), "jwt.encode"),
        *calls(Role.OPENER, (), "jwt.decode"),
        *calls(Role.FAILURE, (), "jwt.InvalidSignatureError", "jwt.InvalidTokenError"),
    ),
)
