"""ruamel.yaml: YAML."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "ruamel.yaml",
    "ruamel.yaml==0.19.1",
    (
        *calls(Role.TAGS_IF_UNSAFE, arg(None, "typ"), "ruamel.yaml.YAML"),
        *calls(Role.READS_TAGS, arg(0, "stream"), "ruamel.yaml.YAML().{load,load_all}"),
    ),
)
