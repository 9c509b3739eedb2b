"""Exceptions whose text is about the inside of a program (CWE-209)."""

from __future__ import annotations

import re

from real.detector.analysis.facts import Facts
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import sink_libraries
from real.detector.models.kinds import Kind
from real.detector.models.library import names
from real.detector.vocabulary import REQUEST_NAMES

_BROAD = names("Exception BaseException")
# asyncpg's PostgresError, cx_Oracle's OracleError and the like: the base class of what a driver raises.
_OF_DATABASE = re.compile(
    r"(?:\w*SQL|Postgres|Oracle|Mongo|Redis|Cassandra|Neo4j|Elasticsearch)\w*(?:Error|Exception)", re.I
)
# Exceptions whose text is about the inside: statements and names of tables, files, commands.
_INNER = names(
    """DatabaseError OperationalError ProgrammingError IntegrityError SQLAlchemyError InterfaceError PyMongoError
    OSError IOError EnvironmentError CalledProcessError FileNotFoundError PermissionError DBAPIError PsycopgError
    LDAPError ClientError RedisError MySQLError DataError InternalError SubprocessError ConnectionError"""
)
_DATABASES = sink_libraries((Kind.SQL,))
_SERVER_ERROR = 500


def is_broad(facts: Facts, unit: Unit, step: Instr) -> bool:
    """Whether a handler catches every exception, or those of a database, so that its text is about the inside."""
    block = next(block for block in unit.blocks if step in block.instrs)
    kinds = [facts.reads(unit, instr.args[0]).words for instr in block.instrs if instr.op == "handler"]
    return any(
        found & (_BROAD | _INNER)
        or ("Error" in found and found & _DATABASES)
        or any(map(_OF_DATABASE.fullmatch, found))
        for found in kinds
    )


def is_failure(facts: Facts, unit: Unit, param: Instr) -> bool:
    """The exception that a handler of all exceptions is given: ``@app.errorhandler(Exception)``."""
    if param.extra in REQUEST_NAMES | {"self", "resp"}:
        return False
    reads = facts.declarations(unit)
    is_handler = any(
        call.rpartition(".")[2].removesuffix("()") in ("errorhandler", "exception_handler", "app_errorhandler", "error")
        for call in reads.calls
    )
    if not is_handler:
        return unit.name == "process_exception" and param.extra != "exception_class"  # middleware of Django
    return bool(reads.words & _BROAD) or _SERVER_ERROR in reads.constants
