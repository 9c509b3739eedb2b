"""redis-py: a store of keys."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, Module, arg, calls, sinks

LIBRARY = Library(
    "redis",
    "redis==8.1.0",
    (
        Module("redis", Role.PEER),
        *calls(Role.CONNECTOR, (), "redis.{Redis.,StrictRedis.,}from_url"),
        *sinks(Kind.LUA, arg(0, "script"), "redis.**.register_script", of=("redis.Redis",)),
    ),
)
