"""QuickJS: JavaScript inside the process."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library("quickjs", "quickjs==1.19.4", (*sinks(Kind.JAVASCRIPT, arg(1, "code"), "quickjs.Function"),))
