"""Output formats for findings (text, JSON, SARIF, GitHub), shared by the detector and the type checker."""

from __future__ import annotations

from importlib import import_module

from real.formats.record import Scan

FORMATS = ("text", "json", "sarif", "github")


def render(name: str, run: Scan) -> str:
    """The scan as text in the format ``name``, one of ``FORMATS``; its module is imported only now."""
    shown: str = import_module(f"real.formats.{name}").render(run)
    return shown


__all__ = ["FORMATS", "render"]
