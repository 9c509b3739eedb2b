"""How findings are shown, by whichever tool they were found: one module a format, loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module

from real.formats.record import Run

FORMATS = ("text", "json", "sarif", "github")


def render(name: str, run: Run) -> str:
    """What the format called ``name`` makes of a run."""
    shown: str = import_module(f"real.formats.{name}").render(run)
    return shown


__all__ = ["FORMATS", "render"]
