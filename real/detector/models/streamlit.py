"""Streamlit: apps of data."""

from __future__ import annotations

from real.detector.models.kinds import Kind, SourceKind
from real.detector.models.rows import Library, arg, sinks, sources
from real.detector.models.when import May

LIBRARY = Library(
    "streamlit",
    "streamlit",
    (
        *sinks(
            Kind.HTML_WIDGET, arg(0, "body"), "streamlit.**.markdown", when=May(arg(None, "unsafe_allow_html"), (True,))
        ),
        *sources(SourceKind.WIDGET, "{name}() returns what the user typed", "streamlit.{text_input,text_area}()"),
    ),
    unchecked="too large for the check",
)
