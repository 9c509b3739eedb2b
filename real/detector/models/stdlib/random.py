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
            "random.choice",
            "random.choices",
            "random.getrandbits",
            "random.randbytes",
            "random.randint",
            "random.random",
            "random.randrange",
            "random.sample",
            "random.shuffle",
            "random.uniform",
            "random.Random().choice",
            "random.Random().choices",
            "random.Random().getrandbits",
            "random.Random().randbytes",
            "random.Random().randint",
            "random.Random().random",
            "random.Random().randrange",
            "random.Random().sample",
            "random.Random().shuffle",
            "random.Random().uniform",
        ),
        *calls(Role.SIZE, arg(0, "nbytes"), "secrets.token_bytes", "secrets.token_hex"),
        *calls(Role.SIZE, arg(None, "k"), "random.choices"),
    ),
)
