"""Litestar: a web framework. What is annotated is enforced; a ``str`` is sent as plain text.

    import subprocess
    from litestar import Response, get, post
    from litestar.response import Redirect, Template

    @get("/go")
    async def go(to: str) -> Redirect:
        return Redirect(path=to)  # CWE-601

    @get("/hello")
    async def hello(name: str) -> Response:
        return Response(f"<p>{name}</p>", media_type="text/html")  # CWE-79

    @get("/page/{number:int}")
    async def page(number: int) -> Response:
        return Response(f"<p>{number}</p>", media_type="text/html")

    @post("/preview")
    async def preview(data: dict[str, str]) -> Template:
        return Template(template_str=data["text"])  # CWE-94

    @post("/run")
    async def run(data: dict[str, str]) -> None:
        subprocess.run(data["command"], shell=True)  # CWE-77

Source: https://docs.litestar.dev/2/usage/responses.html
"""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Framework, Library, Setting, arg, calls, handlers, sinks
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "litestar",
    "litestar==2.25.0",
    (
        *calls(Role.CSRF, (), "litestar.config.csrf.CSRFConfig"),
        *calls(
            Role.CORS,
            (arg(None, "allow_credentials"), arg(None, "allow_origins"), arg(None, "allow_origin_regex")),
            "litestar.config.cors.CORSConfig",
        ),
        *sinks(Kind.REDIRECT, arg(0, "path"), "litestar.response.Redirect"),
        *sinks(Kind.TEMPLATE, arg(None, "template_str"), "litestar.response.Template"),
        *sinks(Kind.PATH, arg(0, "path"), "litestar.response.File"),
        Setting("request_max_body_size", Role.BODY_LIMIT),
        Framework("litestar", typed=True),
        *calls(Role.APPLICATION, (), "litestar.Litestar"),
        *calls(Role.ROUTE, (), "litestar.{get,post,put,patch,delete,head,route,websocket}"),
        *handlers("Controller", "litestar.Controller", verbs=()),
        *calls(Role.RESPONSE, (), "litestar.Response", "litestar.exceptions.HTTPException"),
        *sinks(
            Kind.HTML, arg(0, "content"), "litestar.Response", when=IsHtml((arg(None, "media_type"),), default=False)
        ),
    ),
)
