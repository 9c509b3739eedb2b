"""Robyn: a web framework whose server is written in Rust."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Framework, Library, calls

LIBRARY = Library(
    "robyn",
    "robyn==0.88.0",
    (Framework("robyn", typed=True), *calls(Role.ROUTE, (), "robyn.Robyn().{get,post,put,patch,delete,head,options}")),
)
