"""pandas: data frames."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "pandas",
    "pandas==3.1.1",
    (
        *sinks(Kind.SQL_QUERY, arg(0, "sql"), "**.{read_sql,read_sql_query}", returns_stored=True, of=("pandas",)),
        *sinks(Kind.EMBEDDED_EVAL, arg(0, "expr", "script"), "**.eval", of=("pandas.DataFrame",)),
        *sinks(Kind.EXPRESSION, arg(0, "expr"), "pandas.**.query", of=("pandas.DataFrame",)),
        *sinks(Kind.PICKLE, arg(0, "filepath_or_buffer"), "pandas.{,io.pickle.}read_pickle"),
    ),
)
