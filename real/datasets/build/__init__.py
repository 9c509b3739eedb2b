"""Pipelines that make data sets: ``python -m real.datasets build NAME`` runs the one that ``BUILDERS`` names.

The modules beside this file make ``safesql_mini``, the embedded one: ``schemas`` (tables and rows) x ``patterns``
(queries) → ``phrasing`` (the request), ``programs`` (safe and unsafe solutions), ``cases`` (inputs that tell answers
apart), ``attacks`` (inputs that make the unsafe twin leak), ``mutants`` (wrong queries), put together by ``assemble``
and, for the miniature's warm start, by ``mixture``.
"""

from __future__ import annotations

# Name to the module of its command, which has HELP, ``add(parser)`` and ``run(args) -> exit code`` as those in
# real/datasets/commands. By name: loaders import this package, and builders import loaders.
BUILDERS: dict[str, str] = {
    "apps_plus": "real.datasets.build.apps_plus.command",
    "seccodeplt_plus": "real.datasets.build.seccodeplt_plus.command",
    "safesql": "real.datasets.build.safesql.command",
}
