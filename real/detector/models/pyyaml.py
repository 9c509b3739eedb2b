"""PyYAML: YAML."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks
from real.detector.models.when import MissingOrNamed

# They create what tags name; FullLoader has been broken more than once. So does PyYAML before 6 without a loader.
_UNSAFE = MissingOrNamed(
    arg(1, "Loader"),
    (
        *("yaml.Loader", "yaml.CLoader", "yaml.UnsafeLoader", "yaml.CUnsafeLoader"),
        *("yaml.loader.Loader", "yaml.loader.UnsafeLoader", "yaml.cyaml.CLoader"),
    ),
)

LIBRARY = Library(
    "pyyaml",
    "PyYAML==6.0.4",
    (
        *calls(Role.PARSER, arg(0, "stream"), "yaml.{load,safe_load}"),
        *sinks(Kind.YAML_TAGS, arg(0, "stream"), "yaml.{load,load_all}", when=_UNSAFE),
        *sinks(Kind.YAML_TAGS, arg(0, "stream"), "yaml.{unsafe_load,unsafe_load_all}"),
    ),
)
