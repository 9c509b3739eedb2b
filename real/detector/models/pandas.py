"""pandas: data frames."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks

LIBRARY = Library(
    "pandas",
    "pandas==3.1.1",
    (
        *calls(Role.READS_ADDRESS, arg(0, "filepath_or_buffer"), "pandas.{read_csv,read_table}"),
        *calls(Role.READS_ADDRESS, arg(0, "path_or_buf"), "pandas.read_json"),
        *calls(Role.READS_ADDRESS, arg(0, "path_or_buffer"), "pandas.read_xml"),
        *calls(Role.READS_ADDRESS, arg(0, "io"), "pandas.{read_html,read_excel}"),
        *calls(Role.READS_ADDRESS, arg(0, "path"), "pandas.read_parquet"),
        *sinks(Kind.SQL_QUERY, arg(0, "sql"), "**.{read_sql,read_sql_query}", returns_stored=True, of=("pandas",)),
        *sinks(Kind.EMBEDDED_EVAL, arg(0, "expr", "script"), "**.eval", of=("pandas.DataFrame",)),
        *sinks(Kind.EXPRESSION, arg(0, "expr"), "pandas.**.query", of=("pandas.DataFrame",)),
        *sinks(Kind.PICKLE, arg(0, "filepath_or_buffer"), "pandas.{,io.pickle.}read_pickle"),
    ),
)
