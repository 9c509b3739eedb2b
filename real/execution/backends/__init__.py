"""Where programs run: in this machine's own jail, on the nodes of a Ray cluster, or on a SandboxFusion server.

``open_backend`` is the one place that chooses; Ray is imported only when it is asked for.
"""

from __future__ import annotations

from real.execution.backends.base import Backend
from real.execution.backends.factory import open_backend

__all__ = ["Backend", "open_backend"]
