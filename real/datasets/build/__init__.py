"""Pipelines that make data sets: ``python -m real.datasets build NAME`` runs the one that ``BUILDERS`` names.

One package a data set: ``mini`` (``safesql_mini``), ``functions`` (``functions_mini``), ``safesql`` (``safesql_gen``),
``apps_plus``, ``seccodeplt_plus``.
The modules beside this file are what several builders share.
"""

from __future__ import annotations

# Name to the module of its command, which has HELP, ``add(parser)`` and ``run(args) -> exit code`` as those in
# real/datasets/commands. By name: loaders import this package, and builders import loaders.
BUILDERS: dict[str, str] = {
    "apps_plus": "real.datasets.build.apps_plus.command",
    "seccodeplt_plus": "real.datasets.build.seccodeplt_plus.command",
    "safesql": "real.datasets.build.safesql.command",
}
