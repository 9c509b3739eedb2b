"""Stripe: payments."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, calls

LIBRARY = Library(
    "stripe",
    "stripe==16.1.0",
    (*calls(Role.WEBHOOK_CHECK, (), "stripe.Webhook.construct_event", "stripe.StripeClient().construct_event"),),
)
