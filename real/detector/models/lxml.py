"""lxml: XML and HTML."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP, Kind
from real.detector.models.rows import Library, arg, sanitizers, sinks
from real.detector.models.when import Given

LIBRARY = Library(
    "lxml",
    "lxml==6.1.3",
    (
        *sinks(Kind.XPATH, arg(0, "path"), "lxml.etree.{XPath,ETXPath}"),
        *sinks(Kind.XPATH, arg(0, "_path", "path", "query"), "**.xpath", of=("lxml.etree._Element",)),
        *sinks(Kind.XSLT, arg(0, "xslt_input"), "lxml.etree.XSLT"),
        *sinks(Kind.XML_ENTITIES, arg(0, "text"), "lxml.etree.{fromstring,XML}", when=Given(arg(1, "parser"))),
        *sinks(Kind.XML_ENTITIES, arg(0, "source"), "lxml.etree.parse", when=Given(arg(1, "parser"))),
        *sanitizers(MARKUP, "lxml.html.clean.clean_html"),
    ),
)
