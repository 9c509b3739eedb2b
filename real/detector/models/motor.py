"""Motor: MongoDB for asyncio."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, Module, arg, calls

LIBRARY = Library(
    "motor",
    "motor",
    (
        Module("motor", Role.DOCUMENTS),
        *calls(Role.SIZE, arg(0, "length"), "**.to_list"),
        *calls(Role.CONNECTOR, (), "motor.motor_asyncio.AsyncIOMotorClient"),
    ),
    unchecked="superseded by PyMongo",
)
