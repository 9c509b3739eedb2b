"""redis-py."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, calls

LIBRARY = Library(
    "redis",
    "redis==8.1.0",
    (*calls(Role.CONNECTOR, (), "redis.Redis.from_url", "redis.StrictRedis.from_url", "redis.from_url"),),
)
