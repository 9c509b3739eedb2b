"""PEP 249: what drivers of databases have in common (sqlite3, psycopg, mysqlclient, pyodbc, oracledb)."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.library import names
from real.detector.models.rows import Library, arg, calls, sanitizers, sinks

# The packages whose cursors these rows are about, by the names that programs import them by.
DRIVERS = names(
    """sqlite3 psycopg psycopg2 psycopg2cffi MySQLdb pymysql mysql mariadb pyodbc turbodbc oracledb cx_Oracle pymssql
    aiosqlite aiomysql aiopg asyncpg duckdb snowflake clickhouse_driver sqlalchemy flask_sqlalchemy django"""
)

LIBRARY = Library(
    "dbapi",
    "",
    (
        *calls(Role.SIZE, arg(0, "size"), "**.fetchmany"),
        *sinks(
            Kind.SQL,
            arg(0, "sql", "query", "operation", "statement", "stmt"),
            "**.{execute,executemany}",
            returns_stored=True,
            of=("sqlite3.Cursor", "sqlite3.Connection"),
        ),
        *sinks(Kind.SQL_PROCEDURE, arg(0, "procname"), "**.callproc", returns_stored=True),
        *sanitizers((Kind.SQL,), "**.quote_identifier"),
    ),
)
