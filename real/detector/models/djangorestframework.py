"""Django REST framework."""

from __future__ import annotations

from real.detector.models.kinds import SourceKind
from real.detector.models.rows import Library, sources

LIBRARY = Library(
    "djangorestframework",
    "djangorestframework==3.18.3",
    (
        *sources(SourceKind.HTTP, "request is sent by the client", "rest_framework.views.APIView().request"),
        *sources(
            SourceKind.HTTP,
            "validated_data is what the client sent",
            "rest_framework.serializers.{Serializer,ModelSerializer}().validated_data",
        ),
    ),
)
