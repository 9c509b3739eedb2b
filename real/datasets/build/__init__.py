"""Pipelines that make data sets; the modules beside this file make ``safesql_mini``, the embedded one.

``schemas`` (tables and rows) x ``patterns`` (queries) → ``phrasing`` (the request), ``programs`` (safe and unsafe
solutions), ``cases`` (inputs that tell answers apart), ``attacks`` (inputs that make the unsafe twin leak), ``mutants``
(wrong queries), put together by ``assemble`` and, for the miniature's warm start, by ``mixture``.
"""
