"""Python: random numbers."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "random",
    "",
    (
        *calls(
            Role.GUESSABLE,
            (),
            "random.{choice,choices,getrandbits,randbytes,randint,random,randrange,sample,shuffle,uniform}",
            "random.Random().{choice,choices,getrandbits,randbytes,randint,random,randrange,sample,shuffle,uniform}",
        ),
        *calls(Role.SIZE, arg(0, "nbytes"), "secrets.{token_bytes,token_hex}"),
        *calls(Role.SIZE, arg(None, "k"), "random.choices"),
    ),
)
