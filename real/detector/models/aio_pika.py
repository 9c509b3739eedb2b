"""aio-pika: RabbitMQ for asyncio."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, Module, calls

LIBRARY = Library(
    "aio_pika",
    "aio-pika==10.2.1",
    (
        Module("aio_pika", Role.PEER),
        *calls(Role.CONNECTOR, (), "aio_pika.{connect,connect_robust}"),
    ),
)
