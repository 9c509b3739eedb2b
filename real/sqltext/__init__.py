"""Text of SQL as programs put it together: ``string_parts`` takes an expression apart, ``sql_slots`` names the places.

Who builds data sets rewrites whole programs by it, the linter single calls.
"""
