"""The model as it is."""

from __future__ import annotations

from real.methods.base import Method

METHOD = Method()
