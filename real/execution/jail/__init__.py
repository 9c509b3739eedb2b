"""The sandboxed side: standard library only, started by exec, never told what a test expects.

The process tree is launcher -> zygote -> one supervisor per program -> one process per case. Modules here import each
other relatively, because workers load this folder as the top-level package ``jail``.
"""
