"""The builder of ``safesql_mini``, the embedded miniature of SafeSQL; deterministic, without a model or a sandbox.

``schemas`` (tables and rows) x ``patterns`` (queries) → ``phrasing`` (the request), ``programs`` (safe and unsafe
solutions), ``cases`` (inputs that tell answers apart), ``attacks`` (inputs that make the unsafe twin leak), ``mutants``
(wrong queries), put together by ``assemble`` and, for the miniature's warm start, by ``mixture``.
"""
