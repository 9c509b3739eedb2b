"""elementpath: XPath."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library("elementpath", "elementpath==5.1.4", (*sinks(Kind.XPATH, arg(1, "path"), "elementpath.select"),))
