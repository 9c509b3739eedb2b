"""The builder of ``functions_mini``, the embedded miniature of APPS+; deterministic, without a model or a sandbox.

``subjects`` (what the items are) x ``patterns`` (what is asked of a list of them) → ``programs`` (the same function
with and without types that MyPy accepts), ``cases`` (arguments that tell right answers from wrong ones), put together
by ``assemble`` and, for the miniature's warm start, by ``mixture``.
"""
