"""What a program sends to its clients: returned by views, passed to responses and errors of web frameworks, written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from real.detector.analysis.facts import Facts
from real.detector.concepts.endpoints import is_handler, is_handler_method
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.library import names
from real.detector.vocabulary import words

# Functions and classes that make a response or an error with a text for the client.
_RESPONSES = names(
    """Response make_response jsonify JsonResponse JSONResponse ORJSONResponse HTMLResponse PlainTextResponse
    HttpResponse HttpResponseServerError HttpResponseBadRequest HttpResponseNotFound HttpResponseForbidden
    json_response HTTPException HTTPError HTTPResponse abort HTTPInternalServerError HTTPBadRequest HTTPNotFound
    HTTPServerError HTTPBadGateway InternalServerError BadRequest APIException text json html"""
)
_FRAMEWORKS = (
    *("flask.", "quart.", "werkzeug.", "django.", "rest_framework.", "fastapi.", "starlette.", "aiohttp.web"),
    *("sanic.", "bottle.", "tornado.web.", "falcon.", "pyramid.", "litestar.", "webob.", "cherrypy.", "ninja."),
)
_WRITERS = frozenset({"write", "finish", "send_error", "sendall"})
_BODIES = frozenset({"media", "text", "body", "data", "content", "response"})
_DETAILS = "set_details"
WATCHED = _RESPONSES | _WRITERS | {_DETAILS}


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """Operands that a client gets to see, and where they are sent."""

    unit: Unit
    instr: Instr
    operands: tuple[int, ...]


def sent(facts: Facts) -> Iterator[Sent]:
    """Everything that the program sends, once each."""
    for unit in facts.functions:
        for instr in facts.instructions(unit):
            if instr.op in ("return", "yield") and facts.is_open(unit) and is_handler(facts, unit):
                yield Sent(unit, instr, (instr.args[0],))
            elif instr.op == "setattr" and str(instr.extra) in _BODIES and _is_response(unit, instr.args[0]):
                yield Sent(unit, instr, (instr.args[1],))
    for site in facts.calls(*_RESPONSES):
        if site.path.startswith(_FRAMEWORKS):
            yield Sent(site.unit, site.instr, tuple(arg for arg in site.instr.args[1:] if isinstance(arg, int)))
    for site in facts.calls(_DETAILS):  # of gRPC's context
        if site.instr.op == "method" and not site.path:
            yield Sent(site.unit, site.instr, tuple(arg for arg in site.instr.args[1:] if isinstance(arg, int)))
    for site in facts.calls(*_WRITERS):
        if is_handler_method(facts, site.unit) and site.instr.op == "method":
            yield Sent(site.unit, site.instr, tuple(arg for arg in site.instr.args[1:] if isinstance(arg, int)))


def _is_response(unit: Unit, operand: int) -> bool:
    """``resp.media = ...``: a parameter that is named for a response (Falcon, Pyramid, Sanic)."""
    made = definition(unit, operand)
    return made is not None and made.op == "param" and bool(words(str(made.extra)) & {"resp", "response"})
