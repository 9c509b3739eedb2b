"""Twilio: calls and messages."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Builder, Library, arg, calls, sinks

LIBRARY = Library(
    "twilio",
    "twilio==9.13.0",
    (
        *sinks(
            Kind.CALL_XML, arg(36, "twiml"), "twilio.**.create", of=("twilio.rest.api.v2010.account.call.CallList",)
        ),
        *sinks(
            Kind.CALL_XML, arg(7, "twiml"), "twilio.**.update", of=("twilio.rest.api.v2010.account.call.CallContext",)
        ),
        # what is said is escaped
        Builder("twilio.twiml", (Kind.CALL_XML,)),
        *calls(Role.WEBHOOK_CHECK, (), "twilio.request_validator.RequestValidator().validate"),
    ),
)
