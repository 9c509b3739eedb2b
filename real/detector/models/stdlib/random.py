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
        *calls(
            Role.RANDOM,
            (),
            "os.urandom",
            "random.SystemRandom",
            "secrets.randbits",
            "secrets.token_bytes",
            "secrets.token_hex",
            "secrets.token_urlsafe",
            "uuid.uuid4",
        ),
        *calls(Role.MACHINE_ID, (), "uuid.uuid1"),
        *calls(
            Role.CLOCK,
            (),
            "time.time",
            "time.time_ns",
            "time.monotonic",
            "datetime.datetime.now",
            "datetime.datetime.utcnow",
            "datetime.datetime.today",
        ),
        *calls(Role.REVERSIBLE, arg(0, "a"), "random.seed"),
        *calls(Role.REVERSIBLE, arg(0, "x"), "random.Random"),
    ),
)
