"""Pika: RabbitMQ."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, calls

LIBRARY = Library("pika", "pika==1.4.4", (*calls(Role.CONNECTOR, (), "pika.URLParameters"),))
