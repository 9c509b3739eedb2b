"""BlackSheep: a web framework for asyncio."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Framework, Library, calls

LIBRARY = Library(
    "blacksheep",
    "blacksheep==2.6.4",
    (
        Framework("blacksheep", typed=True),
        *calls(Role.ROUTE, (), "blacksheep.server.routing.Router().{get,post,put,patch,delete,head,options,route}"),
    ),
)
