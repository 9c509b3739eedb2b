"""Django REST framework."""

from __future__ import annotations

from real.detector.models.kinds import Role, SourceKind
from real.detector.models.rows import Framework, Handler, Library, calls, sources

REST = (
    ("create", "POST"),
    ("update", "PUT"),
    ("partial_update", "PATCH"),
    ("destroy", "DELETE"),
    ("list", "GET"),
    ("retrieve", "GET"),
)
LIBRARY = Library(
    "djangorestframework",
    "djangorestframework==3.18.3",
    (
        *calls(Role.CSRF_AUTHENTICATION, (), "rest_framework.authentication.SessionAuthentication"),
        *calls(Role.CSRF_METHOD, (), "rest_framework.authentication.SessionAuthentication().enforce_csrf"),
        *calls(Role.ROUTE, (), "rest_framework.decorators.api_view"),
        Handler("rest_framework.viewsets.ViewSet", REST, "ViewSet"),
        Handler("rest_framework.views.APIView", REST, "APIView"),
        Framework("rest_framework", elsewhere=True, web=False),
        *calls(Role.ACTION, (), "rest_framework.decorators.action"),
        *calls(Role.RESPONSE, (), "rest_framework.response.Response", "rest_framework.exceptions.APIException"),
        *calls(Role.BODY, (), "rest_framework.response.Response().data"),
        *sources(SourceKind.HTTP, "request is sent by the client", "rest_framework.views.APIView().request"),
        *sources(
            SourceKind.HTTP,
            "validated_data is what the client sent",
            "rest_framework.serializers.{Serializer,ModelSerializer}().validated_data",
        ),
    ),
)
