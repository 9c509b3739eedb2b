"""Pika: RabbitMQ."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, Module, arg, calls

LIBRARY = Library(
    "pika",
    "pika==1.4.4",
    (
        Module("pika", Role.PEER),
        *calls(Role.CONNECTOR, (), "pika.URLParameters"),
        *calls(
            Role.CALLBACK,
            arg(1, "on_message_callback"),
            "pika.adapters.blocking_connection.BlockingChannel().basic_consume",
        ),
    ),
)
