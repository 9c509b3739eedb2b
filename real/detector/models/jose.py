"""python-jose: JSON Web Tokens."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, Module, arg, calls

LIBRARY = Library(
    "python-jose",
    "python-jose==3.5.0",
    (
        Module("jose", Role.BEARER),
        *calls(Role.UNVERIFIED, (), "jose.jwt.get_unverified_claims", "jose.jws.get_unverified_claims"),
        *calls(Role.UNVERIFIED, (), "jwt.get_unverified_claims", until="imported under the name jwt"),
        *calls(Role.TOKEN_HEADER, (), "jose.jwt.get_unverified_header", "jose.jws.get_unverified_header"),
        *calls(Role.TOKEN_DECODER, (arg(1, "key"), arg(2, "algorithms")), "jose.jwt.decode", "jose.jws.verify"),
        *calls(Role.TOKEN_ENCODER, arg(2, "algorithm"), "jose.jwt.encode"),
    ),
)
