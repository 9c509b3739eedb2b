"""FastAPI: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Framework, Library, Module, Setting, arg, calls, sanitizers, sinks
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "fastapi",
    "fastapi==0.165.0",
    (
        *calls(Role.FORM_PARAMETER, (), "fastapi.Form"),
        *calls(Role.JSON_PARAMETER, (), "fastapi.Body"),
        *calls(Role.COOKIE_PARAMETER, (), "fastapi.Cookie"),
        *calls(Role.CLIENT_PARAMETER, (), "fastapi.{Header,Cookie,Query,Form,Body}"),
        Module("fastapi.security", Role.USERS),
        *calls(Role.BEARER, (), "fastapi.security.{OAuth2,OAuth2PasswordBearer,OAuth2PasswordRequestForm}"),
        *calls(Role.BEARER, (), "fastapi.security.{OAuth2PasswordRequestFormStrict,OAuth2AuthorizationCodeBearer}"),
        *calls(
            Role.CORS,
            (arg(None, "allow_credentials"), arg(None, "allow_origins"), arg(None, "allow_origin_regex")),
            "fastapi.middleware.cors.CORSMiddleware",
        ),
        Setting("max_request_size", Role.BODY_LIMIT),
        Setting("max_upload_size", Role.BODY_LIMIT),
        Framework("fastapi", typed=True, quotes=True),
        *calls(Role.APPLICATION, (), "fastapi.FastAPI"),
        *calls(
            Role.ROUTE, (), "fastapi.{FastAPI,APIRouter}().{get,post,put,patch,delete,head,options,websocket,api_route}"
        ),
        *calls(Role.ERROR_HANDLER, (), "fastapi.FastAPI().exception_handler"),
        *calls(Role.CALLBACK, arg(1, "handler"), "fastapi.FastAPI().add_exception_handler"),
        *calls(Role.REGISTRAR, arg(1, "endpoint"), "fastapi.{FastAPI,APIRouter}().add_api_route"),
        *calls(Role.CALLBACK, arg(1, "endpoint"), "fastapi.{FastAPI,APIRouter}().add_api_websocket_route"),
        *calls(Role.CALLBACK, arg(0, "dependency"), "fastapi.{Depends,Security}"),
        *calls(Role.RESPONSE, (), "fastapi.{Response,HTTPException}"),
        *calls(Role.RESPONSE, (), "fastapi.responses.{JSONResponse,ORJSONResponse,HTMLResponse,PlainTextResponse}"),
        *calls(Role.DEBUG, arg(None, "debug"), "fastapi.FastAPI"),
        *sinks(Kind.PATH, arg(0, "path"), "fastapi.responses.FileResponse"),
        *sinks(
            Kind.HTML,
            arg(0, "content"),
            "fastapi.responses.HTMLResponse",
            when=IsHtml((arg(None, "media_type"),), default=True),
        ),
        *sinks(
            Kind.HTML,
            arg(0, "content"),
            "fastapi.{,responses.}Response",
            when=IsHtml((arg(None, "media_type"),), default=False),
        ),
        *sinks(Kind.REDIRECT, arg(0, "url"), "fastapi.responses.RedirectResponse"),
        *sanitizers((Kind.HTML,), "fastapi.responses.JSONResponse"),
        *calls(Role.INJECTION, arg(0, "dependency"), "fastapi.{Depends,Security}"),
    ),
)
