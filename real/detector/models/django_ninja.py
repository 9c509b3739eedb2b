"""Django Ninja: an API on top of Django, typed as FastAPI is.

    import subprocess
    from ninja import NinjaAPI, Router
    api = NinjaAPI()
    router = Router()

    @api.get("/ping/{count}")
    def ping(request, count: int):
        subprocess.run(f"ping -c {count} localhost", shell=True)

    @router.post("/ping")
    def ping_host(request, host: str):
        subprocess.run(f"ping -c 1 {host}", shell=True)  # CWE-77

Source: https://django-ninja.dev/guides/input/path-params/
"""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Framework, Library, calls

LIBRARY = Library(
    "django-ninja",
    "django-ninja==1.7.1",
    (
        Framework("ninja", typed=True),
        *calls(Role.ROUTE, (), "ninja.{NinjaAPI,Router}().{get,post,put,patch,delete,api_operation}"),
        *calls(Role.ERROR_HANDLER, (), "ninja.NinjaAPI().exception_handler"),
    ),
)
