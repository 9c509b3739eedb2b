"""PyMongo: MongoDB."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, Module, calls

LIBRARY = Library(
    "pymongo",
    "pymongo==4.20.1",
    (
        Module("pymongo", Role.DOCUMENTS),
        *calls(Role.CONNECTOR, (), "pymongo.{AsyncMongoClient,MongoClient}"),
    ),
)
